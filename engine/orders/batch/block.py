"""Decides orders by their plan and commits many of them in one round trip, each by itself."""

from collections.abc import Callable, Sequence
from typing import NamedTuple

from engine.decide.decide import decision
from engine.decide.decision import Decision
from engine.decide.evaluation.evaluation import Evaluation
from engine.decide.facts_record import FactsRecord, facts_to_json
from engine.decide.record import DecisionRecord, to_json
from engine.decide.sourcing.problem import Choice
from engine.orders.decision_request import Answer, Decided, DecisionRequest
from engine.store.ledger import Commit, Ledger
from engine.store.outcomes import Committed
from engine.version import VERSION

MOST_IN_BLOCK = 50
"""Commits of one round trip: the server may answer nobody else meanwhile."""


class PlannedDecision(NamedTuple):
    """A decision that is made and not committed yet."""

    decision: Decision
    answer: Answer
    commit: Commit


class BlockOfDecisions:
    """Decides and commits orders of a batch. `clock` answers UTC seconds."""

    def __init__(self, ledger: Ledger, *, clock: Callable[[], int], new_id: Callable[[], str]) -> None:
        self._ledger = ledger
        self._clock = clock
        self._new_id = new_id

    def decide(self, request: DecisionRequest, evaluation: Evaluation, choice: Choice) -> PlannedDecision | None:
        """The decision that the choice is; None if units of it are to wait for stock, which is not stored here."""
        at, decision_id = max(request.instant, self._clock()), self._new_id()
        made = decision(evaluation, choice, held_from=at)
        if request.puts_on_backlog(made):
            return None
        facts = facts_to_json(FactsRecord.of(made, policies_at=at))
        lacked = request.orders_ahead(made, evaluation.snapshot, evaluation.matcher) if request.orders_ahead else []
        body = to_json(DecisionRecord.of(made, decision_id, VERSION, facts, lacked=lacked))
        commit = Commit(
            decision=made,
            decision_id=decision_id,
            body=body,
            facts=facts,
            key=request.key,
            policies_at=at,
            caller=request.caller,
            max_holds=request.most_holds,
            rank=request.rank_for(made),
            now=self._clock(),
        )
        return PlannedDecision(made, Answer(body=body, logged_facts=facts, new=True), commit)

    def commit(self, block: Sequence[PlannedDecision]) -> list[Decided | None]:
        """Of each, None if it is refused: facts are others than it was decided on, or its key was used before, or the
        caller has too many holds.
        """
        outcomes = self._ledger.commit_together([item.commit for item in block]) if block else []
        return [
            Decided(answer=item.answer, decision=item.decision) if isinstance(outcome, Committed) else None
            for item, outcome in zip(block, outcomes, strict=True)
        ]
