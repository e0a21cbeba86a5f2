"""Decides whether a condition can hold at all, and whether one condition implies another.

Facts are taken as independent of each other, except for a date and its weekday, and so is whether two facts are the
same: a condition that can't hold for that reason alone is not found out. Windows count as conditions on date, weekday
and time, as if no clock were ever put back. The search tries the alternatives of
the condition's normal form one by one; the literals that must hold together narrow the domain of each fact. So an
answer is exact, or it is None where it would take more work than the limits allow.
"""

from collections.abc import Iterable, Iterator, Mapping
from dataclasses import dataclass, field, replace
from typing import TypeAlias, cast

from rules.conditions import All, Compare, Condition, Operator, Term
from rules.lint.glob_automaton import TooHard
from rules.lint.value_domains import Domain, calendar_day, full_domain, meets_calendar, pair_domain
from rules.normal_form import AllOf, Literal, NormalForm, OneOf, literal, normal_form, tag_by_tag
from rules.vocabulary import Facts, Value
from rules.window_conditions import window_conditions
from rules.windows import DAY, WEEKDAYS, ClockReading, Window
from rules.windows import weekday as weekday_of

MOST_STEPS = 2_000
"""Parts of a normal form visited for one question."""
_CLOCKS = ("now", "node")
_CLOCK_FACTS = [(f"{clock}.date", f"{clock}.weekday") for clock in _CLOCKS]
_DATE_AND_WEEKDAY = {path: pair for pair in _CLOCK_FACTS for path in pair}


LiteralForm: TypeAlias = NormalForm[Literal]
"""A condition as literals, with terms written out and one tag in each comparison of tags."""
Domains: TypeAlias = Mapping[str, Domain]


def literal_form(
    condition: Condition, *, true: bool = True, terms: dict[tuple[int, bool], LiteralForm] | None = None
) -> LiteralForm:
    """The form of the condition or, unless `true`, of its negation. `terms` caches the forms of terms by the identity
    of their conditions, so it must not outlive these.
    """
    cache = {} if terms is None else terms

    def form_of_term(term: Term, *, true: bool) -> LiteralForm:
        key = id(term.condition), true
        if key not in cache:
            cache[key] = literal_form(term.condition, true=true, terms=cache)
        return cache[key]

    return normal_form(condition, _form_of_comparison, form_of_term, true=true)


def _form_of_comparison(comparison: Compare, *, true: bool) -> LiteralForm:
    if comparison.operator is Operator.WITHIN:
        (window,) = cast("tuple[Window]", comparison.operands)
        clock, _, _ = comparison.fact.path.partition(".")
        return normal_form(All(parts=tuple(window_conditions(window, clock))), _form_of_comparison, true=true)
    return tag_by_tag(comparison, leaf=literal, true=true)


@dataclass(slots=True, kw_only=True)
class StepBudget:
    """How many steps of work are left."""

    left: int = MOST_STEPS
    within: "StepBudget | None" = None
    """The budget of all questions together, which these steps are taken from as well."""

    def take(self) -> None:
        """Raises TooHard when there is none left."""
        self.left -= 1
        if self.left < 0:
            raise TooHard
        if self.within:
            self.within.take()


