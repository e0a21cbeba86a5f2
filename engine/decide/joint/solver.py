"""Solves a joint program with HiGHS: its linear relaxation, then, over the columns that could be worth it, the program.

HiGHS works in floating point, so it is not taken at its word: its solutions are rounded and checked in integers, and a
lower bound is worked out in integers from its duals, which give one however they were found. It runs in one thread
from a fixed seed and stops after a number of its own steps, never after a time.
"""

from collections.abc import Sequence
from typing import NamedTuple

import highspy
import numpy as np
from numpy.typing import NDArray

from engine.decide.joint.program import Row
from engine.decide.shipping.columns import WIDEST, Integers, integers
from engine.decide.sourcing.program.highs import make_highs, program_of, set_costs, set_options, start_from

OPTIONS = {"simplex_iteration_limit": 2_000_000}
MIXED_INTEGER_OPTIONS = {
    "mip_rel_gap": 0.0,
    "mip_abs_gap": 0.0,
    "mip_feasibility_tolerance": 1e-9,
    # programs within the program, which report no events
    "mip_heuristic_run_rens": False,
    "mip_heuristic_run_rins": False,
    "mip_heuristic_effort": 0.01,
}
HIGHEST = 1 << 40
"""No price of a row is above this."""
EVENTS = 60
"""HiGHS reports an event at each round of cuts and at each node; after so many it stops."""
WHOLE_PROGRAM = 2_000
"""A program of so many columns is solved with all of them."""
WHOLE = 1e-6
"""By how much a value of HiGHS may miss a whole number."""


class Relaxed(NamedTuple):
    """The solution of the linear relaxation, and a lower bound of the costs of every solution."""

    values: NDArray[np.float64]
    bound: int


class Solver:
    """A program: columns of 0 to `most`, with a cost each, and rows."""

    def __init__(self, rows: Sequence[Row], most: Integers) -> None:
        self._most = most
        self._upper = integers(upper for _, upper in rows)
        self._row = np.repeat(np.arange(len(rows)), [len(terms) for terms, _ in rows])
        self._column = integers(column for terms, _ in rows for column, _ in terms)
        self._value = integers(value for terms, _ in rows for _, value in terms)
        self._largest = int(max(np.abs(self._value).max(initial=0), self._upper.max(initial=0)))
        self._events_left = EVENTS
        self._highs = make_highs(OPTIONS, self._has_no_event_left)
        self._highs.passModel(program_of(most, self._upper, self._row, self._column, self._value))

    def relax(self, costs: Integers, *, unit: int) -> Relaxed | None:
        """Solve the linear relaxation. HiGHS is given the costs in multiples of `unit`."""
        set_costs(self._highs, costs / unit)
        self._highs.run()
        solution = self._highs.getSolution()
        if not solution.dual_valid:
            return None
        # any prices from 0 on give a bound, these a close one
        prices = np.clip(np.rint(-np.array(solution.row_dual) * unit), 0, HIGHEST).astype(np.int64)
        if int(prices.max(initial=0)) * max(self._largest, 1) * len(self._column) >= WIDEST:
            return None
        reduced = costs.copy()
        np.add.at(reduced, self._column, prices[self._row] * self._value)
        bound = int((np.minimum(reduced, 0) * self._most).sum()) - int((prices * self._upper).sum())
        return Relaxed(np.array(solution.col_value), bound)

    def solve(
        self, costs: Integers, start: Integers, relaxed: Relaxed, order: Integers, *, unit: int
    ) -> Integers | None:
        """The best solution found from `start`, None if there is none: over the columns that the relaxed solution or
        the start uses, and all of those orders of which it uses fractions.
        """
        values = relaxed.values
        fractional = np.abs(values - np.rint(values)) > WHOLE
        worth = (values > WHOLE) | (start > 0) | np.isin(order, order[fractional])
        if len(costs) <= WHOLE_PROGRAM:
            worth[:] = True
        columns = np.arange(len(costs), dtype=np.int32)
        set_options(self._highs, MIXED_INTEGER_OPTIONS)
        set_costs(self._highs, costs / unit)
        self._highs.changeColsBounds(
            len(columns), columns, np.zeros(len(columns)), np.where(worth, self._most, 0).astype(np.float64)
        )
        self._highs.changeColsIntegrality(
            len(columns), columns, np.full(len(columns), highspy.HighsVarType.kInteger.value, dtype=np.uint8)
        )
        start_from(self._highs, start)
        self._highs.run()
        return self.checked(self._highs.getSolution().col_value)

    def _has_no_event_left(self) -> bool:
        self._events_left -= 1
        return self._events_left <= 0

    def checked(self, values: Sequence[float] | NDArray[np.float64]) -> Integers | None:
        """The values, if they are whole numbers that keep to every row."""
        found: NDArray[np.float64] = np.array(values)
        if len(found) != len(self._most):
            return None
        whole = np.rint(found)
        if np.abs(found - whole).max(initial=0) > WHOLE:
            return None
        solution = whole.astype(np.int64)
        sums = np.zeros(len(self._upper), dtype=np.int64)
        np.add.at(sums, self._row, solution[self._column] * self._value)
        is_allowed = (sums <= self._upper).all() and (solution >= 0).all() and (solution <= self._most).all()
        return solution if is_allowed else None
