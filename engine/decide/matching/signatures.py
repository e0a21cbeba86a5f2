"""Codes facts as small integers, group by group, and turns conditions into formulas over those integers.

The codes of all groups of a stage are the signature of its facts: facts of one signature satisfy the same conditions.
"""

import functools
import itertools
from collections.abc import Iterable, Mapping
from dataclasses import dataclass
from typing import TypeAlias

from engine.decide.matching.value_classes import (
    UNKNOWN,
    Code,
    CodeSet,
    Property,
    between,
    numbers,
    same_or_not,
    words,
    yes_no,
)
from rules.conditions import Compare, Condition, Operator, comparison_holds, comparisons
from rules.normal_form import NormalForm, normal_form, single_tags, tag_by_tag
from rules.vocabulary import RANKS, Fact, Facts, Kind, Value, is_attribute

MOST_INTERNED = 200_000
"""Combinations of codes a group remembers before it starts afresh: some tens of megabytes at most."""
MOST_VALUES = 20_000
"""Values of one fact that are remembered with their code."""
ALWAYS_KNOWN = frozenset(
    {
        *("node.load", "stock.on_hand", "stock.held", "stock.available", "stock.incoming"),
        *("route.distance", "route.arrives", "route.co2"),
        *RANKS,
    }
)
"""Numbers that every position and every option has."""
_WORDS = frozenset({Kind.WORD, Kind.CHOICE, Kind.FLAG})

FactCoder: TypeAlias = tuple[str, str, Code]
"""The group of a fact, its path, and what codes its known values as one number, never used again for other codes."""


@dataclass(frozen=True, slots=True, kw_only=True)
class Atom:
    """True where the coded property `index` is one of `codes`."""

    index: int
    codes: CodeSet


Formula: TypeAlias = NormalForm[Atom]


def fact_coders(properties: Iterable[Property]) -> list[FactCoder]:
    """A coder for each fact, given the properties of these facts, each of one fact alone."""
    by_path: dict[tuple[str, str], list[Property]] = {}
    for item in properties:
        by_path.setdefault((item.fact.group, item.fact.path), []).append(item)
    return [(group, path, _fact_coder(items)) for (group, path), items in by_path.items()]


def codes_of(coders: Iterable[FactCoder], facts: Mapping[str, Facts]) -> tuple[int, ...]:
    """The codes of facts that are given by group; all groups of the coders are there."""
    return tuple(
        [UNKNOWN if (value := facts[group].get(path)) is None else code(value) for group, path, code in coders]
    )


def _fact_coder(properties: list[Property]) -> Code:
    """Codes all properties of a fact as one number."""
    fact = properties[0].fact
    if len(properties) == 1 and not properties[0].evaluates and not is_attribute(fact.path):
        return properties[0].code
    interned = _Interned()

    # typed: an attribute may be of another kind than a rule takes it to be, and a dictionary takes True for 1
    @functools.lru_cache(maxsize=MOST_VALUES, typed=True)
    def code(value: Value) -> int:
        return interned[tuple([item.of({fact.path: value}) for item in properties])]

    return code


class _Interned(dict[tuple[int, ...], int]):
    """A number above UNKNOWN for each key; it is never used again for another key."""

    def __init__(self) -> None:
        # next() of a count is atomic, so that two threads never get the same number
        self._serial = itertools.count(UNKNOWN + 1)

    def __missing__(self, key: tuple[int, ...]) -> int:
        if len(self) >= MOST_INTERNED:
            self.clear()
        return self.setdefault(key, next(self._serial))


class Coding:
    """How to code the facts that some conditions mention: their properties, and the conditions as formulas."""

    def __init__(self, conditions: Iterable[Condition]) -> None:
        self.properties: list[Property] = []
        self._atoms: dict[Compare, int] = {}
        by_facts: dict[tuple[Fact, ...], list[Compare]] = {}
        for condition in conditions:
            for comparison in comparisons(condition):
                for single in single_tags(comparison):
                    by_facts.setdefault(tuple(sorted(single.facts, key=_by_path_and_kind)), []).append(single)
        for facts in sorted(by_facts, key=lambda facts: [_by_path_and_kind(fact) for fact in facts]):
            compared = list(dict.fromkeys(by_facts[facts]))
            if len(facts) == 1:
                self._add(facts[0], compared)
            else:
                self._property(same_or_not(compared), compared)

    def _add(self, fact: Fact, compared: list[Compare]) -> None:
        alone = [item for item in compared if _is_alone(item)]
        together = [item for item in compared if not _is_alone(item)]
        for item in alone:
            self._property(yes_no(item), [item])
        if together:
            coded = words(fact, together) if fact.kind in _WORDS else numbers(fact, together)
            self._property(coded, together)

    def _property(self, coded: Property, compared: list[Compare]) -> None:
        for item in compared:
            self._atoms[item] = len(self.properties)
        self.properties.append(coded)

    def formula(self, condition: Condition) -> Formula:
        """`condition` over the codes."""
        return normal_form(condition, functools.partial(tag_by_tag, leaf=self._atom))

    def _atom(self, comparison: Compare, *, true: bool) -> Atom:
        index = self._atoms[comparison]
        item = self.properties[index]
        satisfying = item.satisfying[comparison] | (between(UNKNOWN, 1) if comparison_holds(comparison, None) else 0)
        return Atom(index=index, codes=satisfying if true else between(0, item.size) & ~satisfying)


def _by_path_and_kind(fact: Fact) -> tuple[str, str]:
    return fact.path, fact.kind.value


def _is_alone(comparison: Compare) -> bool:
    """Whether the comparison gets a property of its own, because classes of values can't be listed beforehand."""
    alone = (Operator.HAS, Operator.MATCHES, Operator.WITHIN)
    return comparison.operator in alone or comparison.fact.kind in (Kind.ANY, Kind.TAGS)
