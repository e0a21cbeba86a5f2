"""GET /v1/decisions/{id}/replay and /v1/decisions/{id}/calculation."""

from http import HTTPStatus
from typing import Any

from flask import Response
from marshmallow import fields

from api.http.audit.reads import note_order
from api.http.blueprint import Blueprint, answer
from api.records.audit.calculation import CalculationRecord
from api.records.audit.replays import ReplayRecord
from api.shapes.base import Strict
from engine.service import Pointsman


class ReplayQuery(Strict):
    policies = fields.String(
        load_default=None,
        metadata={"description": "also decide by this policy version, or the only one that begins so"},
    )


def blueprint(pointsman: Pointsman) -> Blueprint:
    """The replays of one Pointsman."""
    replays = Blueprint(
        "replays",
        __name__,
        url_prefix="/v1/decisions",
        description="Decisions made again, and how their cost and CO2e come about",
    )

    @replays.get("/<string:decision_id>/replay", scope="audit:read")
    @replays.arguments(ReplayQuery, location="query")
    @replays.response(HTTPStatus.OK, ReplayRecord)
    def replay(query: dict[str, Any], decision_id: str) -> Response:
        """A decision made again on the facts that were kept with it, compared byte for byte"""
        version = None if query["policies"] is None else pointsman.versions.find(query["policies"])
        replayed = ReplayRecord.of(pointsman.replays.of_decision(decision_id, policies=version))
        note_order(replayed.order)
        return answer(replayed)

    @replays.get("/<string:decision_id>/calculation", scope="audit:read")
    @replays.response(HTTPStatus.OK, CalculationRecord)
    def calculation(decision_id: str) -> Response:
        """How the cost and the CO2e of a decision come about, row by row"""
        calculated = pointsman.calculations.of_decision(decision_id)
        note_order(calculated.record.order.id)
        return answer(CalculationRecord.of(calculated))

    return replays
