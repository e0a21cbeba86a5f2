"""What a condition means, in one form: conditions that are written differently and mean the same have the same form.

Terms are written out, `not` stands at single comparisons alone, and neither order nor nesting counts. Two forms that
differ may still mean the same (`days > 3` beside `days > 5` is not seen through); equal forms never differ in meaning.
"""

from collections.abc import Iterable
from dataclasses import dataclass
from typing import TypeAlias

from rules.conditions import All, AnyOf, Compare, Condition, Not, Operator, Term
from rules.vocabulary import Fact, Value


@dataclass(frozen=True, slots=True, kw_only=True)
class Atom:
    """One fact against one operand."""

    path: str
    kind: str
    operator: Operator
    operand: Value
    wanted: bool


@dataclass(frozen=True, slots=True, kw_only=True)
class Every:
    parts: frozenset["Form"]


@dataclass(frozen=True, slots=True, kw_only=True)
class Some:
    parts: frozenset["Form"]


Form: TypeAlias = Atom | Every | Some
_ALWAYS = Every(parts=frozenset())
_NEVER = Some(parts=frozenset())


def form(condition: Condition, *, wanted: bool = True) -> Form:
    """The form of `condition` or, if not `wanted`, of its negation, which is exact here."""
    match condition:
        case Compare():
            return _comparison(condition, wanted=wanted)
        case All(parts=parts):
            return _joined((form(part, wanted=wanted) for part in parts), every=wanted)
        case AnyOf(parts=parts):
            return _joined((form(part, wanted=wanted) for part in parts), every=not wanted)
        case Not(part=part):
            return form(part, wanted=not wanted)
        case Term(condition=inner):
            return form(inner, wanted=wanted)


def every_part(found: Form) -> frozenset[Form]:
    """Those of which the form is the conjunction: itself alone, if it is none."""
    return found.parts if isinstance(found, Every) else frozenset([found])


def paths(found: Form) -> frozenset[str]:
    """The facts that it looks at."""
    if isinstance(found, Atom):
        return frozenset([found.path])
    return frozenset(path for part in found.parts for path in paths(part))


def _comparison(comparison: Compare, *, wanted: bool) -> Form:
    """Whole numbers are all there is past the parser, so that `more_than: 3` is `at_least: 4`."""
    fact, operator, operands = comparison.fact, comparison.operator, comparison.operands
    match operator, operands:
        case Operator.MORE_THAN, (int() as low,):
            return _atom(fact, Operator.AT_LEAST, low + 1, wanted=wanted)
        case Operator.LESS_THAN, (int() as high,):
            return _atom(fact, Operator.AT_MOST, high - 1, wanted=wanted)
        case Operator.BETWEEN, (low, high):
            ends = (
                _atom(fact, Operator.AT_LEAST, low, wanted=wanted),
                _atom(fact, Operator.AT_MOST, high, wanted=wanted),
            )
            return _joined(ends, every=wanted)
        case Operator.KNOWN, (flag,):
            return _atom(fact, operator, True, wanted=bool(flag) is wanted)  # noqa: FBT003  # the operand
        case ((Operator.HAS_ANY | Operator.HAS_ALL), _):
            found = (_atom(fact, Operator.HAS, tag, wanted=wanted) for tag in operands)
            return _joined(found, every=(operator is Operator.HAS_ALL) is wanted)
        case _:
            return _joined((_atom(fact, operator, value, wanted=wanted) for value in operands), every=not wanted)


def _atom(fact: Fact, operator: Operator, operand: Value, *, wanted: bool) -> Form:
    return Atom(path=fact.path, kind=fact.kind.name, operator=operator, operand=operand, wanted=wanted)


def _joined(parts: Iterable[Form], *, every: bool) -> Form:
    """The conjunction, or disjunction, without what changes nothing."""
    sort, neutral, decides = (Every, _ALWAYS, _NEVER) if every else (Some, _NEVER, _ALWAYS)
    found: set[Form] = set()
    for part in parts:
        if part == decides:
            return decides
        found |= part.parts if isinstance(part, sort) else {part}
    if not found:
        return neutral
    return next(iter(found)) if len(found) == 1 else sort(parts=frozenset(found))
