"""The values that one fact may still have as comparisons narrow them down, exactly, for every kind of fact.

A value is unknown, a flag, a number, a word or a set of tags. Most facts have one of these types; an extra attribute
may have any, as the network file declares it. It is assumed that a fact with choices has one of them, that amounts are
never below 0 (except for attributes), and that a day has 1,440 minutes.
"""

import math
from collections.abc import Iterable
from dataclasses import dataclass, replace
from typing import TypeAlias, cast

from rules.conditions import Compare, Operator, glob
from rules.lint import glob_automaton
from rules.reserves import FULL_SHARE
from rules.syntax.literals import SECONDS_A_DAY
from rules.vocabulary import RANKS, VOCABULARY, Kind, Value
from rules.windows import weekday

Spans: TypeAlias = tuple[tuple[float, float], ...]
"""Sets of whole numbers, as ascending ranges with both ends included."""
_ALL = ((-math.inf, math.inf),)
_LAST_DAY = 3_652_059  # 9999-12-31
_BOUNDS: dict[Kind, Spans] = {
    Kind.NUMBER: _ALL,
    Kind.SHARE: ((0, FULL_SHARE),),
    Kind.TIME: ((0, 1_439),),
    Kind.DATE: ((1, _LAST_DAY),),
    Kind.INSTANT: ((SECONDS_A_DAY, (_LAST_DAY + 1) * SECONDS_A_DAY - 1),),
}
_WORDS = frozenset({Kind.WORD, Kind.CHOICE})


@dataclass(frozen=True, slots=True, kw_only=True)
class Words:
    """Either the words `listed`; or, if that is None, all words that match a glob of each set in `required`, none of
    the globs in `forbidden`, and are not in `left_out`.
    """

    listed: frozenset[str] | None = None
    left_out: frozenset[str] = frozenset()
    required: frozenset[frozenset[str]] = frozenset()
    forbidden: frozenset[str] = frozenset()

    def example(self) -> str | None:
        """One of the words, the empty one last; None if there is none. Raises TooHard."""
        if self.listed is not None:
            return min(self.listed, default=None)
        left_outs = self.left_out | {""}, self.left_out
        words = (glob_automaton.find_word(self.required, self.forbidden, left_out) for left_out in left_outs)
        return next((word for word in words if word is not None), None)

    def among(self, words: frozenset[str], *, inside: bool) -> "Words":
        if self.listed is not None:
            return replace(self, listed=self.listed & words if inside else self.listed - words)
        if not inside:
            return replace(self, left_out=self.left_out | words)
        return Words(listed=frozenset(word for word in words - self.left_out if self._matches(word)))

    def like(self, patterns: frozenset[str], *, inside: bool) -> "Words":
        if self.listed is not None:
            return replace(self, listed=frozenset(word for word in self.listed if _is_like(word, patterns) is inside))
        if inside:
            return replace(self, required=self.required | {patterns})
        return replace(self, forbidden=self.forbidden | patterns)

    def _matches(self, word: str) -> bool:
        return all(_is_like(word, patterns) for patterns in self.required) and not _is_like(word, self.forbidden)


@dataclass(frozen=True, slots=True, kw_only=True)
class Tags:
    """All sets of tags that contain those `present` and none of those `absent`."""

    present: frozenset[str] = frozenset()
    absent: frozenset[str] = frozenset()


@dataclass(frozen=True, slots=True, kw_only=True)
class Domain:
    """All values that a fact may still have."""

    unknown: bool = False
    flags: frozenset[bool] = frozenset()
    numbers: Spans = ()
    words: Words = Words(listed=frozenset())
    tags: Tags | None = None
    pair: tuple[str, ...] = ()
    """Two facts, if this is the domain of whether they are the same."""

    @property
    def is_empty(self) -> bool:
        """Raises TooHard."""
        if self.unknown or self.flags or self.numbers or self.tags:
            return False
        return self.words.example() is None

    def example(self) -> Value | None:
        """One value of a domain that is not empty: None for unknown if that is possible. Raises TooHard."""
        if self.unknown:
            return None
        if self.numbers:
            return _example_number(self.numbers[-1])
        if self.flags:
            return min(self.flags)
        return self.words.example() if self.tags is None else self.tags.present

    def has(self, path: str, value: Value) -> bool:
        """Whether the fact at `path` may have this value; extra attributes and tags are taken to. Raises TooHard."""
        fact = VOCABULARY.get(path)
        if fact is None or isinstance(value, frozenset):
            return True
        return not self.narrowed(Compare(fact=fact, operator=Operator.EQUALS, operands=(value,)), true=True).is_empty

    def example_beside(self, path: str, other: Value | None) -> Value | None:
        """One value that differs from `other`, if there is one; raises TooHard."""
        example = self.example()
        fact = VOCABULARY.get(path)
        if example != other or other is None or fact is None:
            return example
        if isinstance(other, frozenset):
            return None if self.tags is None else other ^ {f"{max(other, default='')}+"}
        others: tuple[Value, ...] = (other,)
        if fact.kind is Kind.INSTANT and isinstance(other, int):
            others = tuple(range(other - other % 60, other - other % 60 + 60))  # policies write minutes
        return self.narrowed(Compare(fact=fact, operator=Operator.EQUALS, operands=others), true=False).example()

    def narrowed(self, compared: Compare, *, true: bool) -> "Domain":
        """The values left if the comparison is true or, unless `true`, is not. `has_any` and `has_all` must have been
        split into single tags before.
        """
        kind = compared.fact.kind
        asks_if_known = compared.operator is Operator.KNOWN
        # a value of another type than the comparison expects counts as unknown: do such values stay possible?
        others = (asks_if_known and compared.operands[0] is False) is true
        if kind is Kind.ANY:
            return replace(self, unknown=self.unknown and others) if not others else Domain(unknown=self.unknown)
        left = self if others else Domain()
        if asks_if_known:
            return _with(left, kind, Domain() if others else self)
        return _with(left, kind, _part(self, compared, true=true))


