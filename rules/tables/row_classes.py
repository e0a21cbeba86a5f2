"""Which rows of a table may apply together, fact by fact (after Calvanese et al., Semantics, Analysis and
Simplification of DMN Decision Tables, 2018).

Of each fact that rows compare, its values fall into classes that no row tells apart; a row's condition on the fact is a
set of classes. Sets, of classes and of rows, are integers with a bit for each member. What compares several facts at
once, tags, or a fact with another counts as met, so that rows are never wrongly taken to exclude each other.
"""

import bisect
import math
from collections import defaultdict
from collections.abc import Iterator, Mapping, Sequence
from dataclasses import dataclass
from typing import TypeAlias, cast

from rules.conditions import ORDERED, All, AnyOf, Compare, Condition, Not, Operator, Term, comparisons, glob
from rules.lint.value_domains import full_domain
from rules.policy import Rule
from rules.vocabulary import Kind, Value

Bits: TypeAlias = int
"""A set of small integers."""
MOST_PAIRS = 2_000_000
"""Pairs of conditions on one fact that are compared with each other; of more, all count as met."""
_FEW = 64
_WORDS = frozenset({Kind.WORD, Kind.CHOICE})
_READ = ORDERED | {Operator.EQUALS, Operator.MATCHES, Operator.KNOWN}


class _NotRead(Exception):
    """A comparison that classes can't express."""


@dataclass(frozen=True, slots=True, kw_only=True)
class FactClasses:
    """The classes of one fact's values: `values` has a word, a flag or a range of numbers for each, None for unknown
    and OTHER for all other words. `rows` are the rows by the set of classes that they ask for; `unbound` are the rows
    that ask nothing of the fact.
    """

    path: str
    kind: Kind
    values: Sequence["ClassValue"]
    rows: Mapping[Bits, Bits]
    unbound: Bits

    def meeting(self) -> dict[Bits, Bits]:
        """For each set of classes, the rows that ask for one of these classes or for nothing."""
        narrow = {classes: its for classes, its in self.rows.items() if classes.bit_count() <= _FEW}
        wide = {classes: its for classes, its in self.rows.items() if classes.bit_count() > _FEW}
        if len(wide) * len(self.rows) > MOST_PAIRS:
            return {}
        by_class: dict[int, Bits] = defaultdict(int)
        for classes, its in narrow.items():
            for number in members(classes):
                by_class[number] |= its
        meeting: dict[Bits, Bits] = {}
        for classes in self.rows:
            met, others = self.unbound, wide
            if classes in narrow:
                for number in members(classes):
                    met |= by_class[number]
            else:
                others = self.rows  # type: ignore[assignment]  # as a mapping
            for theirs, its in others.items():
                if theirs & classes:
                    met |= its
            meeting[classes] = met
        return meeting

    def by_class(self) -> list[Bits]:
        """For each class, the rows that may apply where the fact is in it; empty if that is too much to list."""
        if sum(classes.bit_count() for classes in self.rows) > MOST_PAIRS:
            return []
        masks = [self.unbound] * len(self.values)
        for classes, its in self.rows.items():
            for number in members(classes):
                masks[number] |= its
        return masks


OTHER = object()
"""Stands for the words that no row names."""
ClassValue: TypeAlias = "tuple[float, float] | str | bool | object | None"


def members(bits: Bits) -> Iterator[int]:
    """The members of a set, ascending."""
    while bits:
        lowest = bits & -bits
        yield lowest.bit_length() - 1
        bits ^= lowest


def fact_classes(rules: Sequence[Rule]) -> list[FactClasses]:
    """The classes of each fact that rows compare by itself, in the order in which the rows first name the facts."""
    clauses: dict[str, dict[int, list[Condition]]] = {}
    kinds: dict[str, Kind] = {}
    for row, rule in enumerate(rules):
        for clause in _clauses(rule.condition):
            facts = {comparison.fact for comparison in comparisons(clause)}
            if len(facts) == 1:
                (fact,) = facts
                kinds.setdefault(fact.path, fact.kind)
                clauses.setdefault(fact.path, {}).setdefault(row, []).append(clause)
    return [_of_fact(path, kinds[path], by_row, len(rules)) for path, by_row in clauses.items()]


def rows_beside(rules: Sequence[Rule]) -> Iterator[Bits]:
    """For each row, the rows that may apply together with it, itself included."""
    every = (1 << len(rules)) - 1
    beside = [every] * len(rules)
    for fact in fact_classes(rules):
        met = fact.meeting()
        for classes, its in fact.rows.items():
            mask = met.get(classes, every)
            for row in members(its):
                beside[row] &= mask
    yield from beside


def _clauses(condition: Condition) -> Iterator[Condition]:
    """The conditions that must all hold."""
    if isinstance(condition, All):
        for part in condition.parts:
            yield from _clauses(part)
    else:
        yield condition


