"""GET /healthz: this process answers. GET /readyz: it can decide."""

from http import HTTPStatus

from flask import Response

from api.http.blueprint import OPEN, Blueprint, answer
from api.records.health import HealthRecord, ReadyRecord
from engine.service import Pointsman


def blueprint(pointsman: Pointsman) -> Blueprint:
    """The health of one Pointsman."""
    system = Blueprint("system", __name__, description="Whether it works")

    @system.get("/healthz", scope=OPEN)
    @system.response(HTTPStatus.OK, HealthRecord)
    def health() -> Response:
        """Whether this process answers, whatever the server does"""
        return answer(HealthRecord(status="ok"))

    @system.get("/readyz", scope=OPEN)
    @system.response(HTTPStatus.OK, ReadyRecord)
    def ready() -> Response:
        """Whether decisions can be made: the server answers, facts are loaded, a policy is active"""
        return answer(ReadyRecord(status="ready", **pointsman.ready(), incidents=pointsman.incidents))

    return system
