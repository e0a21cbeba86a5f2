"""POST and GET /v1/decisions, POST /v1/decisions/batch, GET /v1/decisions/{id}, GET /v1/decisions/{id}/facts."""

import itertools
import logging
from collections.abc import Iterator, Sequence
from http import HTTPStatus
from typing import Any

import msgspec
from flask import Response, request
from marshmallow import Schema

from api.http.access.caller import caller
from api.http.audit.reads import note_order
from api.http.blueprint import JSON, NDJSON, Blueprint, answer, reference
from api.http.each_request.idempotency import note_decision
from api.http.logs.requests import log_order
from api.http.requests.batch import BatchRequest, read_json_batch, read_ndjson_batch
from api.http.requests.decisions import DecisionsQuery
from api.http.requests.ndjson import is_ndjson
from api.http.serving.ending import Ending
from api.http.staleness import ReadingHeaders
from api.records.decisions import DecisionsPageRecord
from api.records.orders.batch import BatchEndRecord, BatchOrderRecord, BatchRecord, order_records, readable
from api.shapes.fields import Flag, IdempotencyKey, Literal
from api.shapes.order import OrderRequest
from api.shapes.quantities import quantities_of
from api.shapes.sent_orders import SentOrder
from engine.actor import name_operation
from engine.decide.facts_record import FactsRecord, FactsReferenceRecord
from engine.decide.record import DecisionRecord
from engine.errors import Interrupted
from engine.model.facts import Order
from engine.orders.batch.batch import Batch, keys_by_order
from engine.orders.decision_request import Answer
from engine.service import Pointsman
from engine.store.ledger import RequestKey
from rules.syntax import literals

logger = logging.getLogger("pointsman.api")

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


class BatchQuery(Schema):
    wait = Flag(load_default=False, metadata={"description": "let units that stay unfilled wait for stock"})


class DecisionHeaders(Schema):
    key = IdempotencyKey("answered with the same decision")


def blueprint(pointsman: Pointsman) -> Blueprint:
    """The decisions of one Pointsman."""
    decisions = Blueprint("decisions", __name__, url_prefix=_PREFIX, description="Where orders ship from")
    quantities = quantities_of(pointsman)
    order_request = OrderRequest(max_lines=pointsman.settings.max_lines, quantities=quantities)

    @decisions.post("", scope="orders")
    @decisions.arguments(order_request)
    @decisions.arguments(DecisionQuery, location="query")
    @decisions.arguments(DecisionHeaders, location="headers", unknown="exclude")
    @decisions.response(HTTPStatus.CREATED, DecisionRecord)
    @decisions.alt_response(
        HTTPStatus.OK, schema=DecisionRecord, description="Decided before: under this key, or an order of this id"
    )
    def decide(order: Order, query: dict[str, Any], headers: dict[str, Any]) -> Response:
        """Decide where an order ships from, and hold its stock"""
        log_order(order.id)
        client = caller().name
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

    batch_request = BatchRequest(order_request=order_request)
    bodies = {JSON: {"schema": batch_request}, NDJSON: {"schema": order_request}}
    lines = {"anyOf": [reference(BatchOrderRecord), reference(BatchEndRecord)]}
    answers = {JSON: {"schema": reference(BatchRecord)}, NDJSON: {"schema": lines}}
    decisions.records |= {BatchOrderRecord, BatchEndRecord}

    @decisions.post("/batch", scope="orders")
    @decisions.doc(requestBody={"required": True, "content": bodies}, responses={"200": {"content": answers}})
    @decisions.arguments(BatchQuery, location="query")
    @decisions.arguments(DecisionHeaders, location="headers", unknown="exclude")
    @decisions.response(HTTPStatus.CREATED, BatchRecord)
    @decisions.alt_response(HTTPStatus.OK, schema=BatchRecord, description="None decided anew, or NDJSON")
    def decide_batch(query: dict[str, bool], headers: dict[str, Any]) -> Response:
        """Decide many orders at once: by priority, and those of one priority by a joint plan

        They are answered one by one in the order in which they were sent, each with its decision or its problem. As
        NDJSON, an order a line, up to 10,000 orders are read, then decided and answered, a line each, as soon as an
        order and those sent before it are decided; a last line ends the answer.
        """
        sent = read_ndjson_batch(order_request) if is_ndjson() else read_json_batch(batch_request, order_request)
        client = caller().name
        keys = keys_by_order(RequestKey(caller=client, name=headers["key"])) if headers["key"] else None
        name_operation(headers["key"] or "")
        ending = Ending.of_request()
        batch = pointsman.batch(
            readable(sent), keys=keys, caller=client, wait=query["wait"], verify_going_on=ending.verify_going_on
        )
        return _in_lines(sent, batch) if is_ndjson() else _as_one(sent, batch)

    @decisions.get("", scope=("orders", "orders:read", "audit:read"))
    @decisions.arguments(DecisionsQuery, location="query")
    @decisions.response(HTTPStatus.OK, DecisionsPageRecord)
    def page(query: dict[str, Any]) -> Response:
        """Logged decisions, newest first"""
        return answer(DecisionsPageRecord.of(pointsman.decisions.page(**query)))

    @decisions.get("/<string:decision_id>", scope=("orders", "orders:read", "audit:read"))
    @decisions.arguments(FactsQuery, location="query")
    @decisions.arguments(ReadingHeaders, location="headers", unknown="exclude")
    @decisions.response(HTTPStatus.OK, DecisionRecord)
    def read(query: dict[str, bool], headers: dict[str, Any], decision_id: str) -> Response:
        """A decision as it was logged; it never changes, so it has no age"""
        decision = pointsman.decision(decision_id, **headers)
        note_order(decision.order_id)
        return decision_response(decision, facts=query["facts"])

    @decisions.get("/<string:decision_id>/facts", scope=("orders", "orders:read", "audit:read"))
    @decisions.arguments(ReadingHeaders, location="headers", unknown="exclude")
    @decisions.response(HTTPStatus.OK, FactsRecord)
    @decisions.alt_response(HTTPStatus.NOT_MODIFIED, description="As the ETag in If-None-Match says")
    def read_facts(headers: dict[str, Any], decision_id: str) -> Response:
        """The stock that a decision was made on, by SKU and node, and the options that rules took away"""
        decision = pointsman.decision(decision_id, **headers)
        note_order(decision.order_id)
        facts = decision.facts
        response = Response(facts, content_type=JSON)
        response.set_etag(FactsReferenceRecord.of(facts).sha256)
        return response.make_conditional(request)

    return decisions


