"""POST /v1/decisions/{id}/reject, GET /v1/decisions/{id}/chain."""

from functools import partial
from http import HTTPStatus
from typing import Any

from flask import Response

from api.http.audit.reads import note_order
from api.http.blueprint import Blueprint, answer
from api.http.decisions import decision_response
from api.http.requests.backlog import RejectRequest
from api.records.backlog import ChainRecord
from api.shapes.quantities import Quantities, skus_of_decision
from engine.decide.record import DecisionRecord
from engine.orders.rejection import RejectionRequest
from engine.service import Pointsman


def blueprint(pointsman: Pointsman) -> Blueprint:
    """The rejections of one Pointsman."""
    rerouting = Blueprint("rerouting", __name__, url_prefix="/v1/decisions", description="What a node won't ship")

    @rerouting.post("/<string:decision_id>/reject", scope="orders")
    @rerouting.arguments(RejectRequest)
    @rerouting.response(HTTPStatus.CREATED, DecisionRecord)
    @rerouting.alt_response(HTTPStatus.OK, schema=DecisionRecord, description="Rejected before, under this op")
    def reject(body: dict[str, Any], decision_id: str) -> Response:
        """A node won't ship: decide the rejected units again, elsewhere, and keep the rest"""
        waits = body.pop("wait")
        quantities, skus = Quantities.of(pointsman), partial(skus_of_decision, pointsman, decision_id)
        for field in ("lines", "confirmed"):
            body[field] = quantities.by_line(body[field], skus, field=field)
        body["on_hand"] = quantities.counted(body["on_hand"], skus)
        return decision_response(
            pointsman.rerouting.reject(RejectionRequest(decision=decision_id, waits=waits, **body))
        )

    @rerouting.get("/<string:decision_id>/chain", scope=("orders", "orders:read", "audit:read"))
    @rerouting.response(HTTPStatus.OK, ChainRecord)
    def chain(decision_id: str) -> Response:
        """All decisions of the order, the first first"""
        decisions = pointsman.rerouting.chain(decision_id)
        note_order(decisions.links[0].record.order.id)
        return answer(ChainRecord.of(decisions))

    return rerouting
