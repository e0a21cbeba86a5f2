"""Decisions a second, one after the other in one process, as `pointsman route` makes them; and where the time goes.

The rate is that of `Pointsman.decide` over the first orders of the day, on a fresh embedded server and with a matcher
that has cached nothing. The parts are timed in a second pass on a fresh network, by calling one after the other what
`Pointsman.decide` calls. `decide` evaluates the rules, prices, chooses and makes the decision: the first three are
timed again by themselves, and what `decide` took beyond them is counted as making the answer. So that the times can be
subtracted, the rules are evaluated for each order once before, untimed.
"""

import time
from collections import Counter
from collections.abc import Callable, Iterator, Mapping, Sequence
from contextlib import contextmanager
from dataclasses import dataclass

from api.cli.route_day import CALLER
from engine.decide.decide import decide
from engine.decide.evaluation.candidates import Candidates
from engine.decide.evaluation.evaluation import Evaluation
from engine.decide.facts_record import FactsRecord, facts_to_json
from engine.decide.order_checks import check_order
from engine.decide.record import DecisionRecord, to_json
from engine.model.facts import Inventory, Order
from engine.service import Pointsman
from engine.store.ledger import RequestKey
from engine.version import VERSION
from tests.bench.example_network import directory, installed

ORDERS = 1_500
_MILLISECONDS = 1_000

Say = Callable[[str], None]


@dataclass(frozen=True, kw_only=True)
class DecidingFigures:
    """`parts` are milliseconds a decision, in the order in which they are carried out."""

    orders: int
    per_second: float
    parts: Mapping[str, float]


def measure(inventory: Inventory, orders: Sequence[Order], *, say: Say) -> DecidingFigures:
    with (
        directory() as data,
        installed(data, "whole", inventory) as whole,
        installed(data, "parts", inventory) as parts,
    ):
        say(f"deciding: {len(orders)} orders")
        started = time.perf_counter()
        for order in orders:
            whole.decide(order, now=order.placed_at, key=_key(order))
        took = time.perf_counter() - started
        say("deciding: where the time goes")
        seconds: Counter[str] = Counter()
        for number, order in enumerate(orders):
            _decide_by_parts(parts, order, f"{number:032x}", seconds)
        return DecidingFigures(
            orders=len(orders), per_second=len(orders) / took, parts=_parts(seconds, len(orders)) if orders else {}
        )


def _decide_by_parts(pointsman: Pointsman, order: Order, decision_id: str, seconds: Counter[str]) -> None:
    now = order.placed_at
    with _added(seconds, "snapshot"):
        snapshot, matcher = pointsman._facts.read(order.skus, now, _key(order))
        check_order(order, snapshot)
    Candidates(Evaluation(order=order, snapshot=snapshot, matcher=matcher, now=now))
    with _added(seconds, "decide"):
        decision = decide(order, snapshot, matcher, now)
    with _added(seconds, "judge and price"):
        candidates = Candidates(Evaluation(order=order, snapshot=snapshot, matcher=matcher, now=now))
    with _added(seconds, "choose"):
        candidates.choose()
    with _added(seconds, "record"):
        facts = facts_to_json(FactsRecord.of(decision))
        body = to_json(DecisionRecord.of(decision, decision_id, VERSION, facts))
    with _added(seconds, "commit"):
        pointsman._ledger.commit(decision, decision_id, body, _key(order), facts=facts)


def _parts(seconds: Mapping[str, float], count: int) -> dict[str, float]:
    remaining_seconds = seconds["decide"] - seconds["judge and price"] - seconds["choose"]
    shown = {
        "snapshot": seconds["snapshot"],
        "judge and price": seconds["judge and price"],
        "choose": seconds["choose"],
        "make the answer": remaining_seconds + seconds["record"],
        "commit": seconds["commit"],
    }
    return {part: taken / count * _MILLISECONDS for part, taken in shown.items()}


@contextmanager
def _added(seconds: Counter[str], part: str) -> Iterator[None]:
    started = time.perf_counter()
    yield
    seconds[part] += time.perf_counter() - started


def _key(order: Order) -> RequestKey:
    return RequestKey(caller=CALLER, name=order.id)
