"""Holds: what becomes of them, and which live."""

from http import HTTPStatus
from typing import Any

import orjson
from flask import Response

from api.http.schemas.stock import HoldsAnswer, HoldStateAnswer
from api.http.schemas.stock_requests import EndRequest, ExtendRequest, HoldsQuery
from api.http.strict_parsing import Blueprint
from api.records.holds import page_record, state_record
from engine.service import Pointsman

MAY_BE_EMPTY = frozenset({"holds.confirm", "holds.release"})
"""The endpoints that a request without a body means {} to."""


def blueprint(pointsman: Pointsman) -> Blueprint:
    """The holds of one Pointsman."""
    holds = Blueprint("holds", __name__, url_prefix="/v1", description="Units promised to an order until they leave")

    @holds.post("/decisions/<string:decision_id>/confirm")
    @holds.arguments(EndRequest, required=False)
    @holds.response(HTTPStatus.OK, HoldStateAnswer)
    def confirm(asked: dict[str, Any], decision_id: str) -> Response:
        """The goods left: they are no longer on hand, nor held"""
        return _answer(state_record(pointsman.holds.confirm(decision_id, shipments=_ways(asked), op=asked["op"])))

    @holds.post("/decisions/<string:decision_id>/release")
    @holds.arguments(EndRequest, required=False)
    @holds.response(HTTPStatus.OK, HoldStateAnswer)
    def release(asked: dict[str, Any], decision_id: str) -> Response:
        """The goods stay, free for other orders"""
        return _answer(state_record(pointsman.holds.release(decision_id, shipments=_ways(asked), op=asked["op"])))

    @holds.post("/decisions/<string:decision_id>/extend")
    @holds.arguments(ExtendRequest)
    @holds.response(HTTPStatus.OK, HoldStateAnswer)
    def extend(asked: dict[str, Any], decision_id: str) -> Response:
        """Hold them longer"""
        return _answer(state_record(pointsman.holds.extend(decision_id, **asked)))

    @holds.get("/holds/<string:decision_id>")
    @holds.response(HTTPStatus.OK, HoldStateAnswer)
    def show(decision_id: str) -> Response:
        """How each shipment of a decision stands: held, confirmed, released or expired"""
        return _answer(state_record(pointsman.holds.state(decision_id)))

    @holds.get("/holds")
    @holds.arguments(HoldsQuery, location="query")
    @holds.response(HTTPStatus.OK, HoldsAnswer)
    def living(query: dict[str, Any]) -> Response:
        """The holds that live, the first to expire first"""
        return _answer(page_record(pointsman.holds.living(**query)))

    return holds


def _answer(record: dict[str, Any]) -> Response:
    return Response(orjson.dumps(record), content_type="application/json")


def _ways(asked: dict[str, Any]) -> list[tuple[str, str]]:
    return [(way["node"], way["service"]) for way in asked["shipments"]]
