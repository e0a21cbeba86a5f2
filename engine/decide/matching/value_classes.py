"""Sorts the values of a fact into classes: values that no comparison tells apart share a code, a small integer.

Which codes satisfy a comparison is asked of `conditions.comparison_holds` itself wherever more than a look-up is
needed, so that a comparison has one meaning.
"""

import bisect
import functools
import operator
from collections.abc import Callable, Mapping, Sequence
from dataclasses import dataclass
from fractions import Fraction
from typing import Any, TypeAlias

from rules.conditions import Compare, Operator, compared_value, comparison_holds
from rules.vocabulary import Fact, Facts

UNKNOWN = 0
_OTHER_WORD = UNKNOWN + 1
"""The code of all words that no condition mentions."""
_HALF = Fraction(1, 2)

Code: TypeAlias = Callable[[Any], int]
"""From a known value to its code, which is above UNKNOWN."""
CodeSet: TypeAlias = int
"""A set of codes, each as a bit: 0b110 is the codes 1 and 2. A thousand cuts on one fact make two thousand codes."""


@dataclass(frozen=True, slots=True, kw_only=True)
class Property:
    """A fact as some comparisons see it: which code each of its values has, and how many codes there are. If it has an
    `other` fact, its value is whether the two are the same.

    `satisfying` has, for each comparison, the codes of known values that satisfy it.
    """

    fact: Fact
    code: Code
    size: int
    satisfying: Mapping[Compare, CodeSet]
    steps: Sequence[float] = ()
    """For numbers: the values at which the class changes, ascending."""
    evaluates: bool = False
    """Whether coding a value evaluates the comparison, which takes time, so that its codes are worth remembering."""
    other: Fact | None = None

    @property
    def path(self) -> str:
        """The path of the fact; of two, their paths and their kinds, which differ if one is an extra attribute."""
        if self.other is None:
            return self.fact.path
        return " = ".join(f"{fact.path} ({fact.kind.value})" for fact in self.facts)

    @property
    def facts(self) -> tuple[Fact, ...]:
        return (self.fact,) if self.other is None else (self.fact, self.other)

    def of(self, facts: Facts) -> int:
        """The code of the fact's value."""
        value = compared_value(self.fact, self.other, facts)
        return UNKNOWN if value is None else self.code(value)


def yes_no(comparison: Compare) -> Property:
    """A property of one comparison alone: unknown, no (1) or yes (2)."""
    return Property(
        fact=comparison.fact,
        code=lambda value: 1 + comparison_holds(comparison, value),
        size=3,
        satisfying={comparison: between(2, 3)},
        evaluates=True,
    )


def same_or_not(compared: list[Compare]) -> Property:
    """A property of comparisons of the same two facts: unknown, different (1) or the same (2)."""
    first = compared[0]
    same, different = between(2, 3), between(1, 2)
    satisfying = {item: same if item.operator is Operator.SAME_AS else different for item in compared}
    return Property(fact=first.fact, other=first.other, code=lambda is_same: 1 + is_same, size=3, satisfying=satisfying)


class _ByWord(dict[Any, int]):
    """Codes by word; words that are not in it have the code of other words."""

    def __missing__(self, _: Any) -> int:
        return _OTHER_WORD


def words(fact: Fact, compared: list[Compare]) -> Property:
    """Words are in one class if the same comparisons mention them, because an equality holds for no other word."""
    mentions: dict[Any, list[int]] = {}
    for number, item in enumerate(compared):
        if item.operator is Operator.EQUALS:
            for word in dict.fromkeys(item.operands):
                mentions.setdefault(word, []).append(number)
    classes: dict[tuple[int, ...], int] = {(): _OTHER_WORD}
    codes = _ByWord({word: classes.setdefault(tuple(by), len(classes) + 1) for word, by in mentions.items()})
    size = len(classes) + 1

    def codes_of(item: Compare) -> CodeSet:
        if item.operator is Operator.EQUALS:
            return functools.reduce(operator.or_, (1 << codes[word] for word in item.operands), 0)
        return between(UNKNOWN + 1, size) if comparison_holds(item, "any word") else 0

    satisfying = {item: codes_of(item) for item in compared}
    return Property(fact=fact, code=codes.__getitem__, size=size, satisfying=satisfying)


def numbers(fact: Fact, compared: list[Compare]) -> Property:
    """The classes are the numbers below the first cut, then each cut and the gap above it."""
    cuts: list[Any] = sorted({cut for item in compared for cut in _cuts(item)})
    # one step at each cut and one right after it, as values are integers (the gap between neighbouring cuts is empty,
    # which does no harm); the lowest step makes every code 1 or more
    steps = [float("-inf"), *(step for cut in cuts for step in (cut, cut + 1))]
    code = functools.partial(bisect.bisect_right, steps)
    size = len(steps) + 1
    satisfying = {item: _satisfying(item, code, size) for item in compared}
    return Property(fact=fact, code=code, size=size, satisfying=satisfying, steps=steps)


def _cuts(comparison: Compare) -> list[Any]:
    return [] if comparison.operator is Operator.KNOWN else sorted(set(comparison.operands))


def _satisfying(comparison: Compare, code: Code, size: int) -> CodeSet:
    """The codes of known numbers that satisfy it: evaluated at each of its own cuts, and once between each two."""
    satisfying, start, above = 0, UNKNOWN + 1, Fraction(0)
    for cut in _cuts(comparison):
        at, above = code(cut), cut + _HALF
        if comparison_holds(comparison, cut - _HALF):
            satisfying |= between(start, at)
        if comparison_holds(comparison, cut):
            satisfying |= between(at, at + 1)
        start = at + 1
    if comparison_holds(comparison, above):  # type: ignore[arg-type]  # a fraction stands for the integers of its gap
        satisfying |= between(start, size)
    return satisfying


def between(start: int, end: int) -> CodeSet:
    """The codes from `start` up to, and without, `end`."""
    return (1 << end) - (1 << start)
