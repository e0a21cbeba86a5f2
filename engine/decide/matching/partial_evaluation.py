"""Partial evaluation of a stage's rules: what they still ask once the facts that a line's options share are known.

A rule for the web is settled on an order from a shop before any option is looked at, and so is most of what rules ask.
Only the residual formulas tell options apart, and lines that leave the same residual formulas share what is remembered.
"""

import itertools
from collections.abc import Iterable, Mapping, Sequence
from typing import TypeAlias

import numpy as np

from engine.decide.matching.signatures import Atom, Formula
from engine.decide.matching.truth_tables import TruthTables
from engine.decide.matching.value_classes import CodeSet
from engine.decide.shipping.columns import Integers
from rules.normal_form import AllOf, OneOf

Residual: TypeAlias = Formula | bool
"""What is left of a rule's formula; whether it holds, if nothing is."""
_UNSEEN, FAILS = 0, 1
"""Numbers of residuals: not worked out yet; the rule does not hold, whatever the other facts are."""


class Residuals:
    """What shared facts leave of each rule's formula, as a number for each rule, in the order of `rules`. The same
    residual has the same number.
    """

    def __init__(self, formulas: Mapping[str, Formula], tables: TruthTables) -> None:
        self.rules = (*tables.rules, *sorted(tables.wide))
        self._formulas = [formulas[rule] for rule in self.rules]
        self._tables = tables
        self._by_place: dict[tuple[str, ...], Integers] = {}
        """By the groups of facts that are shared, and the place in a rule's table that they lead to."""
        self._numbers: dict[Residual, int] = {False: FAILS}
        self._residuals: dict[int, Residual] = {FAILS: False}
        # next() of a count is atomic, so that two threads never get the same number
        self._serial = itertools.count(FAILS + 1)

    def of(self, settled: Mapping[int, int], groups: tuple[str, ...]) -> Integers:
        """The numbers of what the settled codes, of these groups of facts, leave."""
        by_place, places = self._by_place.get(groups), self._tables.shared_places(settled)
        if by_place is None:
            by_place = self._by_place.setdefault(groups, np.zeros(len(self._tables.answers), dtype=np.int32))
        numbers = by_place[places]
        for rule in (numbers == _UNSEEN).nonzero()[0].tolist():
            numbers[rule] = by_place[places[rule]] = self._number(partially_evaluate(self._formulas[rule], settled))
        wide = [self._number(partially_evaluate(its, settled)) for its in self._formulas[len(numbers) :]]
        return np.concatenate([numbers, np.array(wide, dtype=np.int32)])

    def asked(self, numbers: Integers) -> dict[int, list[CodeSet]]:
        """See `asked`, of the residuals of these numbers."""
        return asked(self._residuals[number] for number in np.unique(numbers).tolist())

    def _number(self, residual: Residual) -> int:
        number = self._numbers.get(residual)
        if number is None:
            new = next(self._serial)
            self._residuals[new] = residual
            number = self._numbers.setdefault(residual, new)
        return number


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
