"""What several policy sets decide of one logged decision. What most of their rules say alike is worked out once, and
where all come to the same, nothing is chosen again.
"""

from collections.abc import Callable
from typing import NamedTuple, TypeAlias

from engine.audit.replay import ChoiceAgain, DecisionFacts, choose_on, evaluation_of
from engine.decide.evaluation.alike import Alike, judged_alike, share_parts
from engine.decide.evaluation.evaluation import Evaluation
from engine.decide.facts_record import FactsRecord
from engine.decide.matching.matcher import Matcher
from engine.decide.record import DecisionRecord
from engine.simulation.outcome import Decided, Outcome, decided, outcome_of_choice

DecidingRules: TypeAlias = Callable[[Matcher], frozenset[str]]
"""The rules of a policy set that may act on a decision."""
AlikeStages: TypeAlias = Callable[[Matcher, Matcher], Alike]


class PolicySide(NamedTuple):
    """What one policy set decides."""

    decided: Decided
    outcome: Outcome


class _Evaluated(NamedTuple):
    matcher: Matcher
    evaluation: Evaluation
    side: PolicySide


class PolicySides:
    """Of one decision, which `record` says, and which was `made_on` these `facts`."""

    def __init__(
        self,
        record: DecisionRecord,
        facts: FactsRecord,
        made_on: DecisionFacts,
        *,
        deciding: DecidingRules,
        alike: AlikeStages,
    ) -> None:
        self._record = record
        self._facts = facts
        self._made_on = made_on
        self._deciding = deciding
        self._alike = alike
        self._evaluated: list[_Evaluated] = []

    def add_recorded(self, matcher: Matcher, side: PolicySide) -> None:
        """What was logged, and is what these policies decide. Nothing of it is evaluated until another set asks."""
        if not self._made_on.snapshot.resting:  # rules by which nodes rest act for the policies that gave the rest
            self._add(matcher, evaluation_of(self._made_on, matcher), side)

    def add_chosen(self, matcher: Matcher, again: ChoiceAgain) -> PolicySide:
        """What these policies chose."""
        made = decided(self._record, self._facts, again)
        side = PolicySide(made, outcome_of_choice(again, made, self._deciding(matcher)))
        return self._add(matcher, again.evaluation, side)

    def made_by(self, matcher: Matcher) -> PolicySide:
        """What these policies decide on the same facts."""
        evaluation = evaluation_of(self._made_on, matcher)
        for other in self._evaluated:
            alike = self._alike(matcher, other.matcher)
            if judged_alike(evaluation, other.evaluation, alike, by_the_same_rules=True):
                return other.side
            share_parts(evaluation, other.evaluation, alike)
        return self.add_chosen(matcher, choose_on(evaluation, self._record, self._made_on))

    def _add(self, matcher: Matcher, evaluation: Evaluation, side: PolicySide) -> PolicySide:
        self._evaluated.append(_Evaluated(matcher, evaluation, side))
        return side
