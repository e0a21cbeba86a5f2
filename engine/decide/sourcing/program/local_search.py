"""Local search over columns: adds a shipment, drops one, or puts one in the place of another, while that is cheaper.

What a move saves is worked out for all candidates at once. Each line takes the cheapest units of the shipments that are
open, so a candidate saves what its units cost less than the dearest that the line takes now. The parts of the
comparison before money are weighed so that no unit's money outweighs them; that two lines share a stock is left out.
"""

from collections.abc import Collection

import numpy as np

from engine.decide.shipping.columns import Flags, Integers
from engine.decide.sourcing.program.model import Model

MOST_UNITS = 5_000
"""Of orders of more units, the units of a line are not looked at one by one."""
LOOKED_AT = 30_000_000
"""So many placements are looked at, each for each move that could use it."""


class LocalSearch:
    """The placements in `kept` may be used."""

    def __init__(self, model: Model, kept: Flags) -> None:
        self._model = model
        self._placements = placements = model.placements.at(kept)
        unit_money = placements.money // placements.lot
        tier = int(np.abs(unit_money).max(initial=0)) + int(model.opening.max(initial=0)) + 1
        tiers = placements.tiers // placements.lot + 10 * (placements.unless_needed // placements.lot)
        self._unfilled = 100 * tier
        self._cost = unit_money + tier * tiers
        self._first = np.flatnonzero(np.diff(placements.candidate, prepend=-1))
        self._candidates = placements.candidate[self._first]
        self._looks_left = LOOKED_AT if len(self._cost) and int(model.quantity.sum()) <= MOST_UNITS else 0

    def improve(self, used: Collection[int]) -> list[int]:
        """Candidates that are better to open than those used, or those."""
        best, unchanged, turn = sorted(used), 0, 0
        if not self._looks_left:
            return best
        value = self._value(best, self._unit_costs(best))
        while unchanged <= len(best) and self._looks_left > 0:
            dropped = [None, *best][turn % (len(best) + 1)]
            others = [number for number in best if number != dropped]
            turn, unchanged = turn + 1, unchanged + 1
            unit_costs = self._unit_costs(others)
            new, saved = self._best_addition(others, unit_costs)
            new_value = self._value(others, unit_costs) - max(0, saved)
            if new_value < value:
                best = sorted([*others, new]) if saved > 0 else others
                value, unchanged = new_value, 0
        return best

    def _unit_costs(self, opened: Collection[int]) -> Integers:
        """By line, what its units cost if these are open, the dearest first; those left unfilled before all others."""
        placements, quantity = self._placements, self._model.quantity
        rows = np.flatnonzero(np.isin(placements.candidate, list(opened)))
        rows = rows[np.lexsort((self._cost[rows], placements.line[rows]))]
        line = placements.line[rows]
        units = placements.lot[rows] * placements.most[rows]
        before = units.cumsum() - units
        first = np.flatnonzero(np.diff(line, prepend=-1))
        before -= np.repeat(before[first], np.diff(np.append(first, len(line))))
        taken = np.clip(quantity[line] - before, 0, units)
        costs = np.zeros((len(quantity), int(quantity.max(initial=1))), dtype=np.int64)
        costs[np.arange(costs.shape[1]) < quantity[:, None]] = self._unfilled
        row, at = np.repeat(line, taken), np.repeat(before, taken) + _counted(taken)
        costs[row, quantity[row] - 1 - at] = np.repeat(self._cost[rows], taken)
        return costs

    def _value(self, opened: Collection[int], unit_costs: Integers) -> int:
        return int(unit_costs.sum()) + int(self._model.opening[list(opened)].sum())

    def _best_addition(self, opened: Collection[int], unit_costs: Integers) -> tuple[int, int]:
        """The candidate that saves most beside these, and how much."""
        placements, model = self._placements, self._model
        self._looks_left -= len(self._cost)
        dearer = unit_costs[placements.line] > self._cost[:, None]
        replaced = np.minimum(dearer.sum(axis=1), placements.lot * placements.most)
        before = np.concatenate((np.zeros((len(unit_costs), 1), dtype=np.int64), unit_costs.cumsum(axis=1)), axis=1)
        saved = np.add.reduceat(before[placements.line, replaced] - replaced * self._cost, self._first)
        saved -= model.opening[self._candidates]
        full = np.bincount(model.node[list(opened)], minlength=len(model.room)) >= model.room
        saved[full[model.node[self._candidates]] | np.isin(self._candidates, list(opened))] = 0
        if len(opened) >= model.most_opened:
            saved[:] = 0
        place = int(saved.argmax())
        return int(self._candidates[place]), int(saved[place])


def _counted(counts: Integers) -> Integers:
    """0, 1, 2 ... for each count."""
    return np.arange(int(counts.sum())) - np.repeat(counts.cumsum() - counts, counts)
