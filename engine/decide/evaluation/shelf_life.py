"""Which units of an order's positions may be used on the date on which they must be: those of lots that do not expire
before. That is the date on which they arrive, and as many days later as the rules or the line ask for, the larger.
"""

from collections.abc import Iterable, Mapping, Sequence
from typing import TYPE_CHECKING, NamedTuple

import numpy as np

from engine.decide.decision import LotClaim
from engine.decide.shipping.columns import Integers, integers
from engine.decide.sourcing.problem import Choice, LotLimit
from engine.model.facts import OptionKey
from engine.model.lots import NEVER, NO_LOT, Lot, LotUnits, expired_units, free_by_expiry, take_lots, usable_on
from rules.vocabulary import Stage

if TYPE_CHECKING:
    from engine.decide.evaluation.evaluation import Evaluation


class _Shelf(NamedTuple):
    """The lots of one position; the dates on which some expire and how many units are free on each (see
    `free_by_expiry`), and how many units may be sold that are not there yet.
    """

    lots: Sequence[Lot]
    dates: Integers
    free: Integers
    oversell: int

    def usable_on(self, dates: Integers) -> Integers:
        """The units that may be used on each of these dates."""
        at = self.dates.searchsorted(dates)
        return np.append(self.free, 0)[at] + self.oversell

    def first_expiry(self, dates: Integers) -> Integers:
        """When the first lot expires of which units may be used on each of these dates."""
        there = sorted({lot.expires for lot in self.lots if lot.free > 0})
        return np.append(integers(there), NEVER)[integers(there).searchsorted(dates)]


class LotsLeft(NamedTuple):
    """What a choice leaves of the lots of a position: the units that a line may use by some way, None if it has no way;
    and those that have expired.
    """

    usable: int | None
    expired: int