def _of_fact(path: str, kind: Kind, by_row: Mapping[int, Sequence[Condition]], count: int) -> FactClasses:
    classes = _Classes(path, kind, [clause for its in by_row.values() for clause in its])
    known: dict[tuple[Condition, ...], Bits] = {}
    rows: dict[Bits, Bits] = defaultdict(int)
    unbound = (1 << count) - 1
    for row, clauses in by_row.items():
        key = tuple(clauses)
        if key not in known:
            known[key] = classes.meeting_all(key)
        if known[key] != classes.every:
            rows[known[key]] |= 1 << row
            unbound ^= 1 << row
    return FactClasses(path=path, kind=kind, values=classes.values, rows=rows, unbound=unbound)


class _Classes:
    """The classes into which comparisons divide the values of a fact."""

    def __init__(self, path: str, kind: Kind, clauses: Sequence[Condition]) -> None:
        self._kind = kind
        read = [item for clause in clauses for item in comparisons(clause) if item.operator in _READ]
        self._steps: list[float] = []
        """The first number of each class but the first, of numbers."""
        self.values: list[ClassValue] = [None]
        operands = {operand for item in read if item.operator is not Operator.KNOWN for operand in item.operands}
        if kind in _WORDS:
            words = {str(word) for item in read if item.operator is Operator.EQUALS for word in item.operands}
            self.values += sorted(words | set(full_domain(path).words.listed or ()))
            if full_domain(path).words.listed is None:
                self.values.append(OTHER)
        elif kind is Kind.FLAG:
            self.values += [False, True]
        else:
            low, high = full_domain(path).numbers[0] if full_domain(path).numbers else (-math.inf, math.inf)
            numbers = cast("set[int]", {operand for operand in operands if not isinstance(operand, (str, bool))})
            self._lowest, self._highest = low, high
            steps = sorted({step for number in numbers for step in (number, number + 1) if low < step <= high})
            self._steps = list(steps)
            self.values += list(zip([low, *steps], [*(step - 1 for step in steps), high], strict=True))
        self._numbers = {value: number for number, value in enumerate(self.values) if isinstance(value, str)}
        self.every = (1 << len(self.values)) - 1

    def meeting_all(self, clauses: Sequence[Condition]) -> Bits:
        """The classes in which all of the clauses hold, as far as classes can express them."""
        met = self.every
        for clause in clauses:
            try:
                met &= self._meeting(clause)
            except _NotRead:
                continue
        return met

    def _meeting(self, condition: Condition) -> Bits:
        match condition:
            case Compare():
                return self._compared(condition)
            case Term(condition=inner):
                return self._meeting(inner)
            case Not(part=part):
                return self.every ^ self._meeting(part)
            case All(parts=parts):
                met = self.every
                for part in parts:
                    met &= self._meeting(part)
                return met
            case AnyOf(parts=parts):
                met = 0
                for part in parts:
                    met |= self._meeting(part)
                return met

    def _compared(self, comparison: Compare) -> Bits:
        operator, operands = comparison.operator, comparison.operands
        if operator not in _READ or comparison.fact.kind is not self._kind or self._kind in (Kind.TAGS, Kind.ANY):
            raise _NotRead
        if operator is Operator.KNOWN:
            return self.every ^ 1 if operands[0] else 1
        if self._kind in _WORDS:
            return self._words(operator, operands)
        if self._kind is Kind.FLAG:
            return sum(1 << (2 if flag else 1) for flag in set(operands))
        return self._numbers_in(operator, cast("tuple[int, ...]", operands))

    def _words(self, operator: Operator, operands: tuple[Value, ...]) -> Bits:
        if operator is Operator.EQUALS:
            return sum(1 << self._numbers[str(word)] for word in set(operands))
        if OTHER in self.values:
            raise _NotRead  # a glob may be met by some of the other words
        words = self._numbers.items()
        return sum(1 << number for word, number in words if any(glob(str(its)).fullmatch(word) for its in operands))

    def _numbers_in(self, operator: Operator, operands: tuple[int, ...]) -> Bits:
        first, last = operands[0], operands[-1]
        match operator:
            case Operator.EQUALS:
                return self._any_of(operands)
            case Operator.AT_LEAST:
                return self._between(first, math.inf)
            case Operator.MORE_THAN:
                return self._between(first + 1, math.inf)
            case Operator.AT_MOST:
                return self._between(-math.inf, first)
            case Operator.LESS_THAN:
                return self._between(-math.inf, first - 1)
        return self._between(first, last)

    def _any_of(self, numbers: Sequence[int]) -> Bits:
        met = 0
        for number in numbers:
            met |= self._between(number, number)
        return met

    def _between(self, low: float, high: float) -> Bits:
        """The classes from that of `low` to that of `high`; the first number class is 1."""
        low, high = max(low, self._lowest), min(high, self._highest)
        start, end = bisect.bisect_right(self._steps, low), bisect.bisect_right(self._steps, high)
        return ((1 << end - start + 1) - 1) << start + 1 if low <= high else 0
