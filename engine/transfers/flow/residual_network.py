"""What has been moved so far of one SKU, and what can still be changed about it.

Rows are origins, columns are goals; a place that is both has one of each. A pack starts at a row's gate, leaves
through it, goes by a lane to a column's gate, and enters through that, where it stays. Or it passes on, to the gate of
the row of the same place, and stands for a pack that is sent from there. As many leave through a gate as are movable,
and as many enter as there is room for.
"""

from dataclasses import dataclass, field

import numpy as np

from engine.decide.shipping.columns import Integers, integers
from engine.transfers.flow.market import FAR, Market, Moves
from engine.transfers.flow.useful_lanes import Useful

Pair = tuple[int, int]
"""A row and a column."""


@dataclass(slots=True, kw_only=True)
class Path:
    """A way for packs, from the row `start` to the column `end`. They go `forth` by some lanes, and earlier packs are
    taken `back` off others; at the columns `passed` they stand for packs that are sent, and at those `unpassed` earlier
    ones no longer do.
    """

    start: int = -1
    end: int
    forth: list[Pair] = field(default_factory=list)
    back: list[Pair] = field(default_factory=list)
    passed: list[int] = field(default_factory=list)
    unpassed: list[int] = field(default_factory=list)


class ResidualNetwork:
    """Of the lanes that are `useful`. Columns and rows are numbered as these number their places."""

    def __init__(self, market: Market, useful: Useful) -> None:
        self._value = market.value
        self.origins: list[int] = useful.origins.tolist()
        self.goals: list[int] = useful.goals.tolist()
        cost = np.where(useful.lanes, market.cost, FAR)
        self.cost = np.ascontiguousarray(cost[np.ix_(useful.origins, useful.goals)])
        row_of = {place: row for row, place in enumerate(self.origins)}
        self.both = [(row_of[place], column) for column, place in enumerate(self.goals) if place in row_of]
        """The row and the column of each place that is both."""
        self._row_of = {column: row for row, column in self.both}
        self._movable: list[int] = market.movable[useful.origins].tolist()
        self._room: list[int] = market.room[useful.goals].tolist()
        self.outflow, self.inflow = [0] * len(self.origins), [0] * len(self.goals)
        """Packs through the gates of rows, and of columns."""
        self.sent, self.kept = [0] * len(self.origins), [0] * len(self.goals)
        """Packs that rows have fewer, and that columns have more."""
        self.passing = [0] * len(self.goals)
        self.moves: Moves = {}
        """Packs by row and column."""
        self.loss = integers(self._value(place, -1) for place in self.origins)
        """What the next pack that is sent is worth where it is."""
        self.gain = integers(self._value(place, 0) for place in self.goals)
        """What the next one is worth where it goes."""
        self.can_leave = np.ones(len(self.origins), dtype=bool)
        self.can_enter = np.ones(len(self.goals), dtype=bool)

    def moves_by_place(self) -> Moves:
        moves = sorted(self.moves.items())
        return {(self.origins[row], self.goals[column]): packs for (row, column), packs in moves}

    def most_along(self, path: Path) -> int:
        """How many packs can go along the path."""
        out, into = self._through_gates(path)
        limits = [self.moves[pair] for pair in path.back] + [self.passing[column] for column in path.unpassed]
        limits += [self._movable[row] - self.outflow[row] for row, change in out.items() if change > 0]
        limits += [self.outflow[row] for row, change in out.items() if change < 0]
        limits += [self._room[column] - self.inflow[column] for column, change in into.items() if change > 0]
        limits += [self.inflow[column] for column, change in into.items() if change < 0]
        return min(limits)

    def push(self, path: Path, packs: int) -> None:
        """Move so many packs along the path."""
        for pair in path.forth:
            self.moves[pair] = self.moves.get(pair, 0) + packs
        for pair in path.back:
            self.moves[pair] -= packs
            if not self.moves[pair]:
                del self.moves[pair]
        for column in path.passed:
            self.passing[column] += packs
        for column in path.unpassed:
            self.passing[column] -= packs
        out, into = self._through_gates(path)
        for row, change in out.items():
            self.outflow[row] += change * packs
            self.can_leave[row] = self.outflow[row] < self._movable[row]
        for column, change in into.items():
            self.inflow[column] += change * packs
            self.can_enter[column] = self.inflow[column] < self._room[column]
        self.sent[path.start] += packs
        self.kept[path.end] += packs
        self.loss[path.start] = self._value(self.origins[path.start], -1 - self.sent[path.start])
        self.gain[path.end] = self._value(self.goals[path.end], self.kept[path.end])

    def _through_gates(self, path: Path) -> tuple[dict[int, int], dict[int, int]]:
        """How many more packs go through gates of rows and of columns, for one along the path."""
        out: dict[int, int] = {}
        into: dict[int, int] = {}
        for pairs, change in ((path.forth, 1), (path.back, -1)):
            for row, column in pairs:
                out[row] = out.get(row, 0) + change
                into[column] = into.get(column, 0) + change
        return out, into


def lanes_used(network: ResidualNetwork) -> tuple[Integers, Integers]:
    """The rows and the columns of the lanes by which something is moved."""
    pairs = np.array(list(network.moves), dtype=np.int64).reshape(-1, 2)
    return pairs[:, 0], pairs[:, 1]
