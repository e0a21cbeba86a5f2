"""The condition tree and its exact meaning.

`holds` is the reference implementation: every other part that evaluates conditions is tested against it. A comparison
with an unknown fact is false; `Not` is exact negation, so the negation of such a comparison is true.
"""

import enum
import functools
import re
from collections.abc import Callable, Iterator, Mapping
from dataclasses import dataclass
from typing import Any, TypeAlias, cast

from rules.vocabulary import Fact, Facts, Kind, Value
from rules.windows import ClockReading, Window


class Operator(enum.Enum):
    """How a fact is compared; the value is the word that authors write (`equals` is a bare value or list)."""

    EQUALS = "equals"
    AT_LEAST = "at_least"
    MORE_THAN = "more_than"
    AT_MOST = "at_most"
    LESS_THAN = "less_than"
    BETWEEN = "between"
    HAS = "has"
    HAS_ANY = "has_any"
    HAS_ALL = "has_all"
    MATCHES = "matches"
    KNOWN = "known"
    WITHIN = "within"
    """A clock is within a window; authors write `from`, `until`, `weekdays` and `hours`."""
    SAME_AS = "same_as"
    NOT_SAME_AS = "not_same_as"


ORDERED = frozenset({Operator.AT_LEAST, Operator.MORE_THAN, Operator.AT_MOST, Operator.LESS_THAN, Operator.BETWEEN})
TAGGED = frozenset({Operator.HAS, Operator.HAS_ANY, Operator.HAS_ALL})
SEVERAL = frozenset({Operator.EQUALS, Operator.MATCHES, Operator.HAS_ANY, Operator.HAS_ALL})
"""The operators that take one or more operands."""
UNWRITTEN = frozenset({Operator.EQUALS, Operator.WITHIN})
"""The operators that have no word in a condition: a bare value or list equals, and windows have keys of their own."""
PAIRED = frozenset({Operator.SAME_AS, Operator.NOT_SAME_AS})
"""The operators that compare a fact with another fact."""


@dataclass(frozen=True, slots=True, kw_only=True)
class Compare:
    """One fact compared with operands. `EQUALS` and `MATCHES` are true if they are for any of the operands; `BETWEEN`
    has two operands, both included; `KNOWN` has one flag. `SAME_AS` and `NOT_SAME_AS` have no operand: they compare the
    fact with the fact `other`.
    """

    fact: Fact
    operator: Operator
    operands: tuple[Value, ...]
    other: Fact | None = None

    @property
    def facts(self) -> tuple[Fact, ...]:
        """The facts that it mentions: one or, if it compares a fact with another, two."""
        return (self.fact,) if self.other is None else (self.fact, self.other)


@dataclass(frozen=True, slots=True, kw_only=True)
class All:
    parts: tuple["Condition", ...]


@dataclass(frozen=True, slots=True, kw_only=True)
class AnyOf:
    parts: tuple["Condition", ...]


@dataclass(frozen=True, slots=True, kw_only=True)
class Not:
    part: "Condition"


@dataclass(frozen=True, slots=True, kw_only=True)
class Term:
    """A named condition, defined once in a policy file and used with `is`."""

    name: str
    condition: "Condition"


Condition: TypeAlias = Compare | All | AnyOf | Not | Term
ALWAYS = All(parts=())


def holds(condition: Condition, facts: Facts) -> bool:
    """Whether `condition` is true of `facts`; a path that is missing or None is unknown."""
    match condition:
        case Compare():
            return comparison_holds(condition, compared_value(condition.fact, condition.other, facts))
        case All(parts=parts):
            return all(holds(part, facts) for part in parts)
        case AnyOf(parts=parts):
            return any(holds(part, facts) for part in parts)
        case Not(part=part):
            return not holds(part, facts)
        case Term(condition=inner):
            return holds(inner, facts)


def known_value(fact: Fact, facts: Facts) -> Value | None:
    """The fact's value; None if it is unknown, or if it is an attribute of another type than the rule expects."""
    value = facts.get(fact.path)
    return value if value is not None and _is_of(fact.kind, value) else None


def compared_value(fact: Fact, other: Fact | None, facts: Facts) -> Value | None:
    """What a comparison asks about: the fact's value or, if there is another fact, whether the two values are the same.
    None if it is unknown; of two facts, if either is.
    """
    value = known_value(fact, facts)
    if other is None or value is None:
        return value
    others = known_value(other, facts)
    # the type tells the flag `true` of an extra attribute from its number 1, which Python takes to be equal
    return None if others is None else isinstance(value, bool) is isinstance(others, bool) and value == others