class ShelfLife:
    """The lots of an order's positions. Dates are ordinals, by the installation's clock."""

    def __init__(self, evaluation: "Evaluation") -> None:
        self._evaluation = evaluation
        self._network = evaluation.snapshot.network
        self.today = evaluation.columns.today
        self._shelves = [self._shelves_of(index) for index in range(len(evaluation.order.lines))]

    def _shelves_of(self, index: int) -> Mapping[int, _Shelf]:
        """Of a line's positions that have lots, by row."""
        evaluation, positions = self._evaluation, self._evaluation.positions[index]
        lots = evaluation.snapshot.lots.get(evaluation.order.lines[index].sku, {})
        shelves = {}
        for row, node in enumerate(positions.stock.node.tolist()) if lots else ():
            of_node = lots.get(evaluation.ways.node_ids[node])
            if of_node:
                dates, free = free_by_expiry(of_node, self.today)
                oversell = max(0, -int(positions.floor[row]))
                shelves[row] = _Shelf(of_node, integers(dates), integers(free), oversell)
        return shelves

    def needed(self, index: int) -> Integers:
        """By option of a line, the date on which its units must be usable."""
        evaluation, options = self._evaluation, self._evaluation.options[index]
        arrives, which = np.unique(evaluation.reach.arrives_by[options.reach], return_inverse=True)
        dates = integers(self._network.local(instant).date().toordinal() for instant in arrives.tolist())
        return dates[which] + self._days(index)[options.position]

    def _days(self, index: int) -> Integers:
        """By position of a line, for how many days its units must be usable once they have arrived."""
        positions = self._evaluation.positions[index]
        days: Integers = self._evaluation.matcher.stages[Stage.POSITION].table.shelf_lives()[positions.judgement]
        return np.maximum(days, self._evaluation.order.lines[index].min_shelf_life or 0)

    def usable(self, index: int, free: Integers) -> Integers:
        """By option of a line, how many units of its position may be used, of those that are `free` by position."""
        options, units = self._evaluation.options[index], free[self._evaluation.options[index].position]
        shelves = self._shelves[index]
        if not shelves:
            return units
        needed = self.needed(index)
        for row, shelf in shelves.items():
            at = options.position == row
            units[at] = np.minimum(units[at], shelf.usable_on(needed[at]))
        return units

    def first_expiry(self, entries: Iterable[tuple[int, int]]) -> Integers:
        """By node, when the first lot expires that the order may use there, by these (line, option)."""
        evaluation = self._evaluation
        first = np.full(len(evaluation.ways.nodes), NEVER, dtype=np.int64)
        by_line: dict[int, list[int]] = {}
        for line, option in entries:
            by_line.setdefault(line, []).append(option)
        for line, its in by_line.items():
            options, needed = evaluation.options[line], self.needed(line)
            for option in its:
                shelf = self._shelves[line].get(int(options.position[option]))
                if shelf is not None:
                    node = int(evaluation.reach.node[options.reach[option]])
                    first[node] = min(first[node], shelf.first_expiry(needed[option : option + 1])[0])
        return first

    def limits(
        self, places: Iterable[tuple[OptionKey, int, int]], supply: dict[tuple[str, str], int]
    ) -> list[LotLimit]:
        """What (candidate, line, option of it) take together of the lots of their nodes, where that can be less than
        the supply or the lines ask for. The supply is lowered to what may be used at all.
        """
        lines = self._evaluation.order.lines
        by_stock: dict[tuple[str, str], list[tuple[int, OptionKey, int, int]]] = {}
        needed = [self.needed(index) if shelves else None for index, shelves in enumerate(self._shelves)]
        for key, line, option in places:
            row = int(self._evaluation.options[line].position[option])
            dates = needed[line]
            if dates is not None and row in self._shelves[line]:
                by_stock.setdefault((key.node, lines[line].sku), []).append((int(dates[option]), key, line, row))
        limits = []
        for stock, its in by_stock.items():
            for date in sorted({date for date, *_ in its}):
                group = [(key, line) for needed_on, key, line, _ in its if needed_on >= date]
                shelf = self._shelves[its[0][2]][its[0][3]]
                most = int(shelf.usable_on(integers([date]))[0])
                if len(group) == len(its):
                    supply[stock] = min(supply[stock], most)
                elif most < min(supply[stock], sum(lines[line].quantity for line in {line for _, line in group})):
                    limits.append(LotLimit(most, frozenset(group)))
        return limits

    def taken(self, choice: Choice) -> dict[tuple[OptionKey, int], LotUnits]:
        """Of which lots the units of a choice are, or of none (NO_LOT), of positions that have some; without those that
        are not there yet. Those that must be usable longest choose first, and all take what expires first.
        """
        evaluation, lots_left = self._evaluation, dict[tuple[str, str], list[Lot]]()
        parts = []
        for key, line in choice.units:
            if key.ready_at:
                continue  # what waits is of receipts alone
            option = int(evaluation.options[line].reach.searchsorted(evaluation.row(key)))
            row = int(evaluation.options[line].position[option])
            if row in self._shelves[line]:
                lots_left[key.node, evaluation.order.lines[line].sku] = list(self._shelves[line][row].lots)
                parts.append((-int(self.needed(line)[option]), key, line))
        taken: dict[tuple[OptionKey, int], LotUnits] = {}
        for date, key, line in sorted(parts):
            stock = key.node, evaluation.order.lines[line].sku
            taken[key, line] = lots = take_lots(lots_left[stock], choice.units[key, line], -date)
            gone = dict(lots)
            lots_left[stock] = [lot._replace(held=lot.held + gone.get(lot.label, 0)) for lot in lots_left[stock]]
        return taken

    def expired(self, sku: str) -> int:
        """The units of a SKU that have expired and that nobody holds."""
        return sum(expired_units(lots, self.today) for lots in self._evaluation.snapshot.lots.get(sku, {}).values())

    def left(self, index: int, choice: Choice) -> dict[str, LotsLeft]:
        """By node, what a choice leaves for a line of the lots of its positions."""
        evaluation, options = self._evaluation, self._evaluation.options[index]
        sku, left = evaluation.order.lines[index].sku, {}
        lots_of = {node: list(lots) for node, lots in evaluation.snapshot.lots.get(sku, {}).items()}
        for (key, line), taken in self.taken(choice).items():
            if evaluation.order.lines[line].sku == sku:
                gone = dict(taken)
                lots_of[key.node] = [lot._replace(held=lot.held + gone.get(lot.label, 0)) for lot in lots_of[key.node]]
        needed, free = self.needed(index), ~options.excluded
        for row, shelf in self._shelves[index].items():
            node = evaluation.ways.node_ids[int(evaluation.positions[index].stock.node[row])]
            dates = needed[(options.position == row) & free]
            usable = None
            if len(dates):
                usable = usable_on(int(dates.min()), *free_by_expiry(lots_of[node], self.today)) + shelf.oversell
            left[node] = LotsLeft(usable, expired_units(shelf.lots, self.today))
        return left

    def claim(self, index: int, row: int, taken: Mapping[str, int]) -> LotClaim | None:
        """What the commit takes of the lots of a line's position, in a row: units by label."""
        shelf = self._shelves[index].get(row)
        if shelf is None:
            return None
        labels = tuple(lot.label for lot in shelf.lots if lot.label != NO_LOT)
        return LotClaim(labels=labels, units=tuple(sorted(taken.items())), today=self.today) if labels else None
