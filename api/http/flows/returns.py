"""Returns: POST /v1/returns authorises one, and what is below it takes its further steps."""

from http import HTTPStatus
from typing import Any
from urllib.parse import quote

from flask import Response

from api.http.access.caller import caller
from api.http.audit.reads import note_order
from api.http.blueprint import Blueprint, answer, answer_in, answer_made, language_asked_for
from api.records.flows.placements import PlacementsRecord
from api.records.flows.returns import ReturnRecord, ReturnsPageRecord
from api.shapes.flows.placement import PlacementQuery, PlaceReturnRequest, placement_question
from api.shapes.flows.return_steps import dispose_request, inspect_request, open_request, receive_request
from api.shapes.flows.returns import (
    CancelReturnRequest,
    DisposeQuery,
    DisposeReturnRequest,
    InspectReturnRequest,
    OpenReturnRequest,
    ReceiveReturnRequest,
    ReturnsQuery,
)
from engine.returns.opening import OVERRIDE_SCOPE
from engine.returns.returns import Returns
from engine.service import Pointsman


def blueprint(pointsman: Pointsman) -> Blueprint:
    """The returns of one Pointsman."""
    returns = Blueprint("returns", __name__, url_prefix="/v1/returns", description="Goods that come back")

    def flow() -> Returns:
        return pointsman.flows.returns

    @returns.post("", scope="orders")
    @returns.arguments(OpenReturnRequest)
    @returns.response(HTTPStatus.CREATED, ReturnRecord)
    @returns.alt_response(HTTPStatus.OK, schema=ReturnRecord, description="Opened before")
    def open_return(body: dict[str, Any]) -> Response:
        """Authorise a return (RMA) of units of an order that have left

        Who has the scope `admin` may authorise one after the time for returns, and says why in `because`.
        """
        opening = open_request(pointsman, body)
        may_override = OVERRIDE_SCOPE in caller().scopes
        opened = flow().open(opening, by=caller().name, may_override=may_override)
        place = f"/v1/returns/{quote(opened.stored.id, safe='')}"
        return answer_made(ReturnRecord.of(opened), place, new=opened.new)

    @returns.post("/placement", scope=("orders", "stock", "policies:read"))
    @returns.arguments(PlaceReturnRequest)
    @returns.arguments(PlacementQuery, location="query")
    @returns.response(HTTPStatus.OK, PlacementsRecord)
    def place(body: dict[str, Any], query: dict[str, Any]) -> Response:
        """Where units would go if they came back, and what the other places would gain; nothing changes"""
        language = language_asked_for(query["lang"])
        answered = pointsman.flows.return_placements.ask(placement_question(pointsman, body))
        return answer_in(language, PlacementsRecord.of(answered, language))

    @returns.get("", scope=("orders", "orders:read", "audit:read"))
    @returns.arguments(ReturnsQuery, location="query")
    @returns.response(HTTPStatus.OK, ReturnsPageRecord)
    def page(query: dict[str, Any]) -> Response:
        """Returns, those opened last first"""
        return answer(ReturnsPageRecord.of(flow().list(**query)))

    @returns.get("/<path:return_id>", scope=("orders", "orders:read", "audit:read"))
    @returns.response(HTTPStatus.OK, ReturnRecord)
    def show(return_id: str) -> Response:
        """A return: what was authorised, what came, and what became of it"""
        state = flow().show(return_id)
        note_order(state.stored.order)
        return answer(ReturnRecord.of(state))

    @returns.post("/<path:return_id>/receive", scope="orders")
    @returns.arguments(ReceiveReturnRequest)
    @returns.response(HTTPStatus.OK, ReturnRecord)
    def receive(body: dict[str, Any], return_id: str) -> Response:
        """Goods of it arrived at a node: they are in quarantine, not on hand"""
        receipt = receive_request(pointsman, flow().show(return_id).stored, body)
        return answer(ReturnRecord.of(flow().receive(return_id, receipt)))

    @returns.post("/<path:return_id>/inspect", scope="orders")
    @returns.arguments(InspectReturnRequest)
    @returns.response(HTTPStatus.OK, ReturnRecord)
    def inspect(body: dict[str, Any], return_id: str) -> Response:
        """Somebody looked at units and gave them a grade"""
        inspection = inspect_request(pointsman, flow().show(return_id).stored, body)
        return answer(ReturnRecord.of(flow().inspect(return_id, inspection)))

    @returns.post("/<path:return_id>/dispose", scope="orders")
    @returns.arguments(DisposeReturnRequest)
    @returns.arguments(DisposeQuery, location="query")
    @returns.response(HTTPStatus.OK, ReturnRecord)
    def dispose(body: dict[str, Any], query: dict[str, Any], return_id: str) -> Response:
        """What becomes of units: by the rules, their grade, or as it is said; all leave the quarantine

        Units that are restocked are on hand where they lie, or on their way to the place where they gain most.
        """
        made = flow().dispose(
            return_id,
            dispose_request(pointsman, flow().show(return_id).stored, body),
            by=caller().name,
            dry_run=query["dry_run"],
        )
        language = language_asked_for(query["lang"])
        return answer_in(language, ReturnRecord.of(made.state, made.in_words(language)))

    @returns.post("/<path:return_id>/cancel", scope="orders")
    @returns.arguments(CancelReturnRequest)
    @returns.response(HTTPStatus.OK, ReturnRecord)
    def cancel(body: dict[str, Any], return_id: str) -> Response:
        """Nothing of it is to come any more; again, it is answered the same"""
        return answer(ReturnRecord.of(flow().cancel(return_id, op=body["op"])))

    return returns
