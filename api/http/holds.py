"""Holds: confirm, release and extend them, undo a confirm, and see what became of them or which ones have not ended."""

from functools import partial
from http import HTTPStatus
from typing import Any

from flask import Response

from api.http.audit.reads import note_order
from api.http.blueprint import Blueprint, answer
from api.http.requests.holds import ExtendRequest, HoldsQuery
from api.records.holds import HoldsPageRecord, HoldStateRecord
from api.shapes.hold_ends import ConfirmRequest, EndRequest
from api.shapes.quantities import Quantities, skus_of_decision
from engine.service import Pointsman


def blueprint(pointsman: Pointsman) -> Blueprint:
    """The holds of one Pointsman."""
    holds = Blueprint("holds", __name__, url_prefix="/v1", description="Units promised to an order until they leave")

    def units(body: dict[str, Any], decision_id: str) -> dict[str, Any]:
        skus = partial(skus_of_decision, pointsman, decision_id)
        return body | {
            "shipments": [(way["node"], way["service"]) for way in body["shipments"]],
            "lines": Quantities.of(pointsman).by_line(body["lines"], skus),
        }

    @holds.post("/decisions/<string:decision_id>/confirm", scope="orders")
    @holds.arguments(ConfirmRequest)
    @holds.response(HTTPStatus.OK, HoldStateRecord)
    def confirm(body: dict[str, Any], decision_id: str) -> Response:
        """The goods left: they are no longer on hand, nor held"""
        return answer(HoldStateRecord.of(pointsman.holds.confirm(decision_id, **units(body, decision_id))))

    @holds.post("/decisions/<string:decision_id>/release", scope="orders")
    @holds.arguments(EndRequest)
    @holds.response(HTTPStatus.OK, HoldStateRecord)
    def release(body: dict[str, Any], decision_id: str) -> Response:
        """The goods stay, free for other orders"""
        return answer(HoldStateRecord.of(pointsman.holds.release(decision_id, **units(body, decision_id))))

    @holds.post("/decisions/<string:decision_id>/confirm/undo", scope="orders")
    @holds.arguments(EndRequest)
    @holds.response(HTTPStatus.OK, HoldStateRecord)
    def undo(body: dict[str, Any], decision_id: str) -> Response:
        """The goods did not leave after all: they are on hand and held again"""
        return answer(HoldStateRecord.of(pointsman.holds.undo(decision_id, **units(body, decision_id))))

    @holds.post("/decisions/<string:decision_id>/extend", scope="orders")
    @holds.arguments(ExtendRequest, required=True)
    @holds.response(HTTPStatus.OK, HoldStateRecord)
    def extend(body: dict[str, Any], decision_id: str) -> Response:
        """Hold them longer"""
        return answer(HoldStateRecord.of(pointsman.holds.extend(decision_id, **body)))

    @holds.get("/holds/<string:decision_id>", scope=("orders", "orders:read", "audit:read"))
    @holds.response(HTTPStatus.OK, HoldStateRecord)
    def show(decision_id: str) -> Response:
        """Where the units of each shipment of a decision are: held, or how they ended"""
        state = pointsman.holds.state(decision_id)
        note_order(state.order)
        return answer(HoldStateRecord.of(state))

    @holds.get("/holds", scope=("orders", "orders:read", "audit:read"))
    @holds.arguments(HoldsQuery, location="query")
    @holds.response(HTTPStatus.OK, HoldsPageRecord)
    def living(query: dict[str, Any]) -> Response:
        """Open holds, the first to expire first"""
        return answer(HoldsPageRecord.of(pointsman.holds.list_open(**query)))

    return holds