def _as_one(sent: Sequence[SentOrder], batch: Batch) -> Response:
    orders = list(_logged(order_records(sent, batch), batch))
    if batch.failure is not None and not any(order.decided for order in orders):
        raise batch.failure
    new = any(order.is_new for order in orders)
    return answer(BatchRecord.of(orders, batch), HTTPStatus.CREATED if new else HTTPStatus.OK)


def _logged(records: Iterator[BatchOrderRecord], batch: Batch) -> Iterator[BatchOrderRecord]:
    """The records; why the batch stopped, if it did, goes to the log of the process."""
    yield from records
    if batch.failure is not None:
        # whoever stops the service in order need not be woken
        level = logging.WARNING if isinstance(batch.failure, Interrupted) else logging.ERROR
        logger.log(level, "a batch stopped: %s", batch.failure)


def _in_lines(sent: Sequence[SentOrder], batch: Batch) -> Response:
    records = _logged(order_records(sent, batch), batch)
    # a failure before the first order is decided can still be a problem with a status of its own
    first = next(records)

    def lines() -> Iterator[bytes]:
        encoder = msgspec.json.Encoder()
        for record in itertools.chain([first], records):
            yield encoder.encode_lines([record])
        yield encoder.encode_lines([BatchEndRecord.of(len(sent), batch)])

    return Response(lines(), content_type=NDJSON)


def decision_response(decision: Answer, *, dry_run: bool = False, facts: bool = False) -> Response:
    """The bytes that were logged, not encoded a second time; with `facts`, these in them."""
    created = request.method == "POST" and decision.new and not dry_run
    status = HTTPStatus.CREATED if created else HTTPStatus.OK
    if decision.id is not None and not dry_run:
        note_decision(decision.id, facts=facts)
    response = Response(decision.whole if facts else decision.body, status=status, content_type=JSON)
    if created:
        response.headers["Location"] = f"{request.script_root}{_PREFIX}/{decision.id}"
    return response
