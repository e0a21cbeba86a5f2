"""GET /v1/resting, DELETE /v1/resting/{node}."""

from http import HTTPStatus

from flask import Response

from api.http.blueprint import Blueprint, answer
from api.records.node_rests import RestsRecord
from api.shapes.headers import WhoHeaders
from engine.service import Pointsman


def blueprint(pointsman: Pointsman) -> Blueprint:
    """The nodes of one Pointsman that rest."""
    resting = Blueprint("resting", __name__, url_prefix="/v1/resting", description="Nodes that rest after a rejection")

    @resting.get("")
    @resting.response(HTTPStatus.OK, RestsRecord)
    def listed() -> Response:
        """Which nodes are given nothing now, until when and why"""
        return answer(RestsRecord(nodes=pointsman.rests.all()))

    @resting.delete("/<string:node>")
    @resting.arguments(WhoHeaders, location="headers", unknown="exclude")
    @resting.response(HTTPStatus.NO_CONTENT)
    def end(headers: dict[str, str], node: str) -> Response:
        """Let a node be given shipments again"""
        pointsman.rests.end(node, who=headers["who"])
        return Response(status=HTTPStatus.NO_CONTENT)

    return resting
