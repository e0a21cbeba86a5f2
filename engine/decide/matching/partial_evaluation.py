"""What is still open of the options of a line once the facts that they share are known.

A rule for the web is settled on an order from a shop before any option is looked at, and so is most of what rules ask.
Only the rest tells options apart; lines that leave the same rest share what is remembered.
"""

from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from typing import Generic, TypeAlias, TypeVar

from engine.decide.matching.option_columns import Codes, Columns
from engine.decide.matching.signatures import Atom, Formula
from engine.decide.matching.value_classes import CodeSet, Property
from rules.normal_form import AllOf, OneOf

Rest: TypeAlias = tuple[tuple[str, Formula | bool], ...]
"""By rule: True, or what is left of its formula. A rule that can't fire any more is not in it."""
_T = TypeVar("_T")


@dataclass(frozen=True, slots=True, kw_only=True)
class Opening(Generic[_T]):
    """How options are coded, and what was found of those with the same codes."""

    columns: Columns
    seen: dict[Codes, _T]


def rest(formulas: Mapping[str, Formula], known: Mapping[int, int]) -> Rest:
    """What is left of the rules' formulas, given the codes of some properties by index."""
    left = ((rule, _left(formula, known)) for rule, formula in formulas.items())
    return tuple((rule, formula) for rule, formula in left if formula is not False)


def columns(left: Rest, properties: Sequence[Property]) -> Columns:
    """Columns for what `left` asks."""
    sets: dict[int, list[CodeSet]] = {}
    for _, formula in left:
        if not isinstance(formula, bool):
            _collect(formula, sets)
    return Columns([(properties[index], sets[index]) for index in sorted(sets)])


def _left(formula: Formula, known: Mapping[int, int]) -> Formula | bool:
    match formula:
        case Atom(index=index, codes=codes):
            return formula if index not in known else bool(codes >> known[index] & 1)
        case AllOf(parts=parts):
            return _joined(parts, known, AllOf, settled=False)
        case OneOf(parts=parts):
            return _joined(parts, known, OneOf, settled=True)


def _joined(
    parts: Sequence[Formula], known: Mapping[int, int], kind: type[AllOf[Atom] | OneOf[Atom]], *, settled: bool
) -> Formula | bool:
    """`settled` is the answer of one part that is the answer of the whole."""
    open_parts: list[Formula] = []
    for part in parts:
        left = _left(part, known)
        if left is settled:
            return settled
        if not isinstance(left, bool):
            open_parts.append(left)
    if not open_parts:
        return not settled
    return open_parts[0] if len(open_parts) == 1 else kind(parts=tuple(open_parts))


def _collect(formula: Formula, sets: dict[int, list[CodeSet]]) -> None:
    match formula:
        case Atom(index=index, codes=codes):
            sets.setdefault(index, []).append(codes)
        case AllOf(parts=parts) | OneOf(parts=parts):
            for part in parts:
                _collect(part, sets)
