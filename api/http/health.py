"""GET /healthz: this process answers. GET /readyz: it can decide."""

from collections.abc import Sequence
from http import HTTPStatus

from flask import Response

from api.http.blueprint import OPEN, Blueprint, answer
from api.records.health import HealthRecord, ReadyRecord
from engine.service import Pointsman


def blueprint(served: Sequence[Pointsman]) -> Blueprint:
    """The health of a service that answers for these networks."""
    system = Blueprint("system", __name__, description="Whether it works")

    @system.get("/healthz", scope=OPEN)
    @system.response(HTTPStatus.OK, HealthRecord)
    def health() -> Response:
        """Whether this process answers, whatever the server does"""
        return answer(HealthRecord(status="ok"))

    @system.get("/readyz", scope=OPEN)
    @system.response(HTTPStatus.OK, ReadyRecord)
    def ready() -> Response:
        """Whether decisions can be made: the server answers, facts are loaded, a policy is active

        Of a service for several networks, whether they can be made on each; the versions are those of the first.
        """
        versions, *_ = [pointsman.ready() for pointsman in served]
        incidents = sum(pointsman.incidents for pointsman in served)
        return answer(ReadyRecord(status="ready", **versions, incidents=incidents))

    return system