def comparison_holds(comparison: Compare, value: Value | None) -> bool:
    """Whether the comparison is true of this `compared_value`."""
    if comparison.operator is Operator.KNOWN:
        return (value is not None) is comparison.operands[0]
    return value is not None and _MEANINGS[comparison.operator](value, comparison.operands)


def comparisons(condition: Condition) -> Iterator[Compare]:
    """Every comparison in the tree, terms included, from left to right."""
    match condition:
        case Compare():
            yield condition
        case All(parts=parts) | AnyOf(parts=parts):
            for part in parts:
                yield from comparisons(part)
        case Not(part=part) | Term(condition=part):
            yield from comparisons(part)


def mentioned_facts(condition: Condition, terms: dict[str, Mapping[str, Fact]]) -> Mapping[str, Fact]:
    """Every fact in the tree, by path. `terms` caches the facts of each term by its name, so it must only be shared by
    the conditions of one file.
    """
    match condition:
        case Compare(facts=facts):
            return {fact.path: fact for fact in facts}
        case All(parts=parts) | AnyOf(parts=parts):
            return {path: fact for part in parts for path, fact in mentioned_facts(part, terms).items()}
        case Not(part=part):
            return mentioned_facts(part, terms)
        case Term(name=name, condition=inner):
            if name not in terms:
                terms[name] = mentioned_facts(inner, terms)
            return terms[name]


def size_and_depth(condition: Condition, terms: Mapping[str, tuple[int, int]]) -> tuple[int, int]:
    """The number of comparisons with terms written out, and the depth of nesting; `terms` gives both for each term."""
    match condition:
        case Compare():
            return 1, 1
        case All(parts=parts) | AnyOf(parts=parts):
            sizes = [size_and_depth(part, terms) for part in parts]
        case Not(part=part):
            sizes = [size_and_depth(part, terms)]
        case Term(name=name):
            return terms[name]
    return sum(size for size, _ in sizes), 1 + max((depth for _, depth in sizes), default=0)


@functools.lru_cache(maxsize=4096)
def glob(pattern: str) -> re.Pattern[str]:
    """The pattern as a regular expression: `*` stands for any characters, `?` for one, everything else for itself.
    Atomic groups take the first place where each piece fits and never backtrack, so that no pattern can be slow.
    """
    pieces = [re.escape(piece).replace(r"\?", ".") for piece in re.split(r"\*+", pattern)]
    if len(pieces) == 1:
        return re.compile(pieces[0], re.DOTALL)
    first, *middle, last = pieces
    return re.compile(first + "".join(f"(?>.*?{piece})" for piece in middle) + ".*" + last, re.DOTALL)


_TYPES: dict[Kind, type] = dict.fromkeys(Kind, int) | {
    Kind.WORD: str,
    Kind.CHOICE: str,
    Kind.FLAG: bool,
    Kind.TAGS: frozenset,
    Kind.CLOCK: ClockReading,
}


def _is_of(kind: Kind, value: Value) -> bool:
    # isinstance takes a bool for an int, but a flag is not a number here
    return kind is Kind.ANY or (isinstance(value, _TYPES[kind]) and isinstance(value, bool) is (kind is Kind.FLAG))


def _matches(value: Value, patterns: tuple[Value, ...]) -> bool:
    return any(glob(cast("str", pattern)).fullmatch(cast("str", value)) for pattern in patterns)


def _is_within(reading: ClockReading, windows: tuple[Window]) -> bool:
    return windows[0].is_open(reading)


_MEANINGS: Mapping[Operator, Callable[[Any, tuple[Any, ...]], bool]] = {
    Operator.EQUALS: lambda value, operands: value in operands,
    Operator.AT_LEAST: lambda value, operands: value >= operands[0],
    Operator.MORE_THAN: lambda value, operands: value > operands[0],
    Operator.AT_MOST: lambda value, operands: value <= operands[0],
    Operator.LESS_THAN: lambda value, operands: value < operands[0],
    Operator.BETWEEN: lambda value, operands: operands[0] <= value <= operands[1],
    Operator.HAS: lambda value, operands: operands[0] in value,
    Operator.HAS_ANY: lambda value, operands: not value.isdisjoint(operands),
    Operator.HAS_ALL: lambda value, operands: value.issuperset(operands),
    Operator.MATCHES: _matches,
    Operator.WITHIN: _is_within,
    Operator.SAME_AS: lambda same, _: same,
    Operator.NOT_SAME_AS: lambda same, _: not same,
}
