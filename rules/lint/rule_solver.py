"""What is known of the conditions of a set's rules, each thought about once, within bounds for the set as a whole."""

from collections.abc import Iterator
from dataclasses import dataclass, field

from rules.conditions import Compare, Operator, holds
from rules.lint.glob_automaton import TooHard
from rules.lint.satisfiability import Plan, Search, Steps, plan, witness
from rules.normal_form import AllOf, Literal
from rules.policy import Rule
from rules.vocabulary import Facts

MOST_STEPS = 300_000
"""Comparisons looked at for one set, so that a check ends in time whatever is in it."""


@dataclass(frozen=True, slots=True, kw_only=True)
class Mind:
    """Of one condition: a plan to meet it, and `facts` that do, if they could be told. `never`: there are none; then
    `clash` is the fact that can't be all that is asked of it, if it is one alone.
    """

    needs: Plan
    never: bool = False
    clash: str = ""
    facts: Facts | None = None

    def musts(self) -> Iterator[Compare]:
        """Comparisons of a known fact that must be true wherever the condition holds."""
        waiting = [self.needs]
        while waiting:
            match waiting.pop():
                case AllOf(parts=parts):
                    waiting += parts
                case Literal(comparison=compared, true=True):
                    if compared.operator is not Operator.KNOWN or compared.operands[0]:
                        yield compared


_NOTHING = Mind(needs=AllOf(parts=()))


@dataclass(slots=True, kw_only=True)
class Minds:
    """Answers about rules. Where the bounds are reached, the answer is None: not known."""

    steps: Steps = field(default_factory=lambda: Steps(left=MOST_STEPS))
    _minds: dict[str, Mind] = field(default_factory=dict)
    _refusals: dict[str, Plan] = field(default_factory=dict)
    _terms: dict[tuple[int, bool], Plan] = field(default_factory=dict)

    def of(self, rule: Rule) -> Mind:
        if rule.id not in self._minds:
            self._minds[rule.id] = self._think(rule) if self.steps.left > 0 else _NOTHING
        return self._minds[rule.id]

    def goes_on(self) -> bool:
        """Whether there is still work that may be done; this is a step of it."""
        self.steps.left -= 1
        return self.steps.left > 0

    def may_hold(self, rule: Rule, facts: Facts) -> bool:
        """Whether the rule fires on these facts; False as well beyond the bounds."""
        return self.goes_on() and holds(rule.condition, facts)

    def implies(self, rule: Rule, *others: Rule) -> bool | None:
        """Whether one of the others fires wherever the rule does."""
        found = self._satisfiable(self.of(rule), *(self._refusal(other) for other in others))
        return None if found is None else not found

    def meet(self, rule: Rule, other: Rule) -> bool | None:
        """Whether the two can fire together."""
        return self._satisfiable(self.of(rule), self.of(other).needs)

    def _think(self, rule: Rule) -> Mind:
        needs = plan(rule.condition, terms=self._terms)
        search = Search(steps=self._steps())
        try:
            way = search.way([needs])
            if way is not None:
                return Mind(needs=needs, facts=witness(way))
        except TooHard:
            return Mind(needs=needs)
        clash = next(iter(search.clashes)) if len(search.clashes) == 1 else ""
        return Mind(needs=needs, never=True, clash=clash)

    def _refusal(self, rule: Rule) -> Plan:
        if rule.id not in self._refusals:
            self._refusals[rule.id] = plan(rule.condition, true=False, terms=self._terms)
        return self._refusals[rule.id]

    def _satisfiable(self, mind: Mind, *plans: Plan) -> bool | None:
        if self.steps.left <= 0:
            return None
        try:
            return Search(steps=self._steps()).way([mind.needs, *plans]) is not None
        except TooHard:
            return None

    def _steps(self) -> Steps:
        return Steps(within=self.steps)
