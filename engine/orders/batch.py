"""Many orders that wait at once: decided one after another, the one that deserves it first."""

import dataclasses
from collections import Counter
from collections.abc import Callable, Iterator, Sequence
from dataclasses import dataclass

from engine.decide.decision import Decision
from engine.decide.impact.outranked import Taking, lacked
from engine.decide.matching.matcher import Matcher
from engine.decide.order_checks import check_order
from engine.decide.priority import Rank, priority, priority_of, rank, ranked
from engine.decide.record import LackedRecord
from engine.errors import Contended, Mistake, OrderInvalid, PointsmanError, QuotaExceeded
from engine.facts_reader import FactsReader
from engine.model.facts import Order, Snapshot
from engine.orders.decide_and_commit import Answer, DecideAndCommit, DecisionRequest, OrdersAhead, Outcome, whole
from engine.store.ledger import RequestKey


@dataclass(frozen=True, slots=True, kw_only=True)
class Asked:
    """Orders, each with an id of its own, to be decided as of one instant."""

    orders: Sequence[Order]
    instant: int
    keys: Callable[[Order], RequestKey] | None
    caller: str
    wait: bool


@dataclass(frozen=True, slots=True, kw_only=True)
class Together:
    """The decisions, in the order in which they were made. Where one could not be made, for `failure`, it and those
    after it are `undecided`: none may take what it deserved before them. Asked again with the same keys, they go on.
    """

    answers: tuple[Answer, ...]
    undecided: tuple[str, ...] = ()
    failure: PointsmanError | None = None


def decide_together(
    asked: Asked,
    *,
    facts: FactsReader,
    decide_and_commit: DecideAndCommit,
    answer: Callable[[Outcome, Order], Answer],
    progress: Callable[[], None],
) -> Together:
    """Decide each order and commit it by itself: what was decided stays so, whatever happens to those after it."""
    standing = _standing(asked, facts)
    queue = ranked(asked.orders, lambda order: standing[order.id])
    answers: list[Answer] = []
    takings: list[Taking] = []
    for index, order in enumerate(queue):
        try:
            outcome = decide_and_commit.run(_request(asked, order, takings, decide_and_commit.max_holds))
        except (Contended, QuotaExceeded) as failure:
            if not answers:
                raise
            return Together(answers=tuple(answers), undecided=tuple(item.id for item in queue[index:]), failure=failure)
        answers.append(answer(outcome, order))
        takings.append(Taking.of(answers[-1].record, priority_of(standing[order.id])))
        progress()
    return Together(answers=tuple(answers))


def _request(asked: Asked, order: Order, takings: Sequence[Taking], max_holds: int | None) -> DecisionRequest:
    return DecisionRequest(
        remainder=whole(order),
        instant=asked.instant,
        caller=asked.caller,
        most_holds=max_holds,
        key=asked.keys(order) if asked.keys else None,
        waits=asked.wait,
        orders_ahead=_lacking(takings, asked.instant),
    )


def _lacking(takings: Sequence[Taking], now: int) -> OrdersAhead:
    def orders_ahead(decision: Decision, snapshot: Snapshot, matcher: Matcher) -> list[LackedRecord]:
        return [item.record for item in lacked(decision, snapshot, matcher, now, takings)]

    return orders_ahead


def _standing(asked: Asked, facts: FactsReader) -> dict[str, Rank]:
    """Where each order stands, all by the same policies; raises OrderInvalid with every order's mistakes."""
    snapshot, matcher = facts.read([], asked.instant)
    known = facts.products(dict.fromkeys(sku for order in asked.orders for sku in order.skus))
    mistakes = list(_mistakes(asked.orders, dataclasses.replace(snapshot, products=known)))
    if mistakes:
        raise OrderInvalid(mistakes)
    return {
        order.id: rank(order, priority(order, snapshot.network, known, matcher, asked.instant))
        for order in asked.orders
    }


def _mistakes(orders: Sequence[Order], snapshot: Snapshot) -> Iterator[Mistake]:
    counts = Counter(order.id for order in orders)
    for index, order in enumerate(orders):
        if counts[order.id] > 1:
            told = f"order '{order.id}' is there {counts[order.id]} times; give each order once"
            yield Mistake(field=f"orders.{index}.id", message=told)
        try:
            check_order(order, snapshot)
        except OrderInvalid as error:
            for mistake in error.mistakes:
                yield dataclasses.replace(mistake, field=f"orders.{index}.{mistake.field}")
