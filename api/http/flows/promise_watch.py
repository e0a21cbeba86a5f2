"""POST /v1/shipments/{decision}/{number}/progress, GET /v1/promises/at-risk."""

from http import HTTPStatus
from typing import Any

from flask import Response
from marshmallow import fields, validate

from api.http.audit.reads import note_order
from api.http.blueprint import Blueprint, answer
from api.records.flows.promise_watch import PromisesAtRiskRecord, WatchedShipmentRecord, shipment_record
from api.shapes.base import Strict
from api.shapes.cursors import HoldsCursor
from api.shapes.fields import Instant, Literal, QueryNumber, Word
from api.shapes.fulfilment.parcels import shipment_key
from api.shapes.limits import MOST_HOLDS
from engine.model.milestones import MILESTONES, RISK_CAUSES
from engine.promise_watch.progress import ProgressReport
from engine.service import Pointsman
from rules.syntax import literals

MOST_AHEAD = 366 * 24 * 60


class ProgressRequest(Strict):
    """Which milestone the shipment has passed, and when; without, now. The same `op` again is answered the same."""

    milestone = fields.String(required=True, validate=validate.OneOf(MILESTONES))
    at = Instant(load_default=None)
    op = Word(load_default=None)


class AtRiskQuery(Strict):
    node = Word(load_default=None)
    cause = fields.String(
        load_default=None,
        validate=validate.OneOf(RISK_CAUSES),
        metadata={"description": "Only those that are at risk because of this"},
    )
    within = Literal(
        literals.duration,
        load_default=None,
        most=MOST_AHEAD,
        metadata={"description": "due within so long; without, as the setting says", "example": "2h"},
    )
    limit = QueryNumber(1, MOST_HOLDS, load_default=100)
    after = HoldsCursor(load_default=None, metadata={"description": "`next` of the page before"})


def blueprint(pointsman: Pointsman) -> Blueprint:
    """The promises of one Pointsman."""
    promises = Blueprint("promises", __name__, url_prefix="/v1", description="Whether what was promised is kept")

    @promises.post("/shipments/<string:decision_id>/<string:number>/progress", scope="orders")
    @promises.arguments(ProgressRequest)
    @promises.response(HTTPStatus.OK, WatchedShipmentRecord)
    def progress(body: dict[str, Any], decision_id: str, number: str) -> Response:
        """A shipment was released, picked, packed or handed over"""
        key = shipment_key(decision_id, number)
        report = ProgressReport(decision=key.decision, number=key.number, **body)
        shipment = pointsman.flows.promise_watch.report(report)
        note_order(shipment.order.id)
        return answer(shipment_record(shipment))

    @promises.get("/promises/at-risk", scope=("orders", "orders:read", "audit:read"))
    @promises.arguments(AtRiskQuery, location="query")
    @promises.response(HTTPStatus.OK, PromisesAtRiskRecord)
    def at_risk(query: dict[str, Any]) -> Response:
        """Shipments that have missed a milestone or are about to, the first to be due first"""
        return answer(PromisesAtRiskRecord.of(pointsman.flows.promise_watch.at_risk(**query)))

    return promises
