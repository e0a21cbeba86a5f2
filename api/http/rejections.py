"""POST /v1/decisions/{id}/reject, GET /v1/decisions/{id}/chain."""

from http import HTTPStatus
from typing import Any

from flask import Response

from api.http.decisions import decision_response
from api.http.schemas.backlog import ChainAnswer
from api.http.schemas.backlog_requests import RejectRequest
from api.http.schemas.decisions import DecisionAnswer
from api.http.strict_parsing import Blueprint
from api.records.backlog import chain_body
from engine.orders.rejection import Refusal
from engine.service import Pointsman


def blueprint(pointsman: Pointsman) -> Blueprint:
    """The rejections of one Pointsman."""
    rerouting = Blueprint("rerouting", __name__, url_prefix="/v1/decisions", description="What a node won't ship")

    @rerouting.post("/<string:decision_id>/reject")
    @rerouting.arguments(RejectRequest)
    @rerouting.response(HTTPStatus.CREATED, DecisionAnswer)
    @rerouting.alt_response(HTTPStatus.OK, schema=DecisionAnswer, description="Rejected before, under this op")
    def reject(asked: dict[str, Any], decision_id: str) -> Response:
        """A node won't ship: decide the rejected units again, elsewhere, and keep the rest"""
        waits = asked.pop("wait")
        return decision_response(pointsman.rerouting.reject(Refusal(decision=decision_id, waits=waits, **asked)))

    @rerouting.get("/<string:decision_id>/chain")
    @rerouting.response(HTTPStatus.OK, ChainAnswer)
    def chain(decision_id: str) -> Response:
        """All decisions of the order, the first first"""
        return Response(chain_body(pointsman.rerouting.chain(decision_id)), content_type="application/json")

    return rerouting
