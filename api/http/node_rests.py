"""GET /v1/resting, DELETE /v1/resting/{node}."""

from http import HTTPStatus

import msgspec
from flask import Response
from marshmallow import Schema

from api.http.schemas.backlog import RestsAnswer
from api.http.strict_parsing import Blueprint
from api.shapes.fields import Who
from engine.service import Pointsman


class WhoHeaders(Schema):
    who = Who()


def blueprint(pointsman: Pointsman) -> Blueprint:
    """The nodes of one Pointsman that rest."""
    resting = Blueprint("resting", __name__, url_prefix="/v1/resting", description="Nodes that rest after a rejection")

    @resting.get("")
    @resting.response(HTTPStatus.OK, RestsAnswer)
    def listed() -> Response:
        """Which nodes are given nothing now, until when and why"""
        return Response(msgspec.json.encode({"nodes": pointsman.rests.all()}), content_type="application/json")

    @resting.delete("/<string:node>")
    @resting.arguments(WhoHeaders, location="headers", unknown="exclude")
    @resting.response(HTTPStatus.NO_CONTENT)
    def end(headers: dict[str, str], node: str) -> Response:
        """Let a node be given shipments again"""
        pointsman.rests.end(node, who=headers["who"])
        return Response(status=HTTPStatus.NO_CONTENT)

    return resting
