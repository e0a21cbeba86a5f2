"""A program over some of the placements, for HiGHS: its linear relaxation, or the whole in integers.

HiGHS works in floating point. What it answers is rounded here, bounds downwards; nobody else sees a fraction. It runs
in one thread from a fixed seed, so that the same problem gives the same answer.
"""

from collections.abc import Callable
from math import ceil, isfinite
from typing import NamedTuple

import highspy
import numpy as np

from engine.decide.shipping.columns import Integers
from engine.decide.sourcing.problem import UNBOUNDED
from engine.decide.sourcing.program.highs import Floats, make_highs, program_of, set_costs, set_options, start_from
from engine.decide.sourcing.program.model import Model, Part
from engine.decide.sourcing.program.pricing import Duals, LimitDuals

OPTIONS = {
    "mip_rel_gap": 0.0,
    "mip_abs_gap": 0.0,
    "mip_feasibility_tolerance": 1e-9,
    "primal_feasibility_tolerance": 1e-9,
    "mip_allow_restart": False,
    # heuristics that solve smaller programs report no events
    "mip_heuristic_effort": 0.0,
    "mip_heuristic_run_feasibility_jump": False,
    "mip_heuristic_run_rins": False,
    "mip_heuristic_run_rens": False,
    "mip_heuristic_run_root_reduced_cost": False,
}
MOST_ITERATIONS = (1 << 31) - 1
"""The largest limit that HiGHS takes."""
FEASIBLE = 2
"""What HiGHS calls the status of a solution that keeps to all constraints."""
TOLERANCE = 1e-7
"""By how much HiGHS may misjudge what a unit, or opening a shipment, costs: in units of its objective."""
MONEY_UNIT, DEAREST = 1_000, 10**7
"""Micros to a unit of HiGHS's objective; more of them where a cost would exceed DEAREST units."""
FRACTION = 1 << 20
"""Duals of parts that are counted in units are rounded to so many parts of a unit, those of money to a micro."""
HIGHEST = 1 << 40
"""No dual is above this."""


class _Rows(NamedTuple):
    """Constraints: entries by row, column and value; the most that each row's sum may be; and the rows of each kind."""

    row: list[Integers]
    column: list[Integers]
    value: list[Integers]
    most: list[Integers]
    kinds: dict[str, range]

    def add(self, kind: str, most: Integers, *entries: tuple[Integers, Integers, Integers]) -> None:
        first = sum(map(len, self.most))
        for row, column, value in entries:
            self.row.append(first + row)
            self.column.append(column)
            self.value.append(value)
        self.most.append(most)
        self.kinds[kind] = range(first, first + len(most))


class Relaxed(NamedTuple):
    """The duals; by candidate of the program how far it is opened, in parts of FRACTION; the iterations it took."""

    duals: Duals
    opened: Integers
    iterations: int


class Solved(NamedTuple):
    """The values of the columns, if any were found; a lower bound of the part; whether there are no values at all."""

    values: Integers | None
    bound: int | None
    is_impossible: bool


