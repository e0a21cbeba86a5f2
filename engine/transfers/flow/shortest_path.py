"""The path along which one more pack gains most, by Bellman and Ford's rounds: all lanes of a round at once."""

from typing import Final

import numpy as np

from engine.decide.shipping.columns import Integers
from engine.transfers.flow.market import FAR, REACHED
from engine.transfers.flow.residual_network import Path, ResidualNetwork, lanes_used

_FORWARD: Final = -1
"""A gate was come through as packs go; a row was started from."""
_REVERSED: Final = -2
"""A gate was come through backwards, so that a pack fewer goes through it."""
_PASSED: Final = -3
"""A place was passed on: from inside to the row's gate, or the other way round."""


def best_path(network: ResidualNetwork) -> Path | None:
    """None: none gains anything."""
    search = _Search(network)
    if search.may_go_back():
        while search.go_back():
            pass
    total = search.inside - network.gain
    end = int(total.argmin())
    return search.path_to(end) if total[end] < 0 else None


class _Search:
    """The lengths of the shortest paths found so far, to the four spots of a pack's way, and how each was come to."""

    def __init__(self, network: ResidualNetwork) -> None:
        self._network = network
        self.before = network.loss.copy()
        self.left = np.where(network.can_leave, self.before, FAR)
        reach = self.left[:, None] + network.cost
        self._via: Integers = reach.argmin(axis=0)
        self.arrived: Integers = reach[self._via, np.arange(len(self._via))]
        self.inside = np.where(network.can_enter, self.arrived, FAR)
        self._to_before = [_FORWARD] * len(self.before)
        self._to_left = [_FORWARD] * len(self.before)
        self._to_inside = [_FORWARD] * len(self.inside)

    def may_go_back(self) -> bool:
        """Whether any path gets shorter by going back over what was moved, or by passing a place on."""
        network = self._network
        if network.moves:
            rows, columns = lanes_used(network)
            arrived = self.arrived[columns]
            if ((arrived < REACHED) & (arrived - network.cost[rows, columns] < self.left[rows])).any():
                return True
        return any(
            self.inside[column] < self.before[row]
            or (network.passing[column] and self.before[row] < self.inside[column])
            for row, column in network.both
        )

    def go_back(self) -> bool:
        """A round; False: nothing got shorter."""
        network, shorter = self._network, set[int]()
        changed = False
        for row, column in network.moves:
            length = int(self.arrived[column] - network.cost[row, column])
            if length < min(REACHED, self.left[row]):
                self.left[row], self._to_left[row] = length, column
                shorter.add(row)
            if self.left[row] < self.before[row]:
                self.before[row], self._to_before[row] = self.left[row], _REVERSED
        for row, column in network.both:
            if self.inside[column] < self.before[row]:
                self.before[row], self._to_before[row] = self.inside[column], _PASSED
                if network.can_leave[row] and self.before[row] < self.left[row]:
                    self.left[row], self._to_left[row] = self.before[row], _FORWARD
                    shorter.add(row)
            if network.passing[column] and self.before[row] < self.inside[column]:
                self.inside[column], self._to_inside[column] = self.before[row], _PASSED
                changed = True
                if self.inside[column] < self.arrived[column]:
                    self.arrived[column], self._via[column] = self.inside[column], _REVERSED
        for row in shorter:
            self._go_forth(row)
        return changed or bool(shorter)

    def _go_forth(self, row: int) -> None:
        """By all lanes from the row."""
        reach = self.left[row] + self._network.cost[row]
        nearer = (reach < self.arrived).nonzero()[0]
        self.arrived[nearer], self._via[nearer] = reach[nearer], row
        for column in nearer.tolist():
            if self._network.can_enter[column] and self.arrived[column] < self.inside[column]:
                self.inside[column], self._to_inside[column] = self.arrived[column], _FORWARD

    def path_to(self, end: int) -> Path:
        """The path found to the inside of a column."""
        path, row_of = Path(end=end), {column: row for row, column in self._network.both}
        column_of = dict(self._network.both)
        column, at_gate = end, False
        while True:
            # inside the column, or at its gate
            if not at_gate and self._to_inside[column] == _PASSED:
                path.unpassed.append(column)
                row, left = row_of[column], False
            elif self._via[column] == _REVERSED:
                at_gate = False
                continue
            else:
                row, left = int(self._via[column]), True
                path.forth.append((row, column))
            # beyond the row's gate, or before it
            while True:
                if left and self._to_left[row] != _FORWARD:
                    column, at_gate = self._to_left[row], True
                    path.back.append((row, column))
                    break
                if self._to_before[row] == _FORWARD:
                    path.start = row
                    return path
                if self._to_before[row] == _PASSED:
                    column, at_gate = column_of[row], False
                    path.passed.append(column)
                    break
                left = True
