"""Tabu search over columns: at each step the best of all ways to add a shipment, drop one, or put one in the place of
another, even if it makes the choice dearer; what was just added or dropped stays so for some steps (Glover 1989).

What each step costs is worked out for all candidates at once. Each line takes the cheapest units of the shipments that
are open, so a candidate saves what its units cost less than the dearest that the line takes now. Dropping a shipment
changes that for the lines that it ships, and for no others. That two lines share a stock is left out.
"""

from collections.abc import Callable
from typing import NamedTuple

import numpy as np

from engine.decide.shipping.columns import Flags, Integers, filled
from engine.decide.sourcing.program.model import Model

MOST_UNITS = 5_000
"""Orders of more units are not searched: the units of a line are looked at one by one."""
DROPPED_FOR, ADDED_FOR = 7, 3
"""A shipment stays dropped, or added, for so many steps, unless that keeps the search from a new best choice."""
NEVER = 1 << 60
"""What a step costs that is not allowed."""


class Worth(NamedTuple):
    """What it is worth, in micros, to fill a unit, to fill it with one that is not `unless_needed`, and a tier."""

    unit: int
    unless_needed: int
    tier: int

    @classmethod
    def above_money(cls, model: Model) -> "Worth":
        """More than the money of any unit."""
        money = np.abs(model.placements.money // model.placements.lot)
        tier = int(money.max(initial=0)) + int(model.opening.max(initial=0)) + 1
        return cls(100 * tier, 10 * tier, tier)

    def times(self, tenths: int) -> "Worth":
        return Worth(*[each * tenths // 10 for each in self])


class _Cases(NamedTuple):
    """Lines, some with one shipment dropped. `cost` is what the case's line then costs; each of the `rows` belongs to a
    `case`, and its candidate, if added, saves `saved` of that; `shipping` are the rows that ship something.
    """

    cost: Integers
    rows: Integers
    case: Integers
    saved: Integers
    shipping: Integers


class LocalSearch:
    """Looks at these rows of the placements. `spend` is told how many it looks at, and says whether those were the
    last.
    """

    def __init__(self, model: Model, rows: Flags, worth: Worth, spend: Callable[[int], bool]) -> None:
        found = np.flatnonzero(rows)
        placements = model.placements.at(found[_order_of(model.placements.line[found], len(model.quantity))])
        self._model, self._spend, self._unfilled = model, spend, worth.unit
        self._line, self._units = placements.line, placements.lot * placements.most
        tiers = worth.unless_needed * placements.unless_needed + worth.tier * placements.tiers
        self._cost = (placements.money + tiers) // placements.lot
        is_there = np.zeros(len(model.keys), dtype=bool)
        is_there[placements.candidate] = True
        self._keys, self._candidate = np.flatnonzero(is_there), (is_there.cumsum() - 1)[placements.candidate]
        self._opening, self._node = model.opening[self._keys], model.node[self._keys]
        self._first = self._line.searchsorted(np.arange(len(model.quantity) + 1))
        self._first_of_stock = self._firsts_of_stock(placements.stock)

    def _firsts_of_stock(self, stock: Integers) -> Integers:
        """By row, where among the rows of its line the first row of the same stock is. Rows of one stock are
        neighbours, as candidates are sorted by node.
        """
        every = np.arange(len(stock))
        is_first = (np.diff(stock, prepend=-1) != 0) | (every == self._first[self._line])
        first: Integers = np.maximum.accumulate(np.where(is_first, every, 0))
        return first - self._first[self._line]

    def improve(self, used: Integers, patience: int) -> Integers:
        """The best candidates to open that are found until so many steps in a row were no better."""
        is_open = np.isin(self._keys, used)
        best, least, steps, steps_since = is_open, NEVER, 0, 0
        free_again = np.zeros(len(is_open), dtype=np.int64)
        while len(is_open) and int(self._model.quantity.sum()) <= MOST_UNITS:
            value, change = self.steps_from(is_open)
            steps_since = 0 if value < least else steps_since + 1
            if value < least:
                best, least = is_open, value
            opened = np.append(-1, np.flatnonzero(is_open))
            is_tabu = np.append(free_again > steps, False)
            change[(is_tabu | is_tabu[opened][:, None]) & (change + value >= least)] = NEVER
            dropped, added = divmod(int(change.argmin()), change.shape[1])
            if change[dropped, added] >= (NEVER if patience else 0) or steps_since > patience or self._spend(0):
                break
            steps += 1
            is_open = is_open.copy()
            for number, is_added in ((int(opened[dropped]), False), (added, True)):
                if 0 <= number < len(is_open):
                    is_open[number] = is_added
                    free_again[number] = steps + (ADDED_FOR if is_added else DROPPED_FOR)
        return self._keys[best]

    def costs_of_adding(self, used: Integers) -> Integers:
        """By candidate, what it costs to add it to those used."""
        is_open, lines = np.isin(self._keys, used), np.arange(len(self._model.quantity))
        now = self._cases(is_open, lines, np.full_like(lines, -1))
        costs = np.full_like(self._model.opening, NEVER)
        costs[self._keys] = self._opening
        np.subtract.at(costs, self._keys[self._candidate[now.rows]], now.saved)
        return costs

    def steps_from(self, is_open: Flags) -> tuple[int, Integers]:
        """What the open shipments cost, and by how much that changes: a row for dropping none, then one for each of
        them; a column for each candidate that is added, then one for none.
        """
        opened, lines = np.flatnonzero(is_open), np.arange(len(self._model.quantity))
        now = self._cases(is_open, lines, np.full_like(lines, -1))
        dropped, line = self._candidate[now.shipping], self._line[now.shipping]
        without = self._cases(is_open, line, dropped)
        change = np.zeros((len(opened) + 1, len(is_open) + 1), dtype=np.int64)
        change[:, :-1] = self._opening
        change[1:] -= self._opening[opened][:, None]
        np.subtract.at(change[0], self._candidate[now.rows], now.saved)
        change[1:, :-1] += change[0, :-1] - self._opening
        at, lost = 1 + opened.searchsorted(dropped), np.zeros(len(change), dtype=np.int64)
        np.add.at(lost, at, without.cost - now.cost[line])
        change += lost[:, None]
        more = without.saved - now.saved[without.rows]
        np.subtract.at(change, (at[without.case], self._candidate[without.rows]), more)
        self._forbid(change, is_open, opened)
        return int(now.cost.sum()) + int(self._opening[opened].sum()), change

    def _forbid(self, change: Integers, is_open: Flags, opened: Integers) -> None:
        """Marks what is no step, or one that there is no room for."""
        model, node = self._model, self._node
        full = np.bincount(node[opened], minlength=len(model.room))[node] >= model.room[node]
        change[0, -1] = NEVER
        change[0, :-1][full | (len(opened) >= model.most_opened)] = NEVER
        change[1:, :-1][full & (node != node[opened][:, None])] = NEVER
        change[:, :-1][:, is_open] = NEVER

    def _cases(self, is_open: Flags, line: Integers, dropped: Integers) -> _Cases:
        """These lines, each with a shipment dropped, or -1 for none."""
        counts = self._first[line + 1] - self._first[line]
        case, counted = np.repeat(np.arange(len(line)), counts), _counted(counts)
        rows = np.repeat(self._first[line], counts) + counted
        candidate, place = self._candidate[rows], self._first_of_stock[rows] + np.arange(len(rows)) - counted
        at = np.flatnonzero(is_open[candidate] & (candidate != dropped[case]))
        at = at[np.lexsort((place[at], self._cost[rows[at]], case[at]))]
        cheapest = filled(len(rows), -1)
        cheapest[place[at[::-1]]] = np.arange(len(at))[::-1]  # of two services of a node, the cheaper one ships
        at = at[cheapest[place[at]] == np.arange(len(at))]
        costs, taken = self._unit_costs(rows[at], case[at], self._model.quantity[line])
        saved = self._saved(costs, rows, case)
        # where the node's stock ships already, no more units come of it
        ships = filled(len(rows), -1)
        ships[place[at]] = np.arange(len(at))
        by = ships[place]
        same = np.flatnonzero(by >= 0)
        by = by[same]
        saved[same] = taken[by] * np.maximum(0, self._cost[rows[at[by]]] - self._cost[rows[same]])
        return _Cases(costs.sum(axis=1), rows, case, saved, rows[at[taken > 0]])

    def _unit_costs(self, rows: Integers, case: Integers, quantity: Integers) -> tuple[Integers, Integers]:
        """By case, what its units cost, the dearest first, those left unfilled before all others; and how many it takes
        of each row. Rows are sorted by case and cost.
        """
        units = self._units[rows]
        before = units.cumsum() - units
        first = np.flatnonzero(np.diff(case, prepend=-1))
        before -= np.repeat(before[first], np.diff(np.append(first, len(case))))
        taken = np.clip(quantity[case] - before, 0, units)
        costs = np.zeros((len(quantity), int(self._model.quantity.max(initial=1))), dtype=np.int64)
        costs[np.arange(costs.shape[1]) < quantity[:, None]] = self._unfilled
        of, at = np.repeat(case, taken), np.repeat(before, taken) + _counted(taken)
        costs[of, quantity[of] - 1 - at] = np.repeat(self._cost[rows], taken)
        return costs, taken

    def _saved(self, costs: Integers, rows: Integers, case: Integers) -> Integers:
        """What each row would save of its case."""
        self._spend(len(rows) * (8 + costs.shape[1]) // 24)
        cost = self._cost[rows]
        replaced = np.minimum(_dearer(costs, cost, case), self._units[rows])
        before = np.zeros((len(costs), costs.shape[1] + 1), dtype=np.int64)
        costs.cumsum(axis=1, out=before[:, 1:])
        saved: Integers = before.ravel()[case * before.shape[1] + replaced] - replaced * cost
        return saved


def _dearer(costs: Integers, cost: Integers, case: Integers) -> Integers:
    """By row, how many units of its case cost more than its own. Goes along the shorter side: rows or units."""
    if costs.shape[1] > len(cost):
        each = zip(case.tolist(), cost.tolist(), strict=True)
        return np.array([np.count_nonzero(costs[its] > own) for its, own in each], dtype=np.int64)
    dearer = np.zeros_like(cost)
    for of_unit in costs.T:  # sums along rows of few units take numpy long
        dearer += of_unit[case] > cost
    return dearer


def _order_of(numbers: Integers, below: int) -> Integers:
    """The places of numbers from 0 up to `below`, in their order. numpy sorts 16-bit numbers by radix, ten times as
    fast.
    """
    return np.argsort(numbers.astype(np.uint16) if below <= 1 << 16 else numbers, kind="stable")


def _counted(counts: Integers) -> Integers:
    """0, 1, 2 ... for each count."""
    return np.arange(int(counts.sum())) - np.repeat(counts.cumsum() - counts, counts)
