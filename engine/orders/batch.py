"""Decides a batch of orders: those of one priority jointly planned, then decided one after another."""

import dataclasses
import functools
from collections import Counter
from collections.abc import Callable, Iterator, Mapping, Sequence
from dataclasses import dataclass, field
from typing import NamedTuple

from engine.decide.decision import Decision
from engine.decide.evaluation.evaluation import Evaluation, stock_in
from engine.decide.impact.outranked import Taking, Takings, lacked
from engine.decide.joint.plan import PlanSummary, plan
from engine.decide.matching.matcher import Matcher
from engine.decide.order_checks import check_order
from engine.decide.priority import Rank, priority, priority_of, rank, ranked
from engine.decide.record import LackedRecord
from engine.errors import Contended, Mistake, OrderInvalid, PointsmanError, QuotaExceeded
from engine.facts_reader import FactsReader
from engine.model.facts import Network, Order, Snapshot
from engine.orders.block import BlockOfDecisions
from engine.orders.decide_and_commit import (
    Answer,
    DecideAndCommit,
    Decided,
    DecisionRequest,
    OrdersAhead,
    Outcome,
    whole_order,
)
from engine.orders.projected_facts import ProjectedFacts
from engine.orders.turns import Turn, Turns
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


class _Class(NamedTuple):
    """The orders of one priority as they should be decided, and the facts that they were planned on. Those that were
    decided before come first: they take nothing any more; then those for a nominated day, which are decided without a
    plan. `facts` and `summary` are None if there are no others.
    """

    turns: Sequence[Turn]
    facts: ProjectedFacts | None = None
    summary: PlanSummary | None = None


def decide_batch(
    batch: BatchRequest,
    *,
    facts: FactsReader,
    decide_and_commit: DecideAndCommit,
    blocks: BlockOfDecisions,
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
    answers: dict[str, Answer] = {}
    takings = Takings()
    in_turn = functools.partial(
        Turns,
        request=functools.partial(_request, batch, takings, decide_and_commit.max_holds),
        decide_and_commit=decide_and_commit,
        blocks=blocks,
    )
    for first, last in _parts(queue, ranks, facts.network()):
        sequence = queue[first:last]
        try:
            made = _planned(sequence, batch, facts, planning)
            sequence = [turn.order for turn in made.turns]
            joint = joint if made.summary is None else joint.plus(made.summary)
            for order, outcome in in_turn(made.facts).decide(made.turns):
                answers[order.id] = its = answer(outcome, order)
                priority = priority_of(ranks[order.id])
                decision = outcome.decision if isinstance(outcome, Decided) else its.record
                takings.add(Taking.of(decision, its.id or "", priority))
                progress()
        except (Contended, QuotaExceeded) as failure:
            if not answers:
                raise
            undecided = tuple(order.id for order in [*sequence, *queue[last:]] if order.id not in answers)
            return BatchResult(answers=tuple(answers.values()), joint=joint, undecided=undecided, failure=failure)
    return BatchResult(answers=tuple(answers.values()), joint=joint)


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


def _decided_before(orders: Sequence[Order], batch: BatchRequest, facts: FactsReader) -> Sequence[bool]:
    return facts.decided_before([batch.keys(order) for order in orders]) if batch.keys else [False] * len(orders)


def _planned(orders: Sequence[Order], batch: BatchRequest, facts: FactsReader, planning: Callable[[], None]) -> _Class:
    before = _decided_before(orders, batch, facts)
    turns = [Turn(order) for order, is_before in zip(orders, before, strict=True) if is_before]
    new = [order for order, is_before in zip(orders, before, strict=True) if not is_before]
    # most of those for a nominated day take nothing yet, so they are not planned; the others have less to choose from
    turns += (Turn(order) for order in new if order.deliver_on is not None)
    waiting = [order for order in new if order.deliver_on is None]
    for _ in turns:
        planning()
    if not waiting:
        return _Class(turns)
    snapshot, matcher = facts.read_many([*dict.fromkeys(sku for order in waiting for sku in order.skus)], batch.instant)
    stock_of = functools.cache(functools.partial(stock_in, snapshot))

    def evaluations() -> Iterator[Evaluation]:
        for order in waiting:
            check_order(order, snapshot)
            yield Evaluation(order=order, snapshot=snapshot, matcher=matcher, now=batch.instant, stock_of=stock_of)

    made = plan(evaluations(), planning)
    turns += (Turn(waiting[index], made.left_by(index), made.uncontended.get(index)) for index in made.sequence)
    return _Class(turns, ProjectedFacts(snapshot, matcher), made.summary)


def _request(batch: BatchRequest, takings: Takings, max_holds: int | None, turn: Turn) -> DecisionRequest:
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


def _lacking(takings: Takings, now: int) -> OrdersAhead:
    def orders_ahead(decision: Decision, snapshot: Snapshot, matcher: Matcher) -> list[LackedRecord]:
        return [item.record for item in lacked(decision, snapshot, matcher, now, takings)]

    return orders_ahead


def _ranks(batch: BatchRequest, facts: FactsReader) -> dict[str, Rank]:
    """The rank of each order by its id, all by the same policies; raises OrderInvalid with every order's mistakes."""
    snapshot, matcher = facts.read([], batch.instant)
    products = facts.products(dict.fromkeys(sku for order in batch.orders for sku in order.skus))
    snapshot = dataclasses.replace(snapshot, products=products)
    mistakes = list(_mistakes(batch, snapshot, facts))
    if mistakes:
        raise OrderInvalid(mistakes)
    return {order.id: rank(order, priority(order, snapshot, matcher, batch.instant)) for order in batch.orders}


def _mistakes(batch: BatchRequest, snapshot: Snapshot, facts: FactsReader) -> Iterator[Mistake]:
    counts = Counter(order.id for order in batch.orders)
    for_a_day = any(order.deliver_on is not None for order in batch.orders)
    # an order that was decided before its day was over is answered, whenever it is sent again
    before = _decided_before(batch.orders, batch, facts) if for_a_day else [False] * len(batch.orders)
    for index, (order, is_before) in enumerate(zip(batch.orders, before, strict=True)):
        if counts[order.id] > 1:
            message = f"order '{order.id}' is there {counts[order.id]} times; give each order once"
            yield Mistake(field=f"orders.{index}.id", message=message)
        try:
            check_order(order, snapshot, now=None if is_before else batch.instant)
        except OrderInvalid as error:
            for mistake in error.mistakes:
                yield dataclasses.replace(mistake, field=f"orders.{index}.{mistake.field}")
