"""Codes the options of a line all at once: the hot spot of a decision.

What options differ in is coded column by column (all nodes, all distances ...), so that the work of each option is
done inside `map` and `zip` and not in steps of Python. Nodes and services are recognised by the identity of their
mappings of facts, numbers by the steps at which a rule's answer changes.
"""

import operator
from bisect import bisect_right
from collections.abc import Callable, Iterable, Iterator, Sequence
from itertools import repeat
from typing import Any, TypeAlias

from engine.decide.matching.signatures import ALWAYS_KNOWN, GroupCoder, group_coder
from engine.decide.matching.value_classes import UNKNOWN, CodeSet, Property
from rules.vocabulary import Facts

MOST_CACHED = 10_000
"""Nodes (each with its load) and services whose codes are cached."""
VARYING = ("node", "stock", "service", "route")
"""The groups of facts in which the options of a line differ, in the order of an option's tuple."""
COVER = "stock.days_of_cover"
"""The only number of a stock or a route that may be unknown."""

_BELOW, _LOWEST = float("-inf"), -1e300
"""Where an unknown number is put, and a step between it and all known numbers."""

OptionFacts: TypeAlias = tuple[Facts, Facts, Facts, Facts]
"""The facts of one option, a mapping for each group of `VARYING`. Stock and route have every fact; a node or a service
is the same mapping each time it is meant."""
ColumnCodes: TypeAlias = tuple[Any, ...]
"""One code for each column, of one option."""
MentionedCodes: TypeAlias = Sequence[tuple[Property, Sequence[CodeSet]]]
"""Properties that rules mention, each with the sets of its codes that rules tell apart."""
_Column: TypeAlias = Callable[[Sequence[Facts]], Iterable[Any]]


class OptionColumns:
    """Codes options by the properties that rules mention."""

    def __init__(self, mentioned: MentionedCodes) -> None:
        self._cached: dict[str, dict[int, int]] = {}
        """Codes of nodes and services by the identity of their mappings, which `_facts` keeps alive."""
        self._coders: dict[str, GroupCoder] = {}
        self._facts: list[Facts] = []
        self._columns = [
            (index, column) for index, group in enumerate(VARYING) for column in self._columns_of(group, mentioned)
        ]

    def codes(self, options: Sequence[OptionFacts]) -> Sequence[ColumnCodes]:
        """By option, what tells it from the others; with a None in it where a mapping is new (see `cache`)."""
        if not self._columns:
            return [()] * len(options)
        groups = tuple(zip(*options, strict=True))
        return list(zip(*[column(groups[group]) for group, column in self._columns], strict=True)) if groups else []

    def cache(self, option: OptionFacts) -> ColumnCodes:
        """The codes of one option; those of its node and of its service are cached from now on."""
        for group, coder in self._coders.items():
            facts = option[VARYING.index(group)]
            if id(facts) not in self._cached[group]:
                self._facts.append(facts)
                self._cached[group][id(facts)] = coder(facts)
        (codes,) = self.codes([option])
        if len(self._facts) >= MOST_CACHED:
            for codes_by_id in self._cached.values():
                codes_by_id.clear()
            self._facts.clear()
        return codes

    def _columns_of(self, group: str, mentioned: MentionedCodes) -> Iterator[_Column]:
        of_group = [(item, sets) for item, sets in mentioned if item.fact.group == group]
        if of_group and group in ("node", "service"):
            cached = self._cached[group] = {}
            self._coders[group] = group_coder([item for item, _ in of_group])
            yield lambda facts: map(cached.get, map(id, facts))
            return
        for item, sets in of_group:
            if item.fact.path in ALWAYS_KNOWN:
                yield _by_steps(item.fact.path, _decisive_steps(item, sets))
            elif item.fact.path == COVER:
                yield _by_cover([_LOWEST, *_decisive_steps(item, sets)])
            else:
                yield _by_value(item.fact.path)


def _decisive_steps(item: Property, sets: Sequence[CodeSet]) -> list[float]:
    """The property's steps at which one of the sets begins or ends."""
    return [
        step
        for code, step in enumerate(item.steps)
        if code > UNKNOWN and any((codes >> code ^ codes >> (code + 1)) & 1 for codes in sets)
    ]


def _by_steps(path: str, steps: list[float]) -> _Column:
    value = operator.itemgetter(path)
    return lambda facts: map(bisect_right, repeat(steps), map(value, facts))


def _by_cover(steps: list[float]) -> _Column:
    return lambda facts: [bisect_right(steps, _BELOW if (days := stock[COVER]) is None else days) for stock in facts]


def _by_value(path: str) -> _Column:
    value = operator.itemgetter(path)
    return lambda facts: map(value, facts)
