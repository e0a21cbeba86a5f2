"""GET /v1/resting, DELETE /v1/resting/{node}."""

from http import HTTPStatus

from flask import Response

from api.http.access.caller import caller
from api.http.blueprint import Blueprint, answer
from api.records.node_rests import RestsRecord
from engine.service import Pointsman


def blueprint(pointsman: Pointsman) -> Blueprint:
    """The nodes of one Pointsman that rest."""
    resting = Blueprint("resting", __name__, url_prefix="/v1/resting", description="Nodes that rest after a rejection")

    @resting.get("", scope=("orders", "orders:read", "audit:read"))
    @resting.response(HTTPStatus.OK, RestsRecord)
    def listed() -> Response:
        """Which nodes are given nothing now, until when and why"""
        return answer(RestsRecord(nodes=pointsman.rests.all()))

    @resting.delete("/<string:node>", scope="orders")
    @resting.response(HTTPStatus.NO_CONTENT)
    def end(node: str) -> Response:
        """Let a node be given shipments again"""
        pointsman.rests.end(node, who=caller().name)
        return Response(status=HTTPStatus.NO_CONTENT)

    return resting
