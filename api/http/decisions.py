"""POST /v1/decisions, POST /v1/decisions/batch, GET /v1/decisions/{id}."""

from collections.abc import Callable
from http import HTTPStatus
from typing import Any

from flask import Response, request, url_for
from marshmallow import Schema

from api.http.schemas.backlog import BatchAnswer
from api.http.schemas.backlog_requests import BatchRequest
from api.http.schemas.decisions import DecisionAnswer
from api.http.staleness import ReadingHeaders
from api.http.strict_parsing import Blueprint
from api.records.backlog import batch_body
from api.shapes.fields import Flag, HeaderWord, IdempotencyKey
from api.shapes.order import OrderRequest
from engine.model.facts import Order
from engine.orders.decide_and_commit import Answer
from engine.service import Pointsman
from engine.store.ledger import RequestKey

CALLER = "http"
"""Whose idempotency keys and holds these are, if the caller gives no name."""


class DecisionQuery(Schema):
    dry_run = Flag(load_default=False, metadata={"description": "decide, but hold nothing and log nothing"})
    wait = Flag(load_default=False, metadata={"description": "let units that stay unfilled wait for stock"})


class BatchQuery(Schema):
    wait = Flag(load_default=False, metadata={"description": "let units that stay unfilled wait for stock"})


class DecisionHeaders(Schema):
    key = IdempotencyKey("answered with the same decision")
    client = HeaderWord(
        data_key="X-Pointsman-Client",
        load_default=CALLER,
        metadata={"description": "who asks: whose the key is, and whose open holds are counted"},
    )


def blueprint(pointsman: Pointsman) -> Blueprint:
    """The decisions of one Pointsman."""
    decisions = Blueprint("decisions", __name__, url_prefix="/v1/decisions", description="Where orders ship from")
    order_request = OrderRequest(max_lines=pointsman.settings.max_lines)

    @decisions.post("")
    @decisions.arguments(order_request)
    @decisions.arguments(DecisionQuery, location="query")
    @decisions.arguments(DecisionHeaders, location="headers", unknown="exclude")
    @decisions.response(HTTPStatus.CREATED, DecisionAnswer)
    @decisions.alt_response(HTTPStatus.OK, schema=DecisionAnswer, description="Decided before, under this key")
    def decide(order: Order, query: dict[str, bool], headers: dict[str, Any]) -> Response:
        """Decide where an order ships from, and hold its stock"""
        client = headers["client"]
        key = RequestKey(caller=client, name=headers["key"]) if headers["key"] else None
        answer = pointsman.decide(order, key=key, dry_run=query["dry_run"], caller=client, wait=query["wait"])
        return decision_response(answer, dry_run=query["dry_run"])

    @decisions.post("/batch")
    @decisions.arguments(BatchRequest(max_lines=pointsman.settings.max_lines))
    @decisions.arguments(BatchQuery, location="query")
    @decisions.arguments(DecisionHeaders, location="headers", unknown="exclude")
    @decisions.response(HTTPStatus.CREATED, BatchAnswer)
    @decisions.alt_response(HTTPStatus.OK, schema=BatchAnswer, description="All decided before, under this key")
    def decide_batch(asked: dict[str, Any], query: dict[str, bool], headers: dict[str, Any]) -> Response:
        """Decide orders that wait, the one that deserves it first"""
        client = headers["client"]
        keys = _keys(client, headers["key"]) if headers["key"] else None
        found = pointsman.decide_together(asked["orders"], keys=keys, caller=client, wait=query["wait"])
        status = HTTPStatus.CREATED if any(answer.new for answer in found.answers) else HTTPStatus.OK
        return Response(batch_body(found), status=status, content_type="application/json")

    @decisions.get("/<string:decision_id>")
    @decisions.arguments(ReadingHeaders, location="headers", unknown="exclude")
    @decisions.response(HTTPStatus.OK, DecisionAnswer)
    def read(headers: dict[str, Any], decision_id: str) -> Response:
        """A decision as it was logged; it never changes, so it has no age"""
        return decision_response(pointsman.decision(decision_id, **headers))

    return decisions


def _keys(client: str, name: str) -> Callable[[Order], RequestKey]:
    """A key for each order of a batch; no other request has it, for no header has a line break."""
    return lambda order: RequestKey(caller=client, name=f"{name}\n{order.id}")


def decision_response(answer: Answer, *, dry_run: bool = False) -> Response:
    """The bytes that were logged, not a second writing of them."""
    created = request.method == "POST" and answer.new and not dry_run
    response = Response(answer.body, status=201 if created else 200, content_type="application/json")
    if created:
        response.headers["Location"] = url_for("decisions.read", decision_id=answer.record.id)
    return response
