"""What is answered of orders that wait or were rejected, for the OpenAPI page; a test holds every answer against it."""

from collections.abc import Iterable
from typing import Any

import orjson
from marshmallow import Schema, fields

from api.http.schemas.backlog_requests import cursor
from api.http.schemas.decisions import DecisionAnswer, PlacedLine, RestingAnswer
from engine.decide.decision import timestamp
from engine.orders.backlog import Page, Place, Run
from engine.orders.batch import Together
from engine.store.decision_chain import Chain


class BatchAnswer(Schema):
    """The decisions in the order in which they were made: the one that deserved it most first."""

    decisions = fields.List(fields.Nested(DecisionAnswer), required=True)
    undecided = fields.List(
        fields.String(),
        required=True,
        metadata={"description": "orders not decided, for `detail`; ask again with the same Idempotency-Key"},
    )
    detail = fields.String(required=True, allow_none=True)


class WaitingOrder(Schema):
    decision = fields.String(required=True, metadata={"description": "whose unfilled units wait"})
    order = fields.String(required=True)
    first = fields.String(required=True, metadata={"description": "the order's first decision"})
    priority = fields.Integer(required=True)
    promise_by = fields.AwareDateTime(required=True, allow_none=True)
    placed_at = fields.AwareDateTime(required=True)
    since = fields.AwareDateTime(required=True)
    client = fields.String(required=True)
    lines = fields.List(fields.Nested(PlacedLine), required=True)


class BacklogAnswer(Schema):
    """In the order in which stock would be offered; `waiting` is how many there are in all."""

    waiting = fields.Integer(required=True)
    orders = fields.List(fields.Nested(WaitingOrder), required=True)
    next = fields.String(required=True, allow_none=True)


class FailedEntry(Schema):
    decision = fields.String(required=True)
    detail = fields.String(required=True)


class RunAnswer(Schema):
    """What came of it; with a `next`, there is more to be offered stock."""

    offered = fields.Integer(required=True, metadata={"description": "entries looked at"})
    decisions = fields.List(fields.Nested(DecisionAnswer), required=True)
    failed = fields.List(fields.Nested(FailedEntry), required=True)
    next = fields.String(required=True, allow_none=True)


class ChainAnswer(Schema):
    """All decisions of an order, in the order in which they were made."""

    first = fields.String(required=True)
    decisions = fields.List(fields.Nested(DecisionAnswer), required=True)


class RestsAnswer(Schema):
    """The nodes that rest now, by id."""

    nodes = fields.List(fields.Nested(RestingAnswer), required=True)


def batch_body(found: Together) -> bytes:
    detail = None if found.failure is None else str(found.failure)
    rest = {"undecided": list(found.undecided), "detail": detail}
    return _with_decisions(rest, (answer.body for answer in found.answers))


def chain_body(found: Chain) -> bytes:
    return _with_decisions({"first": found.first}, (link.body for link in found.links))


def run_body(found: Run) -> bytes:
    failed = [{"decision": name, "detail": detail} for name, detail in found.failed]
    rest = {"offered": found.offered, "failed": failed, "next": cursor(found.after)}
    return _with_decisions(rest, (answer.body for answer in found.answers))


def backlog_record(page: Page) -> dict[str, Any]:
    return {
        "waiting": page.waiting,
        "orders": [_waiting_record(place) for place in page.places],
        "next": cursor(page.after),
    }


def _waiting_record(place: Place) -> dict[str, Any]:
    waiting, order = place.waiting, place.waiting.order
    return {
        "decision": waiting.decision,
        "order": order.id,
        "first": waiting.first,
        "priority": place.priority,
        "promise_by": None if order.promise_by is None else timestamp(order.promise_by),
        "placed_at": timestamp(order.placed_at),
        "since": timestamp(waiting.since),
        "client": waiting.caller,
        "lines": [
            {"line": line.id, "sku": line.sku, "quantity": waiting.units[line.id]}
            for line in order.lines
            if line.id in waiting.units
        ],
    }


def _with_decisions(rest: dict[str, Any], bodies: Iterable[bytes]) -> bytes:
    """The bytes of decisions as they were logged, not a second writing of them."""
    return orjson.dumps(rest | {"decisions": [orjson.Fragment(body) for body in bodies]})
