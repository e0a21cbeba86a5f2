"""A truth table for each rule: which combinations of its comparisons, each true or false, satisfy it.

A rule makes a few comparisons, so that its table is small and soon full, however many orders and options are met.
A table is filled as combinations are met; what it says is never derived here.
"""

import itertools
from collections.abc import Iterator, Mapping, Sequence
from typing import NamedTuple

import numpy as np
from numpy.typing import NDArray

from engine.decide.matching.signatures import Atom, Formula
from engine.decide.matching.value_classes import CodeSet
from engine.decide.shipping.columns import Flags, Integers
from rules.normal_form import AllOf, OneOf

MOST_COMPARISONS = 16
"""Of a rule with a table: 65,536 places. Wider rules have none."""
MOST_PLACES = 1 << 23
"""Of all tables. Where there are too many rules, those with the most comparisons have no table."""
UNASKED, FAILS, HOLDS = range(3)
"""What stands at a place of a table."""

Answers = NDArray[np.uint8]


class _Readers(NamedTuple):
    """The rules that read a property, and what each of its codes adds to the place in their tables (rules x codes)."""

    rules: Integers
    places: NDArray[np.uint16]


class TruthTables:
    """The tables of some rules, one after the other. `wide` are the rules without a table."""

    def __init__(self, formulas: Mapping[str, Formula], sizes: Sequence[int]) -> None:
        """`sizes` are the numbers of codes of the properties that the formulas' atoms index."""
        atoms = {rule: tuple(dict.fromkeys(_atoms(formula))) for rule, formula in formulas.items()}
        most = _most_comparisons([len(its) for its in atoms.values()])
        self.rules = tuple(rule for rule in atoms if len(atoms[rule]) <= most)
        self.wide = frozenset(formulas) - frozenset(self.rules)
        *starts, end = itertools.accumulate((1 << len(atoms[rule]) for rule in self.rules), initial=0)
        self._starts: Integers = np.array(starts, dtype=np.int64)
        self.answers: Answers = np.zeros(end, dtype=np.uint8)
        self.asked = 0
        """How many answers there are."""
        self._readers = _readers([atoms[rule] for rule in self.rules], sizes)

    def shared_places(self, codes: Mapping[int, int]) -> Integers:
        """By rule, where in its table all rows stand or start that share these codes of properties. The place tells
        what of the rule's comparisons the codes settle, and how.
        """
        shared = self._starts.copy()
        for index, code in codes.items():
            if index in self._readers:
                rules, places = self._readers[index]
                shared[rules] += places[:, code]
        return shared

    def places(
        self, shared: Integers, columns: Mapping[int, Integers], count: int, chosen: Integers | None = None
    ) -> Integers:
        """Where `count` rows stand in the tables of the rules that are chosen by number, ascending, or of all (rules x
        rows), given the codes of the other properties.
        """
        if chosen is None:
            chosen = np.arange(len(shared))
        rows = shared[chosen][:, np.newaxis].repeat(count, axis=1)
        line = np.full(len(shared), -1)
        line[chosen] = np.arange(len(chosen))
        for index, column in columns.items():
            if index in self._readers:
                rules, places = self._readers[index]
                lines = line[rules]
                read = lines >= 0
                rows[lines[read]] += places[read][:, column]
        return rows

    def holds(self, places: Integers) -> Flags:
        """Whether the rules hold at the places."""
        held: Flags = self.answers[places] == HOLDS
        return held

    def unasked(self, places: Integers) -> dict[int, list[int]]:
        """By row, the lines of `places` that nothing is known of there; each place of a table is named once."""
        open_at = (self.answers[places] == UNASKED).ravel().nonzero()[0]
        _, first = np.unique(places.ravel()[open_at], return_index=True)
        rules, rows = np.divmod(open_at[first], max(1, places.shape[1]))
        by_row: dict[int, list[int]] = {}
        for rule, row in zip(rules.tolist(), rows.tolist(), strict=True):
            by_row.setdefault(row, []).append(rule)
        return by_row

    def learn(self, places: Integers, *, holds: Sequence[bool]) -> None:
        """Note what was answered at places that were open."""
        self.answers[places] = np.where(holds, HOLDS, FAILS)
        self.asked += len(holds)


def _most_comparisons(counts: Sequence[int]) -> int:
    """How many comparisons a rule with a table may have, if the rules have so many each."""
    places = 0
    for count in sorted(counts):
        places += 1 << min(count, MOST_COMPARISONS + 1)
        if count > MOST_COMPARISONS or places > MOST_PLACES:
            return count - 1
    return MOST_COMPARISONS


def _readers(atoms: Sequence[tuple[Atom, ...]], sizes: Sequence[int]) -> dict[int, _Readers]:
    """By property, the readers of the atoms given by rule."""
    by_property: dict[int, list[tuple[int, int, CodeSet]]] = {}
    for rule, its in enumerate(atoms):
        for bit, atom in enumerate(its):
            by_property.setdefault(atom.index, []).append((rule, bit, atom.codes))
    return {index: _readers_of(its, sizes[index]) for index, its in by_property.items()}


def _readers_of(atoms: Sequence[tuple[int, int, CodeSet]], size: int) -> _Readers:
    """The readers of a property of so many codes. An atom is given as its rule, in order, its bit in the rule's table,
    and the codes of which it is true.
    """
    width = size // 8 + 1
    packed = b"".join(codes.to_bytes(width, "little") for _, _, codes in atoms)
    true = np.unpackbits(np.frombuffer(packed, dtype=np.uint8).reshape(-1, width), axis=1, bitorder="little")
    added = true[:, :size].astype(np.uint16) << np.array([[bit] for _, bit, _ in atoms], dtype=np.uint16)
    rules, starts = np.unique([rule for rule, _, _ in atoms], return_index=True)
    return _Readers(rules, np.add.reduceat(added, starts, dtype=np.uint16))


def _atoms(formula: Formula) -> Iterator[Atom]:
    match formula:
        case Atom():
            yield formula
        case AllOf(parts=parts) | OneOf(parts=parts):
            for part in parts:
                yield from _atoms(part)
