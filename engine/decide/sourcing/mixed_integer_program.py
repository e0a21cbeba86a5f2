"""The problem as a mixed integer program for HiGHS, which is asked where the search has used up its steps.

The parts of the comparison are minimised one after another, each with the parts before held where they are. HiGHS works
in floating point, so it is not taken at its word: its choices are rounded, checked and scored in integers, and its
lower bounds are lowered by a margin before they are rounded up. It runs in one thread from a fixed seed and stops after
a number of events, never after a time, so that the same problem gives the same answer.
"""

from collections.abc import Callable, Collection, Iterator, Mapping, Sequence
from math import ceil, isfinite
from operator import attrgetter
from typing import NamedTuple, TypeAlias

import highspy
import numpy as np

from engine.decide.sourcing.objective import Weights
from engine.decide.sourcing.problem import Price, Problem
from engine.decide.sourcing.weighted_candidates import WeightedCandidate
from engine.model.facts import OptionKey

OPTIONS = {
    "output_flag": False,
    "threads": 1,
    "random_seed": 0,
    "mip_rel_gap": 0.0,
    "mip_abs_gap": 0.0,
    "mip_feasibility_tolerance": 1e-9,
    "primal_feasibility_tolerance": 1e-9,
}
FEASIBLE = 2
"""What HiGHS calls the status of a solution that keeps to all constraints."""
TOLERANCE = 1e-7
"""By how much HiGHS may misjudge what a unit, or opening a shipment, costs: in units of its objective."""
MONEY_UNIT, DEAREST = 1_000, 10**7
"""Micros to a unit of HiGHS's objective; more of them where a cost would exceed DEAREST units."""
EVENTS = 150_000
"""HiGHS reports an event at each round of cuts and at each node. It stops after so many, divided by the number of its
columns, in all runs together.
"""
COLUMNS, ROUNDS = 1_200, 6
"""HiGHS is given so many candidates as carry up to COLUMNS lines together, chosen in so many rounds."""
ALTERNATIVES = 8
"""So many choices of the least cost are looked for, each before the last in the tie-break."""

Units: TypeAlias = Mapping[tuple[OptionKey, int], int]
_Terms: TypeAlias = Sequence[tuple[int, int]]
"""(column, coefficient) pairs."""


class ProgramSolution(NamedTuple):
    """The best choice found. No choice costs less than `lower_bound`, in weights and without the tie-break; it is None
    if not all candidates were looked at. `is_first`: of the choices that cost the same, this one has the shipments that
    the tie-break prefers.
    """

    units: Units
    lower_bound: int | None
    is_first: bool


def improve(
    problem: Problem,
    weights: Weights,
    candidates: Sequence[WeightedCandidate],
    used: Collection[OptionKey],
    allocate: Callable[[Collection[OptionKey]], Units],
) -> ProgramSolution:
    """A choice better than the one that uses these shipments, or that one. `allocate` gives the units if some shipments
    are opened.
    """

    def program_of(chosen: Sequence[WeightedCandidate]) -> Program:
        return Program(problem, weights, chosen, allocate)

    chosen = _promising_candidates(problem, candidates, used, program_of)
    return program_of(chosen).solve(allocate(used), is_whole=len(chosen) == len(candidates))


class Relaxed(NamedTuple):
    """The duals of the linear relaxation, of a unit by line and of one more shipment, and what it opens in part."""

    duals: Sequence[float]
    toll: float
    opened: Collection[OptionKey]


class _Placement(NamedTuple):
    """A line on a candidate, by number: `lot` units at a time, all of them if the line is kept together, and up to
    `most` lots.
    """

    candidate: int
    line: int
    lot: int
    most: int
    price: Price


