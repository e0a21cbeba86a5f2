"""Answers questions about the rules of a policy set, caches the answers, and bounds the work for the whole set."""

from collections.abc import Iterator
from dataclasses import dataclass, field

from rules.conditions import Compare, Operator, holds
from rules.lint.glob_automaton import TooHard
from rules.lint.satisfiability import LiteralForm, Search, StepBudget, literal_form, witness
from rules.normal_form import AllOf, Literal
from rules.policy import Rule
from rules.vocabulary import Facts

MOST_STEPS = 300_000
"""Steps for one policy set, so that a check ends in time whatever the set holds."""


@dataclass(frozen=True, slots=True, kw_only=True)
class RuleAnalysis:
    """What is known about one rule's condition: its `form`, and `facts` for which it holds, if they could be found.

    `never` says that it can't hold; `conflict` is then the fact that has no value left, if it is always the same one.
    """

    form: LiteralForm
    never: bool = False
    conflict: str = ""
    facts: Facts | None = None

    def required_comparisons(self) -> Iterator[Compare]:
        """Comparisons of known facts that are true wherever the condition holds."""
        waiting = [self.form]
        while waiting:
            match waiting.pop():
                case AllOf(parts=parts):
                    waiting += parts
                case Literal(comparison=comparison, true=True):
                    if comparison.operator is not Operator.KNOWN or comparison.operands[0]:
                        yield comparison


_NOT_ANALYSED = RuleAnalysis(form=AllOf(parts=()))


@dataclass(slots=True, kw_only=True)
class RuleSolver:
    """Answers about rules; an answer is None (not known) once the steps are used up."""

    steps: StepBudget = field(default_factory=lambda: StepBudget(left=MOST_STEPS))
    _analyses: dict[str, RuleAnalysis] = field(default_factory=dict)
    _negated_forms: dict[str, LiteralForm] = field(default_factory=dict)
    _terms: dict[tuple[int, bool], LiteralForm] = field(default_factory=dict)

    def analysis(self, rule: Rule) -> RuleAnalysis:
        if rule.id not in self._analyses:
            self._analyses[rule.id] = self._analyse(rule) if self.steps.left > 0 else _NOT_ANALYSED
        return self._analyses[rule.id]

    def take_step(self) -> bool:
        """Uses up one step; False once there are none left."""
        self.steps.left -= 1
        return self.steps.left > 0

    def fires_on(self, rule: Rule, facts: Facts) -> bool:
        """Whether the rule fires on these facts; False as well once the steps are used up."""
        return self.take_step() and holds(rule.condition, facts)

    def implies(self, rule: Rule, *others: Rule) -> bool | None:
        """Whether at least one of the others fires wherever the rule does."""
        counterexample = self._satisfiable(self.analysis(rule), *(self._negated_form(other) for other in others))
        return None if counterexample is None else not counterexample

    def can_fire_together(self, rule: Rule, other: Rule) -> bool | None:
        return self._satisfiable(self.analysis(rule), self.analysis(other).form)

    def facts_of_both(self, rule: Rule, other: Rule) -> Facts | None:
        """Facts on which both rules fire; None if there are none, or that is not known."""
        if self.steps.left <= 0:
            return None
        try:
            domains = Search(steps=self._steps()).solve([self.analysis(rule).form, self.analysis(other).form])
            facts = {} if domains is None else witness(domains)
        except TooHard:
            return None
        # a witness does not see to it that facts which must be the same or differ can be
        return facts if domains is not None and all(holds(each.condition, facts) for each in (rule, other)) else None

    def _analyse(self, rule: Rule) -> RuleAnalysis:
        form = literal_form(rule.condition, terms=self._terms)
        search = Search(steps=self._steps())
        try:
            domains = search.solve([form])
            if domains is not None:
                return RuleAnalysis(form=form, facts=witness(domains))
        except TooHard:
            return RuleAnalysis(form=form)
        conflict = next(iter(search.conflicts)) if len(search.conflicts) == 1 else ""
        return RuleAnalysis(form=form, never=True, conflict=conflict)

    def _negated_form(self, rule: Rule) -> LiteralForm:
        if rule.id not in self._negated_forms:
            self._negated_forms[rule.id] = literal_form(rule.condition, true=False, terms=self._terms)
        return self._negated_forms[rule.id]

    def _satisfiable(self, analysis: RuleAnalysis, *forms: LiteralForm) -> bool | None:
        if self.steps.left <= 0:
            return None
        try:
            return Search(steps=self._steps()).solve([analysis.form, *forms]) is not None
        except TooHard:
            return None

    def _steps(self) -> StepBudget:
        return StepBudget(within=self.steps)
