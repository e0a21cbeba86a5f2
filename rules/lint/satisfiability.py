"""Whether a condition can hold at all, and whether one implies another: decided, not sampled.

Facts are taken as independent of each other, but for the date and its weekday. A condition is taken apart into ways
to meet it; each way is comparisons alone, and those narrow down, fact by fact, what the fact may be. So an answer is
exact, or it is None where it would take more work than it is worth.
"""

import functools
from collections.abc import Iterable, Iterator, Mapping
from dataclasses import dataclass, field
from typing import TypeAlias

from rules.conditions import Compare, Condition, Term
from rules.lint.glob_automaton import TooHard
from rules.lint.value_domains import Domain, calendar_day, domain, meets_calendar
from rules.normal_form import AllOf, Literal, NormalForm, OneOf, literal, normal_form, tag_by_tag
from rules.vocabulary import Facts, Value

MOST_STEPS = 2_000
"""Comparisons looked at for one question."""
_DATE, _WEEKDAY = "now.date", "now.weekday"


Plan: TypeAlias = NormalForm[Literal]
"""What has to be true for a condition to hold: no terms, and one tag in a comparison."""
Domains: TypeAlias = Mapping[str, Domain]


def plan(condition: Condition, *, true: bool = True, terms: dict[tuple[int, bool], Plan] | None = None) -> Plan:
    """The normal form of the condition or, unless `true`, of its negation. `terms` remembers the plans of terms, by
    identity: it lives no longer than the conditions do.
    """
    plans = {} if terms is None else terms

    def plan_of_term(term: Term, *, true: bool) -> Plan:
        key = id(term.condition), true
        if key not in plans:
            plans[key] = plan(term.condition, true=true, terms=plans)
        return plans[key]

    return normal_form(condition, functools.partial(tag_by_tag, leaf=literal), plan_of_term, true=true)


@dataclass(slots=True, kw_only=True)
class Steps:
    """Work that may still be done."""

    left: int = MOST_STEPS
    within: "Steps | None" = None
    """The work for all questions together."""

    def take(self) -> None:
        """Raises TooHard when there is none left."""
        self.left -= 1
        if self.left < 0:
            raise TooHard
        if self.within:
            self.within.take()


@dataclass(slots=True, kw_only=True)
class Search:
    """One question: the facts on which the ways that were tried fell through are told by `clashes`."""

    steps: Steps = field(default_factory=Steps)
    clashes: set[str] = field(default_factory=set)

    def way(self, plans: Iterable[Plan]) -> Domains | None:
        """What each fact may be on some way to meet all of the plans; None if there is no way. Raises TooHard."""
        waiting: list[tuple[dict[str, Domain], Iterator[Plan], tuple[Plan, ...]]]
        waiting = [({}, iter((AllOf(parts=tuple(plans)),)), ())]
        while waiting:
            domains, ways, besides = waiting[-1]
            one = next(ways, None)
            if one is None:
                waiting.pop()
                continue
            narrowed = dict(domains)
            choices = self._narrow(narrowed, (one, *besides))
            if choices is None:
                continue
            if not choices:
                return narrowed
            first = min(choices, key=lambda choice: len(choice.parts))
            waiting.append((narrowed, iter(first.parts), tuple(choice for choice in choices if choice is not first)))
        return None

    def _narrow(self, domains: dict[str, Domain], plans: tuple[Plan, ...]) -> list[OneOf[Literal]] | None:
        """Narrow the domains by all that must be; what may be met in several ways is left over. None: no way."""
        waiting, choices = list(plans), list[OneOf[Literal]]()
        while waiting:
            self.steps.take()
            match waiting.pop():
                case AllOf(parts=parts):
                    waiting += parts
                case OneOf() as choice:
                    choices.append(choice)
                case Literal(comparison=compared, true=true):
                    clash = self._clash(domains, compared, true=true)
                    if clash:
                        self.clashes.add(clash)
                        return None
        return choices

    @staticmethod
    def _clash(domains: dict[str, Domain], compared: Compare, *, true: bool) -> str:
        """Narrow one domain; what can't be any more, if so."""
        path = compared.fact.path
        found = (domains.get(path) or domain(path)).narrowed(compared, true=true)
        domains[path] = found
        if found.is_empty:
            return path
        if path in (_DATE, _WEEKDAY) and _DATE in domains and _WEEKDAY in domains:
            return "" if meets_calendar(domains[_DATE], domains[_WEEKDAY]) else f"{_DATE} and {_WEEKDAY}"
        return ""


def satisfiable(*plans: Plan, steps: Steps | None = None) -> bool | None:
    """Whether some facts meet all of the plans; None if that is too hard to tell."""
    try:
        return Search(steps=steps or Steps()).way(plans) is not None
    except TooHard:
        return None


def implies(condition: Condition, other: Condition) -> bool | None:
    """Whether `other` holds wherever `condition` does; None if that is too hard to tell."""
    found = satisfiable(plan(condition), plan(other, true=False))
    return None if found is None else not found


def witness(domains: Domains) -> Facts:
    """Facts that lie in the domains; whatever may be unknown is. Raises TooHard."""
    found: dict[str, Value | None] = {path: known.example() for path, known in domains.items()}
    if found.get(_DATE) is not None and found.get(_WEEKDAY) is not None:
        found[_DATE], found[_WEEKDAY] = calendar_day(domains[_DATE], domains[_WEEKDAY]) or (None, None)
    return {path: value for path, value in found.items() if value is not None}