class Program:
    """The columns are the lots of each placement, then for each candidate whether it is opened."""

    def __init__(
        self,
        problem: Problem,
        weights: Weights,
        candidates: Sequence[WeightedCandidate],
        allocate: Callable[[Collection[OptionKey]], Units],
    ) -> None:
        self._problem, self._weights, self._candidates, self._allocate = problem, weights, candidates, allocate
        prices = {candidate.key: candidate.prices for candidate in problem.candidates}
        lots = [demand.quantity if demand.together else 1 for demand in problem.demands]
        self._placements = [
            _Placement(number, line, lots[line], node_stock.units[line] // lots[line], prices[key][line])
            for number, (key, _, costs, node_stock) in enumerate(candidates)
            for line in costs
        ]
        self._opened = range(len(self._placements), len(self._placements) + len(candidates))
        self._columns = {
            (candidates[placement.candidate].key, placement.line): column
            for column, placement in enumerate(self._placements)
        }
        self._ordered = sum([demand.quantity for demand in problem.demands])
        self._rows = list(self._constraints())
        self._events_left = EVENTS // self._opened.stop
        self._margin = TOLERANCE * (self._ordered + len(candidates))
        self._highs: highspy.Highs = highspy.Highs()  # type: ignore[no-untyped-call]
        for name, value in OPTIONS.items():
            self._highs.setOptionValue(name, value)
        self._highs.cbMipInterrupt.subscribe(self._count_event)
        self._highs.passModel(self._model())

    def _count_event(self, event: highspy.highs.HighsCallbackEvent) -> None:
        self._events_left -= 1
        if self._events_left <= 0:
            event.interrupt()

    def _constraints(self) -> Iterator[tuple[_Terms, int]]:
        """Each constraint: terms, and the most that their sum may be."""
        problem, opened = self._problem, self._opened
        by_line: dict[int, list[tuple[int, int]]] = {}
        by_stock: dict[tuple[str, str], list[tuple[int, int]]] = {}
        by_shipment: dict[tuple[int, str], list[tuple[int, int]]] = {}
        by_node: dict[str, list[tuple[int, int]]] = {}
        lots_of: list[list[tuple[int, int]]] = [[] for _ in opened]
        for column, (number, line, lot, _, _) in enumerate(self._placements):
            node, sku = self._candidates[number].key.node, problem.demands[line].sku
            by_line.setdefault(line, []).append((column, lot))
            by_stock.setdefault((node, sku), []).append((column, lot))
            by_shipment.setdefault((number, sku), []).append((column, lot))
            lots_of[number].append((column, -1))
        for line in range(len(problem.demands)):  # the first rows, see `relax`
            yield by_line.get(line, []), problem.demands[line].quantity
        most_opened = len(opened) if problem.max_shipments is None else problem.max_shipments
        yield [(column, 1) for column in opened], most_opened
        for column, (number, _, _, most, _) in enumerate(self._placements):
            yield [(column, 1), (opened[number], -most)], 0
        for stock, terms in by_stock.items():
            yield terms, problem.supply[stock]
        for (number, sku), terms in by_shipment.items():
            if len(terms) > 1:
                supply = problem.supply[self._candidates[number].key.node, sku]
                yield [*terms, (opened[number], -supply)], 0
        for candidate, column, lots in zip(self._candidates, opened, lots_of, strict=True):
            by_node.setdefault(candidate.key.node, []).append((column, 1))
            yield [(column, 1), *lots], 0
        for node, terms in by_node.items():
            yield terms, problem.room.get(node, len(terms))

    def _model(self) -> highspy.HighsLp:
        columns = self._opened.stop
        lp = highspy.HighsLp()
        lp.num_col_, lp.num_row_ = columns, len(self._rows)
        lp.col_cost_ = lp.col_lower_ = np.zeros(columns)
        lp.col_upper_ = np.array([placement.most for placement in self._placements] + [1] * len(self._opened), float)
        lp.integrality_ = [
            highspy.HighsVarType.kInteger if placement.lot > 1 else highspy.HighsVarType.kContinuous
            for placement in self._placements
        ] + [highspy.HighsVarType.kInteger] * len(self._opened)
        lp.row_lower_ = np.full(len(self._rows), -highspy.kHighsInf)
        lp.row_upper_ = np.array([most for _, most in self._rows], float)
        lp.a_matrix_.format_ = highspy.MatrixFormat.kRowwise
        lp.a_matrix_.start_ = np.cumsum([0] + [len(terms) for terms, _ in self._rows])
        lp.a_matrix_.index_ = np.array([column for terms, _ in self._rows for column, _ in terms], np.int32)
        lp.a_matrix_.value_ = np.array([value for terms, _ in self._rows for _, value in terms], float)
        return lp

    def relax(self, costs: Mapping[OptionKey, Mapping[int, float]], fixed: Mapping[OptionKey, float]) -> Relaxed:
        """Solves the linear relaxation at these costs, of a unit by candidate and line and of opening a candidate."""
        keys = [candidate.key for candidate in self._candidates]
        objective = [lot * costs[keys[number]][line] for number, line, lot, _, _ in self._placements]
        self._set_objective(list(enumerate([*objective, *[fixed[key] for key in keys]])), 1)
        self._highs.setOptionValue("solve_relaxation", True)  # noqa: FBT003 - HiGHS's own order of arguments
        self._highs.run()
        solution, lines = self._highs.getSolution(), len(self._problem.demands)
        opened = [key for key, column in zip(keys, self._opened, strict=True) if solution.col_value[column] > TOLERANCE]
        return Relaxed([-dual for dual in solution.row_dual[:lines]], -solution.row_dual[lines], opened)

    def solve(self, units: Units, *, is_whole: bool) -> ProgramSolution:
        """The best choice; HiGHS starts from `units`. The program `is_whole` if it has all candidates."""
        weights, placements = self._weights, self._placements
        least_tier = min([placement.price.tier for placement in placements], default=0)
        parts = (
            (weights.unfilled, [-placement.lot for placement in placements]),
            (weights.unless_needed, [placement.lot * placement.price.unless_needed for placement in placements]),
            (weights.tier, [placement.lot * placement.price.tier for placement in placements]),
            (1, self._money()),
        )
        lower_bound, is_proven = self._ordered * weights.unfilled, True
        for weight, costs in parts:
            # the least that each part can be at all; money weighs less than a quarter of a tier
            least = {
                weights.unfilled: -self._ordered,
                weights.unless_needed: 0,
                weights.tier: sum(units.values()) * least_tier,
            }.get(weight, -(weights.tier // 4))
            terms = [(column, cost) for column, cost in enumerate(costs) if cost]
            if self._value(terms, units) > least:
                units, least = self._minimise(terms, units, least)
            amount = self._value(terms, units)
            if is_proven:
                lower_bound += weight * min(least, amount)
                is_proven = least >= amount
                if not is_proven and weight > 1:
                    lower_bound -= weights.tier // 4
            if weight == weights.unfilled and self._problem.ship_complete and sum(units.values()) < self._ordered:
                return ProgramSolution(units, lower_bound - weights.tier // 4, is_first=False)
            # later runs don't look for more of this part; half a micro more lets rounding errors pass
            self._add_row(terms, amount + (0.5 if weight == 1 else 0))
        if not is_proven or not is_whole:
            return ProgramSolution(units, lower_bound if is_whole else None, is_first=False)
        return self._first_of_cheapest(units, lower_bound)

    def _money(self) -> list[int]:
        opening = [candidate.fixed for candidate in self._candidates]
        return [placement.lot * placement.price.money for placement in self._placements] + opening

    def _first_of_cheapest(self, units: Units, cost: int) -> ProgramSolution:
        """Of the choices that cost as much as `units`, the one whose shipments come first in the tie-break."""
        for _ in range(ALTERNATIVES if self._events_left > 0 else 0):
            first_row = self._highs.getNumRow()
            rows = list(self._earlier_shipments(units))
            for terms, most in rows:
                self._add_row(terms, most)
            earlier = self._run()
            is_impossible = self._highs.getModelStatus() == highspy.HighsModelStatus.kInfeasible
            self._highs.deleteRows(len(rows), np.arange(first_row, first_row + len(rows), dtype=np.int32))
            if is_impossible:
                return ProgramSolution(units, cost, is_first=True)
            if earlier is None or self._cost(earlier) != cost:
                break
            units = earlier
        return ProgramSolution(units, cost, is_first=False)

    def _earlier_shipments(self, units: Units) -> Iterator[tuple[_Terms, int]]:
        """Rows that hold exactly for the sets of shipments that the tie-break prefers to those of `units`: fewer, or as
        many, and of the shipments that only one of the two sets has, the first is theirs.
        """
        used = {placement.candidate for placement in self._carrying(units)}
        yield [(column, 1) for column in self._opened], len(used)
        yield [(self._opened[number], 1) for number in sorted(used)], len(used) - 1
        for number in used:
            # if it is not among them, an earlier one is, or they are fewer
            yield (
                [
                    (self._opened[other], 1)
                    for other in range(len(self._candidates))
                    if other > number or (other < number and other in used)
                ],
                len(used) - 1,
            )

    def _minimise(self, terms: _Terms, units: Units, least: int) -> tuple[Units, int]:
        """The units for which the terms are least, or `units` if HiGHS finds none that cost less, and a lower bound of
        the terms; `least` is one that is known.
        """
        if self._events_left <= 0:
            return units, least
        unit = 1
        if any(column in self._opened for column, _ in terms):
            unit = max(MONEY_UNIT, *[abs(cost) // DEAREST for _, cost in terms])
        self._set_objective(terms, unit)
        start = highspy.HighsSolution()
        start.col_value = [float(value) for value in self._values(units)]
        self._highs.setSolution(start)
        better = self._run()
        if better is not None and self._cost(better) < self._cost(units):
            units = better
        bound = self._highs.getInfo().mip_dual_bound
        return units, max(least, ceil((bound - self._margin) * unit)) if isfinite(bound) else least

    def _run(self) -> Units | None:
        """The units of the best choice that HiGHS finds, None if it finds no allowed one."""
        self._highs.run()
        values = self._highs.getSolution().col_value
        if len(values) != self._opened.stop or self._highs.getInfo().primal_solution_status != FEASIBLE:
            return None
        units = {
            (self._candidates[placement.candidate].key, placement.line): round(value) * placement.lot
            for placement, value in zip(self._placements, values, strict=False)
            if round(value)
        }
        opened = zip(self._candidates, self._opened, strict=True)
        allocated = self._allocate([candidate.key for candidate, column in opened if round(values[column])])
        return min(filter(self._is_allowed, (units, allocated)), key=self._cost, default=None)

    def _is_allowed(self, units: Units) -> bool:
        values = self._values(units)
        return all(sum([value * values[column] for column, value in terms]) <= most for terms, most in self._rows)

    def _set_objective(self, terms: Sequence[tuple[int, float]], unit: int) -> None:
        costs = np.zeros(self._opened.stop)
        for column, cost in terms:
            costs[column] = cost / unit
        self._highs.changeColsCost(len(costs), np.arange(len(costs), dtype=np.int32), costs)

    def _add_row(self, terms: _Terms, most: float) -> None:
        scale = max([MONEY_UNIT, *[abs(value) for _, value in terms]]) / MONEY_UNIT
        columns = np.array([column for column, _ in terms], np.int32)
        values = np.array([value / scale for _, value in terms], float)
        self._highs.addRow(-highspy.kHighsInf, most / scale, len(columns), columns, values)

    def _carrying(self, units: Units) -> list[_Placement]:
        return [self._placements[self._columns[item]] for item in units]

    def _values(self, units: Units) -> list[int]:
        """The value of each column."""
        values = [0] * self._opened.stop
        for item, count in units.items():
            column = self._columns[item]
            values[column] = count // self._placements[column].lot
            values[self._opened[self._placements[column].candidate]] = 1
        return values

    def _value(self, terms: _Terms, units: Units) -> int:
        values = self._values(units)
        return sum([value * values[column] for column, value in terms])

    def _cost(self, units: Units) -> int:
        """The weighted cost, without the tie-break."""
        carrying = self._carrying(units)
        return (
            (self._ordered - sum(units.values())) * self._weights.unfilled
            + sum([self._candidates[number].fixed for number in {placement.candidate for placement in carrying}])
            + sum(
                [
                    count * self._candidates[number].costs[line]
                    for (number, line, _, _, _), count in zip(carrying, units.values(), strict=True)
                ]
            )
        )


def _promising_candidates(
    problem: Problem,
    candidates: Sequence[WeightedCandidate],
    used: Collection[OptionKey],
    program_of: Callable[[Sequence[WeightedCandidate]], Program],
) -> list[WeightedCandidate]:
    """The candidates worth giving to HiGHS: all of them, or those that carry up to COLUMNS lines together.

    Found by column generation: the linear relaxation over some candidates gives duals, at which all of them are priced;
    those with the largest surplus are the next ones. A unit left unfilled costs more here than one that is
    `unless_needed`, that more than a tier and that more than any money of a unit, but not than that of all units.
    """
    if sum([len(candidate.costs) for candidate in candidates]) <= COLUMNS:
        return list(candidates)
    priced = {candidate.key: candidate for candidate in problem.candidates}
    dearest = max([abs(price.money) for key in priced for price in priced[key].prices.values()] + [0])
    tier = dearest + max([candidate.fixed for candidate in candidates])
    fixed = {candidate.key: candidate.fixed / MONEY_UNIT for candidate in candidates}
    costs = {
        key: {
            line: (
                priced[key].prices[line].money
                + tier * (priced[key].prices[line].tier + 10 * priced[key].prices[line].unless_needed - 100)
            )
            / MONEY_UNIT
            for line in of_lines
        }
        for key, _, of_lines, _ in candidates
    }
    relaxed = Relaxed([0.0] * len(problem.demands), 0.0, used)
    for _ in range(ROUNDS):
        surplus = {
            key: sum([max(0.0, -cost - relaxed.duals[line]) * stock.units[line] for line, cost in costs[key].items()])
            - fixed[key]
            - relaxed.toll
            for key, _, _, stock in candidates
        }
        first = {*used, *relaxed.opened}
        chosen, left = [], COLUMNS
        for candidate in sorted(candidates, key=lambda one: (one.key not in first, -surplus[one.key], one.key)):
            left -= len(candidate.costs)
            if left >= 0 or candidate.key in used:
                chosen.append(candidate)
        chosen.sort(key=attrgetter("key"))
        relaxed = program_of(chosen).relax(costs, fixed)
    return chosen