@dataclass(slots=True, kw_only=True)
class Search:
    """The search for one question; `conflicts` are the facts for which the failed alternatives left no value."""

    steps: StepBudget = field(default_factory=StepBudget)
    conflicts: set[str] = field(default_factory=set)

    def solve(self, forms: Iterable[LiteralForm]) -> Domains | None:
        """Domains of facts such that all forms hold; None if they can't hold together. Raises TooHard."""
        # of each open choice: the domains before it, its alternatives left to try, and the other choices still to make
        stack: list[tuple[dict[str, Domain], Iterator[LiteralForm], tuple[LiteralForm, ...]]]
        stack = [({}, iter((AllOf(parts=tuple(forms)),)), ())]
        while stack:
            domains, alternatives, other_choices = stack[-1]
            alternative = next(alternatives, None)
            if alternative is None:
                stack.pop()
                continue
            narrowed = dict(domains)
            choices = self._narrow(narrowed, (alternative, *other_choices))
            if choices is None:
                continue
            if not choices:
                return narrowed
            first = min(choices, key=lambda choice: len(choice.parts))
            stack.append((narrowed, iter(first.parts), tuple(choice for choice in choices if choice is not first)))
        return None

    def _narrow(self, domains: dict[str, Domain], forms: tuple[LiteralForm, ...]) -> list[OneOf[Literal]] | None:
        """Narrow the domains by all literals that must hold and return the choices that remain; None on a conflict."""
        waiting, choices = list(forms), list[OneOf[Literal]]()
        while waiting:
            self.steps.take()
            match waiting.pop():
                case AllOf(parts=parts):
                    waiting += parts
                case OneOf() as choice:
                    choices.append(choice)
                case Literal(comparison=comparison, true=true):
                    conflict = self._conflict(domains, comparison, true=true)
                    if conflict:
                        self.conflicts.add(conflict)
                        return None
        return choices

    @staticmethod
    def _conflict(domains: dict[str, Domain], comparison: Compare, *, true: bool) -> str:
        """Narrow one domain; the path of the fact if no value is left for it, else empty."""
        if comparison.other is not None:
            pair = " and ".join(sorted(fact.path for fact in comparison.facts))
            domains[pair] = pair_domain(domains.get(pair), comparison, true=true)
            return pair if domains[pair].is_empty else ""
        path = comparison.fact.path
        narrowed = (domains.get(path) or full_domain(path)).narrowed(comparison, true=true)
        domains[path] = narrowed
        if narrowed.is_empty:
            return path
        if path in _DATE_AND_WEEKDAY:
            date, weekday = _DATE_AND_WEEKDAY[path]
            if date in domains and weekday in domains and not meets_calendar(domains[date], domains[weekday]):
                return f"{date} and {weekday}"
        return ""


def satisfiable(*forms: LiteralForm, steps: StepBudget | None = None) -> bool | None:
    """Whether all forms hold together for some facts; None if that is too hard to decide."""
    try:
        return Search(steps=steps or StepBudget()).solve(forms) is not None
    except TooHard:
        return None


def implies(condition: Condition, other: Condition) -> bool | None:
    """Whether `other` holds wherever `condition` does; None if that is too hard to decide."""
    counterexample = satisfiable(literal_form(condition), literal_form(other, true=False))
    return None if counterexample is None else not counterexample


def witness(domains: Domains) -> Facts:
    """Facts within the domains; a fact that may be unknown is left out. Raises TooHard.

    Where several pairs of facts must be the same or differ, they may not meet all that is asked.
    """
    facts: dict[str, Value | None] = {path: domain.example() for path, domain in domains.items() if not domain.pair}
    paired = {path for domain in domains.values() if not domain.unknown for path in domain.pair}
    for date, weekday in _CLOCK_FACTS:
        if all(facts.get(path) is not None or path in paired for path in (date, weekday)):
            days = calendar_day(_known(date, domains), _known(weekday, domains))
            facts[date], facts[weekday] = days or (None, None)
    for domain in domains.values():
        if domain.pair and not domain.unknown:
            _settle_pair(facts, domain, domains)
    for clock, (date, weekday) in zip(_CLOCKS, _CLOCK_FACTS, strict=True):
        day = facts.get(date)
        if isinstance(day, int) and facts.get(weekday) is not None:
            facts[weekday] = weekday_of(day)
        facts[f"{clock}.clock"] = _reading(clock, facts)
    return {path: value for path, value in facts.items() if value is not None}


def _settle_pair(facts: dict[str, Value | None], pair: Domain, domains: Domains) -> None:
    """Gives two facts values that are the same or differ, as the domain of the pair says."""
    first, second = pair.pair
    if pair.example() is True:
        drawn = facts.get(first), facts.get(second), _known(first, domains).example(), _known(second, domains).example()
        values = [value for value in drawn if value is not None]
        fitting = (value for value in values if all(_known(path, domains).has(path, value) for path in pair.pair))
        facts |= dict.fromkeys(pair.pair, next(fitting, values[0]))
        return
    for path, other in ((first, second), (second, first)):
        if facts.get(path) in {None, facts.get(other)}:
            facts[path] = _known(path, domains).example_beside(path, facts.get(other))


def _known(path: str, domains: Domains) -> Domain:
    """The values that the fact may have if it is known."""
    return replace(domains.get(path) or full_domain(path), unknown=False)


def _reading(clock: str, facts: Facts) -> ClockReading | None:
    """What the clock shows if its facts are these; None if nothing is asked of it."""
    date, time, day = (facts.get(f"{clock}.{name}") for name in ("date", "time", "weekday"))
    if date is None and time is None and day is None:
        return None
    first = 1 + (WEEKDAYS.index(str(day)) if day else 0)
    minute = cast("int", date or first) * DAY + cast("int", time or 0)
    return ClockReading(minute, minute)
