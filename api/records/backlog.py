"""Batches, the backlog and chains of decisions as JSON."""

from collections.abc import Iterable
from typing import Any

import orjson

from engine.decide.order_record import timestamp
from engine.decide.priority import Rank
from engine.orders.backlog import Page, Place, Run
from engine.orders.batch import Together
from engine.store.decision_chain import Chain

MOST_ENTRIES = 1_000
"""Of the backlog, at once."""


def cursor(rank: Rank | None) -> str | None:
    """As `after` is read."""
    if rank is None:
        return None
    before, promise, placed, order, name = rank
    return f"{before}:{promise}:{placed}:{name}:{order}"


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
