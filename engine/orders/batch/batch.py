"""Decides a batch of orders: those of one priority jointly planned, then decided one after another.

An order at fault is refused by itself, and the others are decided without it.
"""

import dataclasses
from collections.abc import Callable, Iterator, Mapping, Sequence
from dataclasses import dataclass, field
from typing import NamedTuple

from engine.decide.decision import Decision
from engine.decide.evaluation.evaluation import Evaluation
from engine.decide.evaluation.snapshot_columns import SnapshotColumns
from engine.decide.evaluation.together.evaluate import evaluate_together, in_parts
from engine.decide.impact.outranked import Taking, Takings, lacked
from engine.decide.joint.plan import PlanSummary, plan
from engine.decide.matching.judge import PolicyJudge
from engine.decide.order_checks import check_order
from engine.decide.priority import Rank, priority_of, rank, ranked
from engine.decide.record_parts import LackedRecord
from engine.errors import Mistake, OrderInvalid, PointsmanError, Undecided
from engine.facts_reader import FactsReader
from engine.model.facts import Network, Order, Snapshot
from engine.orders.batch.batch_results import LoggedAnswers, OrderDecided, OrderNotDecided, OrderResult, in_order_sent
from engine.orders.batch.block import BlockOfDecisions
from engine.orders.batch.projected_facts import ProjectedFacts
from engine.orders.batch.ranking import Ranking
from engine.orders.batch.turns import STOPPING, Turn, Turns, unless_at_fault
from engine.orders.decide_and_commit import DecideAndCommit
from engine.orders.decision_request import Answer, Decided, DecisionRequest, Outcome, whole_order
from engine.store.ledger import RequestKey

MOST_OPTIONS = 1_000_000
"""Ways of all lines of the orders that are planned at once: some hundred bytes each."""


@dataclass(frozen=True, slots=True, kw_only=True)
class BatchRequest:
    """Orders to be decided as of one instant.

    `keys` gives the idempotency key of each order's decision. `wait`: units left unfilled wait for stock in the
    backlog. `after_waiting` as in DecisionRequest. `planning` is called for each order once it is looked at for the
    plan, `progress` once it has its result. `verify_going_on` raises Interrupted if the batch is to end; it is called
    where no decision is made whose result is not known yet.
    """

    orders: Sequence[Order]
    instant: int
    keys: Callable[[Order], RequestKey] | None = None
    caller: str = ""
    wait: bool = False
    after_waiting: bool = True
    progress: Callable[[], None] = lambda: None
    planning: Callable[[], None] = lambda: None
    verify_going_on: Callable[[], None] = lambda: None


@dataclass(frozen=True, slots=True, kw_only=True)
class JointSummary:
    """The plans of all classes that had orders to decide: orders of equal priority are a class, or several if they have
    more than MOST_OPTIONS.
    """

    classes: int = 0
    plan: PlanSummary = field(default_factory=PlanSummary)

    def plus(self, plan: PlanSummary) -> "JointSummary":
        return JointSummary(classes=self.classes + 1, plan=self.plan.plus(plan))


class _Class(NamedTuple):
    """The orders of one priority as they should be decided, and the facts that they were planned on. Those that are
    decided without a plan come first: those that were decided before take nothing any more, and those for a nominated
    day mostly take nothing yet. Those come last that may wait for goods that are to come: they take what the plan of
    the others leaves. `facts` is None if nothing is planned.
    """

    turns: Sequence[Turn]
    facts: ProjectedFacts | None = None


