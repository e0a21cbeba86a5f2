"""Decides a batch of orders: those of one priority jointly planned, then decided one after another."""

import dataclasses
from collections import Counter
from collections.abc import Callable, Iterator, Mapping, Sequence
from dataclasses import dataclass, field
from typing import NamedTuple

from engine.decide.decision import NOTHING_LEFT, Decision, LeftToOthers
from engine.decide.evaluation.evaluation import Evaluation
from engine.decide.impact.outranked import Taking, lacked
from engine.decide.joint.plan import PlanSummary, plan
from engine.decide.matching.matcher import Matcher
from engine.decide.order_checks import check_order
from engine.decide.priority import Rank, priority, priority_of, rank, ranked
from engine.decide.record import LackedRecord
from engine.errors import Contended, Mistake, OrderInvalid, PointsmanError, QuotaExceeded
from engine.facts_reader import FactsReader
from engine.model.facts import Network, Order, Snapshot
from engine.orders.decide_and_commit import Answer, DecideAndCommit, DecisionRequest, OrdersAhead, Outcome, whole_order
from engine.store.ledger import RequestKey

MOST_OPTIONS = 1_000_000
"""Ways of all lines of the orders that are planned at once: some hundred bytes each."""


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
class JointSummary:
    """The plans of all classes that had orders to decide: orders of equal priority are a class, or several if they have
    more than MOST_OPTIONS.
    """

    classes: int = 0
    plan: PlanSummary = field(default_factory=PlanSummary)

    def plus(self, plan: PlanSummary) -> "JointSummary":
        return JointSummary(classes=self.classes + 1, plan=self.plan.plus(plan))


@dataclass(frozen=True, slots=True, kw_only=True)
class BatchResult:
    """The decisions, in the order in which they were made, and `joint`, what was planned for them.

    If one could not be made, because of `failure`, it and all after it are `undecided`: those after it must not take
    the stock that it has the first claim on. Requested again with the same keys, the batch goes on with them.
    """

    answers: tuple[Answer, ...]
    joint: JointSummary
    undecided: tuple[str, ...] = ()
    failure: PointsmanError | None = None


class _Turn(NamedTuple):
    """An order whose turn it is to be decided."""

    order: Order
    left: LeftToOthers


def decide_batch(
    batch: BatchRequest,
    *,
    facts: FactsReader,
    decide_and_commit: DecideAndCommit,
    answer: Callable[[Outcome, Order], Answer],
    progress: Callable[[], None],
    planning: Callable[[], None],
) -> BatchResult:
    """Plan the orders of each priority jointly, the highest first, then decide each and commit it by itself: a decision
    stays, whatever happens to the orders after it.
    """
    ranks = _ranks(batch, facts)
    queue = ranked(batch.orders, lambda order: ranks[order.id])
    joint = JointSummary()
    answers: list[Answer] = []
    takings: list[Taking] = []
    for first, last in _parts(queue, ranks, facts.network()):
        turns, summary = _planned(queue[first:last], batch, facts, planning)
        joint = joint if summary is None else joint.plus(summary)
        for place, turn in enumerate(turns):
            request = _request(batch, turn, takings, decide_and_commit.max_holds)
            try:
                outcome = decide_and_commit.run(request)
            except (Contended, QuotaExceeded) as failure:
                if not answers:
                    raise
                undecided = (*(item.order.id for item in turns[place:]), *(item.id for item in queue[last:]))
                return BatchResult(answers=tuple(answers), joint=joint, undecided=undecided, failure=failure)
            answers.append(answer(outcome, turn.order))
            takings.append(Taking.of(answers[-1].record, priority_of(ranks[turn.order.id])))
            progress()
    return BatchResult(answers=tuple(answers), joint=joint)


def _parts(queue: Sequence[Order], ranks: Mapping[str, Rank], network: Network) -> Iterator[tuple[int, int]]:
    """Where the parts of the queue begin and end that are planned jointly: orders of one priority, as many of them as
    have MOST_OPTIONS at most.
    """
    ways = sum(len(node.services) for node in network.nodes.values())
    first = options = 0
    for index, order in enumerate(queue):
        options += len(order.lines) * ways
        if index > first and (options > MOST_OPTIONS or ranks[order.id][0] != ranks[queue[first].id][0]):
            yield first, index
            first, options = index, len(order.lines) * ways
    yield first, len(queue)


def _planned(
    orders: Sequence[Order], batch: BatchRequest, facts: FactsReader, planning: Callable[[], None]
) -> tuple[list[_Turn], PlanSummary | None]:
    """The orders of one priority as they should be decided. Those that were decided before come first: they take
    nothing any more.
    """
    before = facts.decided_before([batch.keys(order) for order in orders]) if batch.keys else [False] * len(orders)
    turns = [_Turn(order, NOTHING_LEFT) for order, is_before in zip(orders, before, strict=True) if is_before]
    waiting = [order for order, is_before in zip(orders, before, strict=True) if not is_before]
    for _ in turns:
        planning()
    if not waiting:
        return turns, None
    snapshot, matcher = facts.read_many([*dict.fromkeys(sku for order in waiting for sku in order.skus)], batch.instant)
    evaluations: list[Evaluation] = []
    for order in waiting:
        check_order(order, snapshot)
        evaluations.append(Evaluation(order=order, snapshot=snapshot, matcher=matcher, now=batch.instant))
    made = plan(evaluations, planning)
    return [*turns, *(_Turn(waiting[index], made.left_by(index)) for index in made.sequence)], made.summary


def _request(batch: BatchRequest, turn: _Turn, takings: Sequence[Taking], max_holds: int | None) -> DecisionRequest:
    return DecisionRequest(
        remainder=whole_order(turn.order),
        instant=batch.instant,
        caller=batch.caller,
        most_holds=max_holds,
        key=batch.keys(turn.order) if batch.keys else None,
        waits=batch.wait,
        orders_ahead=_lacking(takings, batch.instant),
        left=turn.left,
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
