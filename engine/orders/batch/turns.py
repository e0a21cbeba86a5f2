"""Decides the orders of one priority of a batch in turn: by their plan where that still holds, and otherwise anew.

An order that contends with nobody was evaluated for the plan. It is decided from that evaluation, and such orders that
follow each other are committed in one round trip. If it stays partly unfilled, facts are read for it all the same, as
others may have brought in what it lacks. All others are decided on facts that are read for them.
"""

from collections.abc import Callable, Iterator, Sequence
from typing import NamedTuple, TypeVar

from engine.decide.decision import NOTHING_LEFT, LeftToOthers
from engine.decide.evaluation.evaluation import Evaluation
from engine.decide.joint.planned_order import PlannedOrder
from engine.decide.matching.matcher import Matcher
from engine.decide.sourcing.problem import Choice
from engine.errors import Contended, Interrupted, NotReady, PointsmanError, QuotaExceeded, StoreUnavailable
from engine.model.facts import Order, Snapshot
from engine.orders.batch.block import MOST_IN_BLOCK, BlockOfDecisions, PlannedDecision
from engine.orders.batch.projected_facts import ProjectedFacts
from engine.orders.decide_and_commit import DecideAndCommit
from engine.orders.decision_request import Decided, DecisionRequest, Outcome

STOPPING = (StoreUnavailable, NotReady, Contended, QuotaExceeded, Interrupted)
"""Failures that are not the order's own: nothing of the batch is decided after one. With any other error of
Pointsman's, the order itself is at fault.
"""

_T = TypeVar("_T")


class Turn(NamedTuple):
    """An order whose turn it is. `planned` is None if it contends with others, or was decided before."""

    order: Order
    left: LeftToOthers = NOTHING_LEFT
    planned: PlannedOrder | None = None


class Turns:
    """Decides orders in turn. `facts` are those that they were planned on; None: they were all decided before. `read`
    answers the facts of an order as they are now.
    """

    def __init__(
        self,
        facts: ProjectedFacts | None,
        *,
        request: Callable[[Turn], DecisionRequest],
        decide_and_commit: DecideAndCommit,
        blocks: BlockOfDecisions,
        read: Callable[[Order], tuple[Snapshot, Matcher]],
        verify_going_on: Callable[[], None] = lambda: None,
    ) -> None:
        self._facts = facts
        self._request = request
        self._decide_and_commit = decide_and_commit
        self._blocks = blocks
        self._read = read
        self._verify_going_on = verify_going_on
        self._block: list[tuple[Turn, PlannedDecision]] = []

    def decide(self, turns: Sequence[Turn]) -> Iterator[tuple[Order, Outcome | PointsmanError]]:
        """What becomes of each order, in the sequence in which they were decided; an error if the order is at fault.
        Raises one of STOPPING.
        """
        for turn in turns:
            if not self._block:  # nothing is decided that is not said yet
                self._verify_going_on()
            chosen = self._facts.choose(turn.planned) if self._facts and turn.planned else None
            if chosen is not None and chosen[1].score.unfilled:
                yield from self._commit_block()  # so that the facts read next have what these took
                stays = not self._may_wait(turn, chosen[0]) and self._facts_are_unchanged(turn.order)
                chosen = chosen if stays else None
            planned = None if chosen is None else self._by_plan(turn, *chosen)
            if planned is not None:
                self._block.append((turn, planned))
                if len(self._block) == MOST_IN_BLOCK:
                    yield from self._commit_block()
            else:
                yield from self._commit_block()
                yield self._anew(turn)
        yield from self._commit_block()

    def _may_wait(self, turn: Turn, evaluation: Evaluation) -> bool:
        """Whether what stays unfilled of the order is put on the backlog, which is decided anew."""
        lines = range(len(evaluation.order.lines))
        return self._request(turn).waits or any(evaluation.backorders(index) for index in lines)

    def _facts_are_unchanged(self, order: Order) -> bool:
        """Whether the facts that are read for the order now are those that are noted here."""
        read = unless_at_fault(lambda: self._read(order))
        return self._facts is not None and not isinstance(read, PointsmanError) and self._facts.are(*read)

    def _by_plan(self, turn: Turn, evaluation: Evaluation, choice: Choice) -> PlannedDecision | None:
        planned = self._blocks.decide(self._request(turn), evaluation, choice)
        if planned is not None and self._facts is not None:
            self._facts.take(planned.decision)
        return planned

    def _commit_block(self) -> Iterator[tuple[Order, Outcome | PointsmanError]]:
        """Who is refused is decided anew after the others of its block. As the facts are then known to be others than
        was planned on, so are all orders that follow.
        """
        block, self._block = self._block, []
        outcomes = self._blocks.commit([planned for _, planned in block])
        for (turn, _), outcome in zip(block, outcomes, strict=True):
            if outcome is not None:
                yield turn.order, outcome
        for (turn, _), outcome in zip(block, outcomes, strict=True):
            if outcome is None:
                self._facts = None
                yield self._anew(turn)

    def _anew(self, turn: Turn) -> tuple[Order, Outcome | PointsmanError]:
        outcome = unless_at_fault(lambda: self._decide_and_commit.run(self._request(turn)))
        if self._facts is not None and isinstance(outcome, Decided):
            if outcome.decision.network_version == self._facts.network_version:
                self._facts.take(outcome.decision)
            else:
                self._facts = None
        return turn.order, outcome


def unless_at_fault(make: Callable[[], _T]) -> _T | PointsmanError:
    """What `make` returns, or why the order that it is about can't be decided; raises one of STOPPING."""
    try:
        return make()
    except STOPPING:
        raise
    except PointsmanError as error:
        return error
