"""POST /v1/quotes, POST /v1/quotes/{id}/take, POST /v1/promises."""

from http import HTTPStatus
from typing import Any

from flask import Response

from api.http.access.caller import caller
from api.http.blueprint import Blueprint, answer
from api.http.decisions import DecisionQuery, decision_response
from api.http.requests.quotes import TakeUpRequest, take_request
from api.records.promises import PromiseListRecord
from api.shapes.quantities import quantities_of
from api.shapes.quote import CartRequest, PromisesRequest
from engine.decide.promises.quote_record import QuoteRecord
from engine.decide.record import DecisionRecord
from engine.orders.quotes.quotes import PageRequest, QuoteRequest
from engine.service import Pointsman


def blueprint(pointsman: Pointsman) -> Blueprint:
    """The quotes of one Pointsman."""
    quotes = Blueprint(
        "quotes", __name__, url_prefix="/v1", description="What may be promised before an order is placed"
    )

    @quotes.post("/quotes", scope="orders")
    @quotes.arguments(CartRequest(max_lines=pointsman.settings.max_lines, quantities=quantities_of(pointsman)))
    @quotes.response(HTTPStatus.CREATED, QuoteRecord)
    def quote(request: QuoteRequest) -> Response:
        """What a cart may be promised: arrival, cost and CO2e, and what would ship; nothing is held"""
        return answer(pointsman.quotes.make(request), HTTPStatus.CREATED)

    @quotes.post("/quotes/<string:quote_id>/take", scope="orders")
    @quotes.arguments(TakeUpRequest)
    @quotes.arguments(DecisionQuery, location="query")
    @quotes.response(HTTPStatus.CREATED, DecisionRecord)
    @quotes.alt_response(HTTPStatus.OK, schema=DecisionRecord, description="Taken up or decided before: what stands")
    def take(body: dict[str, Any], query: dict[str, Any], quote_id: str) -> Response:
        """Decide an order as it was quoted, hold its stock, and say what changed since"""
        decision = pointsman.quote_take_up.take(
            take_request(quote_id, body),
            caller=caller().name,
            waits=query["wait"],
            dry_run=query["dry_run"],
            hold_minutes=query["hold"],
        )
        return decision_response(decision, dry_run=query["dry_run"], facts=query["facts"])

    @quotes.post("/promises", scope="orders")
    @quotes.arguments(PromisesRequest)
    @quotes.response(HTTPStatus.OK, PromiseListRecord)
    def promises(request: PageRequest) -> Response:
        """For product pages: by when SKUs could arrive at the earliest, by kind of delivery"""
        return answer(PromiseListRecord.of(pointsman.quotes.promises(request)))

    return quotes