class Batch:
    """Plans the orders of each priority jointly, the highest first, then decides each and commits it by itself: a
    decision stays, whatever happens to the orders after it.

    Once all results are read, `joint` says what was planned, and `failure` why the batch stopped, if it did: orders
    after it must not take the stock that the one which failed has the first claim on. Requested again with the same
    keys, the batch goes on with those that are undecided.
    """

    def __init__(
        self,
        request: BatchRequest,
        *,
        facts: FactsReader,
        decide_and_commit: DecideAndCommit,
        blocks: BlockOfDecisions,
        answer: Callable[[Outcome, Order], Answer],
        logged: LoggedAnswers,
    ) -> None:
        self.joint = JointSummary()
        self.failure: PointsmanError | None = None
        self._request = request
        self._facts = facts
        self._decide_and_commit = decide_and_commit
        self._blocks = blocks
        self._answer = answer
        self._logged = logged
        self._decided = 0
        self._waiting: dict[str, int] = {}
        """By order without a result, its place in the batch."""
        self._takings = Takings()

    def results(self) -> Iterator[OrderResult]:
        """A result for each order, as soon as it is known. Raises one of STOPPING if the batch stops before the first
        result.
        """
        request, ranks = self._request, dict[str, Rank]()
        snapshot, matcher = self._facts.read([], request.instant)
        products = self._facts.products(dict.fromkeys(sku for order in request.orders for sku in order.skus))
        snapshot = dataclasses.replace(snapshot, products=products)
        ranking = Ranking(snapshot, matcher, request.instant)
        first_of: dict[str, int] = {}
        for index, order in enumerate(request.orders):
            error = _error_in(order, snapshot) if first_of.setdefault(order.id, index) == index else _repeated(order)
            if error is None:
                self._waiting[order.id] = index
                ranks[order.id] = rank(order, ranking.priority(order))
            else:
                request.progress()
                yield OrderNotDecided(index=index, error=error)
        queue = ranked([request.orders[index] for index in self._waiting.values()], lambda order: ranks[order.id])
        try:
            for first, last in _parts(queue, ranks, snapshot.network):
                yield from self._results_of_class(queue[first:last], priority_of(ranks[queue[first].id]), ranking)
        except STOPPING as failure:
            if len(self._waiting) == len(request.orders):
                raise
            self.failure = failure
            for index in self._waiting.values():
                yield OrderNotDecided(index=index, error=Undecided(failure))

    def results_in_order_sent(self) -> Iterator[OrderResult]:
        """The same in the order in which the orders were sent, each as soon as it and those before it are known."""
        return in_order_sent(self.results(), self._logged)

    def _results_of_class(self, orders: Sequence[Order], priority: int, ranking: Ranking) -> Iterator[OrderResult]:
        made = self._planned(orders, ranking)
        turns = Turns(
            made.facts,
            request=self._decision_request,
            decide_and_commit=self._decide_and_commit,
            blocks=self._blocks,
            read=lambda order: self._facts.read(order.skus, self._request.instant, deciding=order.id),
            verify_going_on=self._request.verify_going_on,
        )
        for order, outcome in turns.decide(made.turns):
            answer = outcome if isinstance(outcome, PointsmanError) else self._answer_to(order, outcome)
            index = self._waiting.pop(order.id)
            self._request.progress()
            if isinstance(answer, PointsmanError):
                yield OrderNotDecided(index=index, error=answer)
            else:
                decision = outcome.decision if isinstance(outcome, Decided) else answer.record
                self._takings.add(Taking.of(decision, answer.id or "", priority))
                self._decided += 1
                yield OrderDecided(index=index, rank=self._decided, answer=answer)

    def _answer_to(self, order: Order, outcome: Outcome) -> Answer | PointsmanError:
        return unless_at_fault(lambda: self._answer(outcome, order))

    def _planned(self, orders: Sequence[Order], ranking: Ranking) -> _Class:
        request = self._request
        before = self._facts.decided_before([order.id for order in orders])
        decided = {order.id for order, is_before in zip(orders, before, strict=True) if is_before}
        # the units of most orders for a nominated day are not reserved yet, so these are not planned
        others = [order for order in orders if order.id not in decided and order.deliver_on is None]
        if not others:
            return _Class([Turn(order) for order in orders])
        skus = dict.fromkeys(sku for order in others for sku in order.skus)
        snapshot, matcher = self._facts.read_many([*skus], request.instant)
        is_same = ranking.is_of(snapshot, matcher)
        # who does not fit a network that was loaded meanwhile is refused in turn
        waiting = others if is_same else [order for order in others if _error_in(order, snapshot) is None]
        columns = SnapshotColumns(snapshot, matcher, request.instant)

        def evaluation(order: Order) -> Evaluation:
            its = Evaluation(order=order, snapshot=snapshot, matcher=matcher, now=request.instant, columns=columns)
            if is_same:
                its.take_order_from(ranking.evaluations.pop(order.id))
            return its

        first: list[Order] = []
        last: list[Order] = []
        may_come = bool(snapshot.receipts or matcher.policies.preorders)

        def evaluations() -> Iterator[Evaluation]:
            for some in in_parts(map(evaluation, waiting)):
                evaluate_together(some, matcher)
                for evaluated in some:
                    if may_come and evaluated.incoming is not None:
                        last.append(evaluated.ordered)
                    else:
                        first.append(evaluated.ordered)
                        yield evaluated

        made = plan(evaluations(), self._planning)
        self.joint = self.joint.plus(made.summary)
        planned = {order.id for order in (*first, *last)}
        turns = [Turn(order) for order in orders if order.id not in planned]
        turns += (Turn(first[index], made.left_by(index), made.uncontended.get(index)) for index in made.sequence)
        turns += map(Turn, last)
        return _Class(turns, ProjectedFacts(columns, matcher))

    def _planning(self) -> None:
        self._request.verify_going_on()
        self._request.planning()

    def _decision_request(self, turn: Turn) -> DecisionRequest:
        request = self._request
        return DecisionRequest(
            remainder=whole_order(turn.order),
            instant=request.instant,
            caller=request.caller,
            most_holds=self._decide_and_commit.max_holds,
            key=request.keys(turn.order) if request.keys else None,
            waits=request.wait,
            after_waiting=request.after_waiting,
            orders_ahead=self._orders_ahead,
            left=turn.left,
        )

    def _orders_ahead(self, decision: Decision, snapshot: Snapshot, matcher: PolicyJudge) -> list[LackedRecord]:
        return [item.record for item in lacked(decision, snapshot, matcher, self._request.instant, self._takings)]


def keys_by_order(key: RequestKey) -> Callable[[Order], RequestKey]:
    """The key of each order's decision in a batch that was sent under `key`. No other request can have it, because no
    header has a line break in it.
    """
    return lambda order: RequestKey(caller=key.caller, name=f"{key.name}\n{order.id}")


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
    if queue:
        yield first, len(queue)


def _error_in(order: Order, snapshot: Snapshot) -> OrderInvalid | None:
    """What is wrong with it. Whether its nominated day is over is left to when it is decided: an order that was decided
    before that is answered, whenever it is sent again.
    """
    try:
        check_order(order, snapshot)
    except OrderInvalid as error:
        return error
    return None


def _repeated(order: Order) -> OrderInvalid:
    message = f"order '{order.id}' is in the batch before; send each order once"
    return OrderInvalid([Mistake(field="id", message=message)])
