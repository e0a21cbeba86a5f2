"""GET /healthz: this process answers. GET /readyz: it can decide."""

from http import HTTPStatus
from typing import Any

from marshmallow import Schema, fields

from api.http.schemas.decisions import ReadyAnswer
from api.http.strict_parsing import Blueprint
from engine.service import Pointsman


class HealthAnswer(Schema):
    status = fields.String(required=True)


def blueprint(pointsman: Pointsman) -> Blueprint:
    """How one Pointsman is."""
    system = Blueprint("system", __name__, description="Whether it works")

    @system.get("/healthz")
    @system.response(HTTPStatus.OK, HealthAnswer)
    def health() -> dict[str, str]:
        """Whether this process answers, whatever the server does"""
        return {"status": "ok"}

    @system.get("/readyz")
    @system.response(HTTPStatus.OK, ReadyAnswer)
    def ready() -> dict[str, Any]:
        """Whether decisions can be made: the server answers, facts are loaded, a policy is active"""
        return {"status": "ready", **pointsman.ready(), "incidents": pointsman.incidents}

    return system
