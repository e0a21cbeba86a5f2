"""Decides a batch of orders one after another, the first in rank first."""

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
from engine.orders.decide_and_commit import Answer, DecideAndCommit, DecisionRequest, OrdersAhead, Outcome, whole_order
from engine.store.ledger import RequestKey


@dataclass(frozen=True, slots=True, kw_only=True)
class BatchRequest:
    """Orders, each with an id of its own, to be decided as of one instant.

    `keys` gives the idempotency key of each order's decision. `wait`: units left unfilled wait for stock in the
    backlog.
    """

    orders: Sequence[Order]
    instant: int
    keys: Callable[[Order], RequestKey] | None
    caller: str
    wait: bool


@dataclass(frozen=True, slots=True, kw_only=True)
class BatchResult:
    """The decisions, in the order in which they were made.

    If one could not be made, because of `failure`, it and all after it are `undecided`: those after it must not take
    the stock that it has the first claim on. Requested again with the same keys, the batch goes on with them.
    """

    answers: tuple[Answer, ...]
    undecided: tuple[str, ...] = ()
    failure: PointsmanError | None = None


def decide_batch(
    batch: BatchRequest,
    *,
    facts: FactsReader,
    decide_and_commit: DecideAndCommit,
    answer: Callable[[Outcome, Order], Answer],
    progress: Callable[[], None],
) -> BatchResult:
    """Decide each order and commit it by itself: a decision stays, whatever happens to the orders after it."""
    ranks = _ranks(batch, facts)
    queue = ranked(batch.orders, lambda order: ranks[order.id])
    answers: list[Answer] = []
    takings: list[Taking] = []
    for index, order in enumerate(queue):
        try:
            outcome = decide_and_commit.run(_request(batch, order, takings, decide_and_commit.max_holds))
        except (Contended, QuotaExceeded) as failure:
            if not answers:
                raise
            undecided = tuple(item.id for item in queue[index:])
            return BatchResult(answers=tuple(answers), undecided=undecided, failure=failure)
        answers.append(answer(outcome, order))
        takings.append(Taking.of(answers[-1].record, priority_of(ranks[order.id])))
        progress()
    return BatchResult(answers=tuple(answers))


def _request(batch: BatchRequest, order: Order, takings: Sequence[Taking], max_holds: int | None) -> DecisionRequest:
    return DecisionRequest(
        remainder=whole_order(order),
        instant=batch.instant,
        caller=batch.caller,
        most_holds=max_holds,
        key=batch.keys(order) if batch.keys else None,
        waits=batch.wait,
        orders_ahead=_lacking(takings, batch.instant),
    )


def _lacking(takings: Sequence[Taking], now: int) -> OrdersAhead:
    def orders_ahead(decision: Decision, snapshot: Snapshot, matcher: Matcher) -> list[LackedRecord]:
        return [item.record for item in lacked(decision, snapshot, matcher, now, takings)]

    return orders_ahead


def _ranks(batch: BatchRequest, facts: FactsReader) -> dict[str, Rank]:
    """The rank of each order by its id, all by the same policies; raises OrderInvalid with every order's mistakes."""
    snapshot, matcher = facts.read([], batch.instant)
    products = facts.products(dict.fromkeys(sku for order in batch.orders for sku in order.skus))
    snapshot = dataclasses.replace(snapshot, products=products)
    mistakes = list(_mistakes(batch.orders, snapshot))
    if mistakes:
        raise OrderInvalid(mistakes)
    return {order.id: rank(order, priority(order, snapshot, matcher, batch.instant)) for order in batch.orders}


def _mistakes(orders: Sequence[Order], snapshot: Snapshot) -> Iterator[Mistake]:
    counts = Counter(order.id for order in orders)
    for index, order in enumerate(orders):
        if counts[order.id] > 1:
            message = f"order '{order.id}' is there {counts[order.id]} times; give each order once"
            yield Mistake(field=f"orders.{index}.id", message=message)
        try:
            check_order(order, snapshot)
        except OrderInvalid as error:
            for mistake in error.mistakes:
                yield dataclasses.replace(mistake, field=f"orders.{index}.{mistake.field}")
