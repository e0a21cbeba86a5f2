"""POST /v1/decisions, POST /v1/decisions/batch, GET /v1/decisions/{id}, GET /v1/decisions/{id}/facts."""

from collections.abc import Callable
from http import HTTPStatus
from typing import Any

from flask import Response, request
from marshmallow import Schema

from api.http.blueprint import JSON, Blueprint, answer
from api.http.requests.backlog import BatchRequest
from api.http.staleness import ReadingHeaders
from api.records.backlog import BatchRecord
from api.shapes.base import Strict
from api.shapes.fields import CALLER, Flag, HeaderWord, IdempotencyKey, Literal
from api.shapes.order import OrderRequest
from engine.decide.facts_record import FactsRecord, FactsReferenceRecord
from engine.decide.record import DecisionRecord
from engine.model.facts import Order
from engine.orders.decide_and_commit import Answer
from engine.service import Pointsman
from engine.store.ledger import RequestKey
from rules.syntax import literals

_PREFIX = "/v1/decisions"


class FactsQuery(Schema):
    facts = Flag(
        load_default=False,
        metadata={"description": "with the stock it was decided on and the options that rules excluded"},
    )


class DecisionQuery(FactsQuery):
    dry_run = Flag(load_default=False, metadata={"description": "decide, but hold nothing and log nothing"})
    wait = Flag(load_default=False, metadata={"description": "let units that stay unfilled wait for stock"})
    hold = Literal(
        literals.duration,
        load_default=None,
        metadata={"description": "hold the units so long, in place of what the policies say", "example": "4h"},
    )


class NoQuery(Strict):
    """Takes no parameter, so that a misspelt `facts` of the decision's own address is refused here, too."""


class BatchQuery(Schema):
    wait = Flag(load_default=False, metadata={"description": "let units that stay unfilled wait for stock"})


class DecisionHeaders(Schema):
    key = IdempotencyKey("answered with the same decision")
    client = HeaderWord(
        data_key="X-Pointsman-Client",
        load_default=CALLER,
        metadata={"description": "who asks: the key is theirs, and so are the open holds that count against the quota"},
    )


def blueprint(pointsman: Pointsman) -> Blueprint:
    """The decisions of one Pointsman."""
    decisions = Blueprint("decisions", __name__, url_prefix=_PREFIX, description="Where orders ship from")
    order_request = OrderRequest(max_lines=pointsman.settings.max_lines)

    @decisions.post("")
    @decisions.arguments(order_request)
    @decisions.arguments(DecisionQuery, location="query")
    @decisions.arguments(DecisionHeaders, location="headers", unknown="exclude")
    @decisions.response(HTTPStatus.CREATED, DecisionRecord)
    @decisions.alt_response(
        HTTPStatus.OK, schema=DecisionRecord, description="Decided before: under this key, or an order of this id"
    )
    def decide(order: Order, query: dict[str, Any], headers: dict[str, Any]) -> Response:
        """Decide where an order ships from, and hold its stock"""
        client = headers["client"]
        key = RequestKey(caller=client, name=headers["key"]) if headers["key"] else None
        decision = pointsman.decide(
            order,
            key=key,
            dry_run=query["dry_run"],
            caller=client,
            wait=query["wait"],
            hold_minutes=query["hold"],
        )
        return decision_response(decision, dry_run=query["dry_run"], facts=query["facts"])

    @decisions.post("/batch")
    @decisions.arguments(BatchRequest(max_lines=pointsman.settings.max_lines))
    @decisions.arguments(BatchQuery, location="query")
    @decisions.arguments(DecisionHeaders, location="headers", unknown="exclude")
    @decisions.response(HTTPStatus.CREATED, BatchRecord)
    @decisions.alt_response(HTTPStatus.OK, schema=BatchRecord, description="All decided before")
    def decide_batch(body: dict[str, Any], query: dict[str, bool], headers: dict[str, Any]) -> Response:
        """Decide many orders at once: by priority, and those of one priority by a joint plan"""
        client = headers["client"]
        keys = _keys(client, headers["key"]) if headers["key"] else None
        batch = pointsman.decide_batch(body["orders"], keys=keys, caller=client, wait=query["wait"])
        new = any(decision.new for decision in batch.answers)
        return answer(BatchRecord.of(batch), HTTPStatus.CREATED if new else HTTPStatus.OK)

    @decisions.get("/<string:decision_id>")
    @decisions.arguments(FactsQuery, location="query")
    @decisions.arguments(ReadingHeaders, location="headers", unknown="exclude")
    @decisions.response(HTTPStatus.OK, DecisionRecord)
    def read(query: dict[str, bool], headers: dict[str, Any], decision_id: str) -> Response:
        """A decision as it was logged; it never changes, so it has no age"""
        return decision_response(pointsman.decision(decision_id, **headers), facts=query["facts"])

    @decisions.get("/<string:decision_id>/facts")
    @decisions.arguments(NoQuery, location="query")
    @decisions.arguments(ReadingHeaders, location="headers", unknown="exclude")
    @decisions.response(HTTPStatus.OK, FactsRecord)
    @decisions.alt_response(HTTPStatus.NOT_MODIFIED, description="As the ETag in If-None-Match says")
    def read_facts(query: dict[str, Any], headers: dict[str, Any], decision_id: str) -> Response:  # noqa: ARG001 - it has none
        """The stock that a decision was made on, by SKU and node, and the options that rules took away"""
        facts = pointsman.decision(decision_id, **headers).facts
        response = Response(facts, content_type=JSON)
        response.set_etag(FactsReferenceRecord.of(facts).sha256)
        return response.make_conditional(request)

    return decisions


def _keys(client: str, name: str) -> Callable[[Order], RequestKey]:
    """A key for each order of a batch. No other request can have it, because no header contains a line break."""
    return lambda order: RequestKey(caller=client, name=f"{name}\n{order.id}")


def decision_response(decision: Answer, *, dry_run: bool = False, facts: bool = False) -> Response:
    """The bytes that were logged, not encoded a second time; with `facts`, these in them."""
    created = request.method == "POST" and decision.new and not dry_run
    status = HTTPStatus.CREATED if created else HTTPStatus.OK
    response = Response(decision.whole if facts else decision.body, status=status, content_type=JSON)
    if created:
        response.headers["Location"] = f"{request.script_root}{_PREFIX}/{decision.id}"
    return response
