"""Partial evaluation of a stage's rules: what they still ask once the facts that a line's options share are known.

A rule for the web is settled on an order from a shop before any option is looked at, and so is most of what rules ask.
Only the residual formulas tell options apart, and lines that leave the same residual formulas share what is remembered.
"""

from collections.abc import Iterable, Mapping, Sequence
from typing import TypeAlias

from engine.decide.matching.signatures import Atom, Formula
from engine.decide.matching.value_classes import CodeSet
from rules.normal_form import AllOf, OneOf

Residual: TypeAlias = Formula | bool
"""What is left of a rule's formula; whether it holds, if nothing is."""


def asked(residuals: Iterable[Residual]) -> dict[int, list[CodeSet]]:
    """The properties that the residual formulas mention, each with the sets of codes that they tell from the others."""
    sets: dict[int, list[CodeSet]] = {}
    for formula in residuals:
        if not isinstance(formula, bool):
            _collect_sets(formula, sets)
    return dict(sorted(sets.items()))


def partially_evaluate(formula: Formula, codes: Mapping[int, int]) -> Residual:
    """What is left of a formula, given the codes of some properties by index."""
    match formula:
        case Atom(index=index, codes=true):
            return formula if index not in codes else bool(true >> codes[index] & 1)
        case AllOf(parts=parts):
            return _join(parts, codes, AllOf, decisive=False)
        case OneOf(parts=parts):
            return _join(parts, codes, OneOf, decisive=True)


def _join(
    parts: Sequence[Formula], codes: Mapping[int, int], kind: type[AllOf[Atom] | OneOf[Atom]], *, decisive: bool
) -> Residual:
    """`decisive` is the answer that, given by one part, is the answer of the whole."""
    open_parts: list[Formula] = []
    for part in parts:
        residual = partially_evaluate(part, codes)
        if residual is decisive:
            return decisive
        if not isinstance(residual, bool):
            open_parts.append(residual)
    if not open_parts:
        return not decisive
    return open_parts[0] if len(open_parts) == 1 else kind(parts=tuple(open_parts))


def _collect_sets(formula: Formula, sets: dict[int, list[CodeSet]]) -> None:
    """Add, by property, the sets of codes that the formula tells from the others."""
    match formula:
        case Atom(index=index, codes=codes):
            sets.setdefault(index, []).append(codes)
        case AllOf(parts=parts) | OneOf(parts=parts):
            for part in parts:
                _collect_sets(part, sets)