def full_domain(path: str) -> Domain:
    """All values that the fact at `path` may have."""
    fact = VOCABULARY.get(path)
    if fact is None:
        return Domain(unknown=True, flags=frozenset({True, False}), numbers=_ALL, words=Words(), tags=Tags())
    if fact.kind is Kind.FLAG:
        return Domain(unknown=True, flags=frozenset({True, False}))
    if fact.kind is Kind.TAGS:
        return Domain(unknown=True, tags=Tags())
    if fact.kind in _WORDS:
        return Domain(unknown=True, words=Words(listed=frozenset(fact.choices) if fact.choices else None))
    if path in RANKS:
        return Domain(unknown=True, numbers=((1, math.inf),))
    return Domain(unknown=True, numbers=_BOUNDS.get(fact.kind, ((0, math.inf),)))


def pair_domain(domain: Domain | None, compared: Compare, *, true: bool) -> Domain:
    """Whether two facts may be the same, or one of them unknown, after a comparison of the two that is true or, unless
    `true`, is not; `domain` is what was possible before it.
    """
    before = domain or Domain(unknown=True, flags=frozenset({True, False}))
    same = (compared.operator is Operator.SAME_AS) is true
    paths = tuple(fact.path for fact in compared.facts)
    return Domain(unknown=before.unknown and not true, flags=before.flags & {same}, pair=paths)


def meets_calendar(dates: Domain, weekdays: Domain) -> bool:
    """Whether one of the dates falls on one of the weekdays."""
    if dates.unknown or weekdays.unknown:
        return True
    return calendar_day(dates, weekdays) is not None


def calendar_day(dates: Domain, weekdays: Domain) -> tuple[int, str] | None:
    """The first of the dates that falls on one of the weekdays, and that weekday. A week of each range is enough."""
    for low, high in dates.numbers:
        for day in range(int(low), int(min(high, low + 6)) + 1):
            name = weekday(day)
            if name in (weekdays.words.listed or ()):
                return day, name
    return None


def _with(left: Domain, kind: Kind, part: Domain) -> Domain:
    """`left`, with the values of this kind replaced by those of `part`."""
    if kind is Kind.FLAG:
        return replace(left, flags=part.flags)
    if kind is Kind.TAGS:
        return replace(left, tags=part.tags)
    if kind in _WORDS:
        return replace(left, words=part.words)
    return replace(left, numbers=part.numbers)


def _part(whole: Domain, compared: Compare, *, true: bool) -> Domain:
    """The values of the comparison's own kind for which it is true or, unless `true`, is not."""
    operator, operands = compared.operator, compared.operands
    if compared.fact.kind is Kind.FLAG:
        return Domain(flags=frozenset(flag for flag in whole.flags if (flag in operands) is true))
    if operator is Operator.HAS:
        return Domain(tags=None if whole.tags is None else _tagged(whole.tags, cast("str", operands[0]), true=true))
    if compared.fact.kind in _WORDS:
        texts = frozenset(cast("tuple[str, ...]", operands))
        narrow = whole.words.like if operator is Operator.MATCHES else whole.words.among
        return Domain(words=narrow(texts, inside=true))
    spans = _spans(operator, cast("tuple[int, ...]", operands))
    return Domain(numbers=_intersection(whole.numbers, spans if true else _complement(spans)))


def _tagged(tags: Tags, tag: str, *, true: bool) -> Tags | None:
    if tag in (tags.absent if true else tags.present):
        return None
    return replace(tags, present=tags.present | {tag}) if true else replace(tags, absent=tags.absent | {tag})


def _is_like(word: str, patterns: frozenset[str]) -> bool:
    return any(glob(pattern).fullmatch(word) for pattern in patterns)


def _example_number(span: tuple[float, float]) -> int:
    low, high = span
    return int(low if low > -math.inf else min(high, 0))


def _spans(operator: Operator, operands: tuple[int, ...]) -> Spans:
    first = operands[0]
    match operator:
        case Operator.EQUALS:
            return tuple((number, number) for number in sorted(set(operands)))
        case Operator.AT_LEAST:
            return ((first, math.inf),)
        case Operator.MORE_THAN:
            return ((first + 1, math.inf),)
        case Operator.AT_MOST:
            return ((-math.inf, first),)
        case Operator.LESS_THAN:
            return ((-math.inf, first - 1),)
    low, high = operands
    return ((low, high),) if low <= high else ()


def _complement(spans: Spans) -> Spans:
    """All numbers that are in none of the spans."""
    gaps: list[tuple[float, float]] = []
    start = -math.inf
    for low, high in spans:
        if low > start:
            gaps.append((start, low - 1))
        start = high + 1
    return tuple([*gaps, (start, math.inf)] if start < math.inf else gaps)


def _intersection(some: Iterable[tuple[float, float]], others: Spans) -> Spans:
    """The intersection; both are ascending, so one pass over the two is enough."""
    intersection: list[tuple[float, float]] = []
    left, right = list(some), list(others)
    i = j = 0
    while i < len(left) and j < len(right):
        low, high = max(left[i][0], right[j][0]), min(left[i][1], right[j][1])
        if low <= high:
            intersection.append((low, high))
        if left[i][1] < right[j][1]:
            i += 1
        else:
            j += 1
    return tuple(intersection)