class Program:
    """The columns are the lots of each placement in `chosen`, then for each of their candidates whether it is opened.
    `interrupt` is asked at each round of cuts and each node, with the size of the program. A lot of a single unit may
    be divided, which is less work and seldom matters; not so with `in_units`, or where nodes or shipments have limits,
    or several nodes a cap.
    """

    def __init__(
        self, model: Model, chosen: Integers, interrupt: Callable[[int], bool], *, in_units: bool = False
    ) -> None:
        self._model, self._chosen = model, chosen
        self._in_units = in_units or bool(model.limits or model.shipment_limits)
        self._placements = model.placements.at(chosen)
        self.candidates = np.unique(self._placements.candidate)
        self.size = len(chosen) + len(self.candidates)
        self._rows = self._constraints()
        self._held: list[tuple[int, float]] = []
        self._highs = make_highs(OPTIONS, lambda: interrupt(self.size))
        self._highs.passModel(self._lp())

    def _constraints(self) -> _Rows:
        model, placements, rows = self._model, self._placements, _Rows([], [], [], [], {})
        lots, ones = np.arange(len(self._chosen)), np.ones(len(self.candidates), dtype=np.int64)
        every = np.arange(len(self.candidates))
        opened = len(lots) + every
        of = len(lots) + self.candidates.searchsorted(placements.candidate)
        rows.add("line", model.quantity, (placements.line, lots, placements.lot))
        rows.add("shipment", np.array([model.most_opened]), (0 * every, opened, ones))
        rows.add("used", 0 * lots, (lots, lots, 1 + 0 * lots), (lots, of, -placements.most))
        self._stocks, entry, row = _shared(placements.stock)
        rows.add("stock", model.supply[self._stocks], (row, lots[entry], placements.lot[entry]))
        pairs, entry, row = _shared(placements.candidate * len(model.supply) + placements.stock)
        candidate, stock = np.divmod(pairs, max(1, len(model.supply)))
        pair = np.arange(len(pairs))
        opens = pair, len(lots) + self.candidates.searchsorted(candidate), -model.supply[stock]
        rows.add("pair", 0 * pair, (row, lots[entry], placements.lot[entry]), opens)
        self._nodes, entry, row = _shared(model.node[self.candidates])
        rows.add("node", model.room[self._nodes], (row, opened[entry], ones[entry]))
        for number, limit in enumerate(model.limits):
            group = limit.group[self._chosen]
            entry = np.flatnonzero(limit.is_limited[group])
            limited = np.flatnonzero(limit.is_limited)
            use = limit.use[self._chosen][entry]
            rows.add(f"limit {number}", limit.most[limited], (limited.searchsorted(group[entry]), lots[entry], use))
        if model.has_sets:
            self._add_sets(rows)
        if model.shipment_limits:
            self._add_shipment_limits(rows, opened)
        return rows

    def _add_sets(self, rows: _Rows) -> None:
        """All lines of a set ship from a candidate, or none of them; none if some are not in the program."""
        leader, chosen = self._model.placements.leader, self._chosen
        sizes, there = np.bincount(leader), np.bincount(leader[chosen], minlength=len(leader))
        is_whole = (there[leader] == sizes[leader])[chosen]
        led = np.flatnonzero(is_whole & (leader[chosen] != chosen))
        leads = chosen.searchsorted(leader[chosen[led]])
        row, one = np.arange(len(led)), np.ones_like(led)
        rows.add("set", 0 * led, (row, led, one), (row, leads, -one))
        rows.add("of set", 0 * led, (row, led, -one), (row, leads, one))
        partial = np.flatnonzero(~is_whole)
        rows.add("part of set", 0 * partial, (np.arange(len(partial)), partial, np.ones_like(partial)))

    def _add_shipment_limits(self, rows: _Rows, opened: Integers) -> None:
        """How much each shipment may have, and that one of an option's candidates is opened."""
        model, candidate = self._model, self._placements.candidate
        self._options, entry, row = _shared(model.option[self.candidates])
        rows.add("option", np.ones_like(self._options), (row, opened[entry], np.ones_like(entry)))
        self._limited: list[tuple[Integers, Integers]] = []
        for number, limit in enumerate(model.shipment_limits):
            amount = limit.amount[self._chosen]
            most = self.candidates[limit.most[self.candidates] < UNBOUNDED]
            least = self.candidates[limit.least[self.candidates] > 0]
            self._limited.append((most, least))
            for kind, bounded, by, sign in (("most", most, limit.most, 1), ("least", least, limit.least, -1)):
                lots = np.flatnonzero(np.isin(candidate, bounded))
                every = np.arange(len(bounded))
                holds = every, opened[self.candidates.searchsorted(bounded)], -sign * by[bounded]
                carried = bounded.searchsorted(candidate[lots]), lots, sign * amount[lots]
                rows.add(f"{kind} of shipment {number}", 0 * every, carried, holds)

    def _lp(self) -> highspy.HighsLp:
        row, column, value, most = (np.concatenate(part) for part in self._rows[:4])
        order = np.lexsort((column, row))
        columns = np.append(self._placements.most, np.ones(len(self.candidates), dtype=np.int64))
        lp = program_of(columns, most, row[order], column[order], value[order])
        kinds = highspy.HighsVarType
        of_lots = [
            kinds.kInteger if lot > 1 or self._in_units else kinds.kContinuous for lot in self._placements.lot.tolist()
        ]
        lp.integrality_ = [*of_lots, *[kinds.kInteger] * len(self.candidates)]
        return lp

    def hold(self, part: Part, most: int, *, loosely: bool = False) -> None:
        """Allows no more of this part; `loosely`, half a unit more, which lets rounding errors pass."""
        costs = self._costs(part)
        scale = max(MONEY_UNIT, int(np.abs(costs).max(initial=0))) / MONEY_UNIT
        columns = np.flatnonzero(costs)
        self._held.append((self._highs.getNumRow(), scale))
        self.limit(columns, costs[columns] / scale, (most + 0.5 * loosely) / scale)

    def limit(self, columns: Integers, values: Integers | Floats, most: float) -> None:
        """Adds a constraint: the most that the sum of these columns, each times its value, may be."""
        self._highs.addRow(-highspy.kHighsInf, most, len(columns), columns.astype(np.int32), values.astype(float))

    def _costs(self, part: Part) -> Integers:
        return np.append(part.cost[self._chosen], part.opening[self.candidates])

    def _minimise(self, part: Part) -> int:
        """Sets the objective; how many units of cost are one of HiGHS's."""
        costs, unit = self._costs(part), 1
        if part.opening.any():
            unit = max(MONEY_UNIT, int(np.abs(costs).max(initial=0)) // DEAREST)
        set_costs(self._highs, costs / unit)
        return unit

    def relax(self, part: Part, most_iterations: int) -> Relaxed:
        """Solves the linear relaxation for the least of a part. After `most_iterations` it stops: the duals are then
        worse, but bound every choice all the same.
        """
        scale = 1 if part.opening.any() else FRACTION
        unit = self._minimise(part)
        set_options(
            self._highs,
            {"solve_relaxation": True, "simplex_iteration_limit": min(most_iterations, MOST_ITERATIONS)},
        )
        self._highs.run()
        solution, kinds = self._highs.getSolution(), self._rows.kinds
        duals = np.array(solution.row_dual) * (-unit * scale)
        whole = np.clip(np.rint(duals), 0, HIGHEST).astype(np.int64)
        stock, node = np.zeros_like(self._model.supply), np.zeros_like(self._model.room)
        stock[self._stocks], node[self._nodes] = whole[kinds["stock"]], whole[kinds["node"]]
        held = [int(np.clip(np.rint(duals[row] / by), 0, HIGHEST)) for row, by in self._held]
        opened = np.rint(np.array(solution.col_value[len(self._chosen) :]) * FRACTION).astype(np.int64)
        limits = [np.zeros_like(limit.most) for limit in self._model.limits]
        for number, (limit, of_groups) in enumerate(zip(self._model.limits, limits, strict=True)):
            of_groups[limit.is_limited] = whole[kinds[f"limit {number}"]]
        shipment_limits, option = self._limit_duals(whole)
        values = Duals(
            scale=scale,
            line=whole[kinds["line"]],
            shipment=int(whole[kinds["shipment"]][0]),
            stock=stock,
            node=node,
            held=held,
            limits=limits,
            shipment_limits=shipment_limits,
            option=option,
        )
        return Relaxed(values, opened, self._highs.getInfo().simplex_iteration_count)

    def _limit_duals(self, whole: Integers) -> tuple[list[LimitDuals], Integers]:
        limits, option = list[LimitDuals](), np.zeros_like(self._model.opening)
        if self._model.shipment_limits:
            option[self._options] = whole[self._rows.kinds["option"]]
            for number, (most, least) in enumerate(self._limited):
                duals = LimitDuals(np.zeros_like(option), np.zeros_like(option))
                duals.most[most] = whole[self._rows.kinds[f"most of shipment {number}"]]
                duals.least[least] = whole[self._rows.kinds[f"least of shipment {number}"]]
                limits.append(duals)
        return limits, option

    def solve(self, part: Part, start: Integers | None = None) -> Solved:
        """Looks for the least of a part, starting from these values of the columns, if they are given."""
        unit = self._minimise(part)
        if start is not None:
            start_from(self._highs, start)
        self._highs.run()
        info, bound = self._highs.getInfo(), None
        if isfinite(info.mip_dual_bound):
            margin = TOLERANCE * (int(self._model.quantity.sum()) + len(self.candidates))
            bound = ceil((info.mip_dual_bound - margin) * unit)
        values = None
        if info.primal_solution_status == FEASIBLE:
            values = np.rint(np.array(self._highs.getSolution().col_value)).astype(np.int64)
        return Solved(values, bound, self._highs.getModelStatus() == highspy.HighsModelStatus.kInfeasible)


def _shared(numbers: Integers) -> tuple[Integers, Integers, Integers]:
    """The numbers that stand there several times; the places where they stand, and for each place the index among these
    numbers.
    """
    distinct, index, counts = np.unique(numbers, return_inverse=True, return_counts=True)
    several = counts > 1
    places = np.flatnonzero(several[index])
    return distinct[several], places, (several.cumsum() - 1)[index[places]]
