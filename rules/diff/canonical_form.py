"""The canonical form of conditions: conditions that are written differently and mean the same have the same form.

It is the normal form with one operand for each literal and with sets for the parts, so that neither order, nesting nor
repetition counts. Two forms that differ may still mean the same (that `days > 5` implies `days > 3` is not seen);
equal forms never differ in meaning.
"""

from collections.abc import Iterable
from dataclasses import dataclass, replace
from typing import TypeAlias

from rules.conditions import Compare, Condition, Operator
from rules.normal_form import AllOf, Literal, NormalForm, OneOf, normal_form, tag_by_tag
from rules.vocabulary import Fact, Value


@dataclass(frozen=True, slots=True, kw_only=True)
class AllOfSet:
    """Holds where every part does; without parts always."""

    parts: frozenset["CanonicalForm"]


@dataclass(frozen=True, slots=True, kw_only=True)
class OneOfSet:
    """Holds where at least one part does; without parts never."""

    parts: frozenset["CanonicalForm"]


CanonicalForm: TypeAlias = Literal | AllOfSet | OneOfSet
_ALWAYS = AllOfSet(parts=frozenset())
_NEVER = OneOfSet(parts=frozenset())


def canonical_form(condition: Condition) -> CanonicalForm:
    return _unordered(normal_form(condition, _comparison))


def conjuncts(form: CanonicalForm) -> frozenset[CanonicalForm]:
    """The parts that must all hold; of a form that is no conjunction, the form alone."""
    return form.parts if isinstance(form, AllOfSet) else frozenset([form])


def paths(form: CanonicalForm) -> frozenset[str]:
    """The paths of the facts that the form compares."""
    if isinstance(form, Literal):
        return frozenset(fact.path for fact in form.comparison.facts)
    return frozenset(path for part in form.parts for path in paths(part))


def _comparison(comparison: Compare, *, true: bool) -> NormalForm[Literal]:
    """The comparison, or its negation, with one operand for each literal. Numbers past the parser are whole, so that
    `more_than: 3` is `at_least: 4`.
    """
    fact, operator, operands = comparison.fact, comparison.operator, comparison.operands
    match operator, operands:
        case Operator.MORE_THAN, (int() as low,):
            return _literal(fact, Operator.AT_LEAST, low + 1, true=true)
        case Operator.LESS_THAN, (int() as high,):
            return _literal(fact, Operator.AT_MOST, high - 1, true=true)
        case Operator.BETWEEN, (low, high):
            ends = (
                _literal(fact, Operator.AT_LEAST, low, true=true),
                _literal(fact, Operator.AT_MOST, high, true=true),
            )
            return AllOf(parts=ends) if true else OneOf(parts=ends)
        case Operator.KNOWN, (flag,):
            return _literal(fact, operator, True, true=bool(flag) is true)  # noqa: FBT003  # the operand
        case ((Operator.HAS_ANY | Operator.HAS_ALL), _):
            return tag_by_tag(comparison, leaf=_comparison, true=true)
        case ((Operator.SAME_AS | Operator.NOT_SAME_AS), _):
            first, second = sorted(comparison.facts, key=lambda fact: fact.path)
            return Literal(comparison=replace(comparison, fact=first, other=second), true=true)
        case _:
            alternatives = tuple(_literal(fact, operator, value, true=true) for value in operands)
            return OneOf(parts=alternatives) if true else AllOf(parts=alternatives)


def _literal(fact: Fact, operator: Operator, operand: Value, *, true: bool) -> Literal:
    return Literal(comparison=Compare(fact=fact, operator=operator, operands=(operand,)), true=true)


def _unordered(form: NormalForm[Literal]) -> CanonicalForm:
    match form:
        case Literal():
            return form
        case AllOf(parts=parts):
            return _joined(map(_unordered, parts), AllOfSet, neutral=_ALWAYS, deciding=_NEVER)
        case OneOf(parts=parts):
            return _joined(map(_unordered, parts), OneOfSet, neutral=_NEVER, deciding=_ALWAYS)


def _joined(
    parts: Iterable[CanonicalForm],
    group: type[AllOfSet | OneOfSet],
    *,
    neutral: CanonicalForm,
    deciding: CanonicalForm,
) -> CanonicalForm:
    """The group of these parts, simplified: a group within one of its own kind is merged into it, and a part that
    decides the whole (`deciding`) is the whole.
    """
    merged: set[CanonicalForm] = set()
    for part in parts:
        if part == deciding:
            return deciding
        merged |= part.parts if isinstance(part, group) else {part}
    if not merged:
        return neutral
    return next(iter(merged)) if len(merged) == 1 else group(parts=frozenset(merged))
