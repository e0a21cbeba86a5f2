"""The same choice made by HiGHS: a mixed integer program, solved once for each part of the comparison, with the values
of the parts before fixed.

HiGHS works in floating point. Its last answer is rounded to whole units and scored again in integers, and that score is
what is compared. Parts that no choice can change (no candidate is `unless_needed`, all tiers are equal) are not solved,
and each solve starts from the answer of the one before: HiGHS is used as well as we know how.
"""

import math
import time
from collections.abc import Iterator, Mapping, Sequence
from dataclasses import dataclass
from typing import TypeAlias

import highspy
import numpy as np

from engine.decide.sourcing.problem import Problem, Score
from engine.model.facts import OptionKey
from tests.bench.preference import NO_PREFERENCE, Preference

MONEY = 1_000
"""Micros to a unit of HiGHS's objective, so that costs stay below what it calls excessively large."""


Units: TypeAlias = Mapping[tuple[OptionKey, int], int]
"""By candidate key and line."""


class NotSolved(RuntimeError):
    """HiGHS ended with a status other than optimal."""


@dataclass(frozen=True, kw_only=True)
class HighsChoice:
    """`solving`: seconds spent in HiGHS itself, without building the program and reading the answer. `is_ended`:
    whether HiGHS proved each part of the comparison; otherwise this is the best it had found when its time was over.
    """

    score: Score
    units: Units
    solving: float
    is_ended: bool


@dataclass(frozen=True, kw_only=True)
class LineOnCandidate:
    """A line shipped by a candidate: `lot` units at a time (all of them if the line is kept together or of a set, or
    those of a multiple), up to `most` lots.
    """

    candidate: int
    line: int
    lot: int
    most: int


def choose_by_highs(
    problem: Problem, preference: Preference = NO_PREFERENCE, *, seconds: float = math.inf
) -> HighsChoice:
    """The best choice that HiGHS finds, in so many seconds of processor."""
    program = _Program(problem, preference, seconds)
    units = program.solve()
    units_ordered = sum(demand.quantity for demand in problem.demands)
    if problem.ship_complete and sum(units.values()) < units_ordered:
        units = {}
    return HighsChoice(
        score=score(problem, units), units=units, solving=program.seconds, is_ended=program.seconds < seconds
    )


def score(problem: Problem, units: Units) -> Score:
    """The score of a choice, computed in integers from the problem alone, not by the optimiser's code."""
    candidates = {candidate.key: candidate for candidate in problem.candidates}
    used = {key for key, _ in units}
    prices = [(count, candidates[key].prices[line]) for (key, line), count in units.items()]
    return Score(
        unfilled=sum(demand.quantity for demand in problem.demands) - sum(units.values()),
        unless_needed=sum(count * price.unless_needed for count, price in prices),
        tiers=sum(count * price.tier for count, price in prices),
        money=sum(count * price.money for count, price in prices)
        + sum(candidates[key].fixed for key in used)
        + problem.split_penalty * max(0, len(used) - 1),
    )


def allowed(problem: Problem, units: Units) -> bool:
    """Whether a choice respects every constraint of the problem."""
    taken: dict[tuple[str, str], int] = {}
    for (key, line), count in units.items():
        place = key.node, problem.demands[line].sku
        taken[place] = taken.get(place, 0) + count
    filled = [sum(count for (_, of), count in units.items() if of == line) for line in range(len(problem.demands))]
    used = {key for key, _ in units}
    nodes = [node for node, *_ in used]
    return (
        all(count <= problem.supply.get(place, 0) for place, count in taken.items())
        and all(count % problem.multiples.get((key.node, line), 1) == 0 for (key, line), count in units.items())
        and _sets_are_whole(problem, units)
        and _has_capacity(problem, units)
        and _keeps_to_caps(problem, units)
        and all(count <= demand.quantity for count, demand in zip(filled, problem.demands, strict=True))
        and all(
            units[key, line] == problem.demands[line].quantity for key, line in units if problem.demands[line].together
        )
        and (problem.max_shipments is None or len(used) <= problem.max_shipments)
        and all(nodes.count(node) <= room for node, room in problem.room.items())
        and (not problem.ship_complete or not units or sum(units.values()) == sum(d.quantity for d in problem.demands))
        and len({key[:3] for key in used}) == len(used)
        and all(_keeps_to_its_bounds(problem, key, units) for key in used)
    )


def _keeps_to_its_bounds(problem: Problem, key: OptionKey, units: Units) -> bool:
    (bounds,) = (candidate.bounds for candidate in problem.candidates if candidate.key == key)
    carried = [(problem.demands[line], count) for (of, line), count in units.items() if of == key]
    weight, count = sum(demand.weight * count for demand, count in carried), sum(count for _, count in carried)
    if bounds is None:
        return True
    return bounds.least_weight <= weight <= bounds.most_weight and bounds.least_units <= count <= bounds.most_units


def _sets_are_whole(problem: Problem, units: Units) -> bool:
    """Whether all lines of each set ship from one candidate, or none of them does."""
    shipped: dict[str, set[tuple[OptionKey, int]]] = {}
    for (key, line), count in units.items():
        if (name := problem.demands[line].set_name) is not None:
            shipped.setdefault(name, set()).add((key, line))
            if count != problem.demands[line].quantity:
                return False
    return all(
        len({key for key, _ in of_set}) == 1
        and {line for _, line in of_set} == {n for n, demand in enumerate(problem.demands) if demand.set_name == name}
        for name, of_set in shipped.items()
    )


def _has_capacity(problem: Problem, units: Units) -> bool:
    """Whether no node ships more units or grams than it may."""
    for node, (most_units, most_weight) in problem.capacity.items():
        counts = [(problem.demands[line], count) for (key, line), count in units.items() if key.node == node]
        if most_units is not None and sum(count for _, count in counts) > most_units:
            return False
        if most_weight is not None and sum(count * demand.weight for demand, count in counts) > most_weight:
            return False
    return True


def _keeps_to_caps(problem: Problem, units: Units) -> bool:
    """Whether the nodes of each cap ship no more of its SKU together."""
    return all(
        sum(count for (key, line), count in units.items() if key.node in nodes and problem.demands[line].sku == sku)
        <= most
        for sku, nodes, most in problem.caps
    )


def _placements(problem: Problem) -> Iterator[LineOnCandidate]:
    for number, candidate in enumerate(problem.candidates):
        for line in sorted(candidate.prices):
            demand = problem.demands[line]
            free = min(demand.quantity, problem.supply.get((candidate.key.node, demand.sku), 0))
            multiple = problem.multiples.get((candidate.key.node, line), 1)
            whole = demand.together or demand.set_name is not None
            lot = demand.quantity if whole else multiple
            if free >= lot and lot % multiple == 0:
                yield LineOnCandidate(candidate=number, line=line, lot=lot, most=free // lot)


class _Program:
    """The mixed integer program. Columns: the lots of each `LineOnCandidate`, then for each candidate whether it is
    opened, and last the shipments beyond the limit that is preferred.
    """

    def __init__(self, problem: Problem, preference: Preference, most_seconds: float) -> None:
        self._problem, self._preference = problem, preference
        self._placements = list(_placements(problem))
        self._columns = len(self._placements) + len(problem.candidates) + 1
        self._lots = self._column([placement.lot for placement in self._placements])
        self.seconds = 0.0
        self._most_seconds = most_seconds
        self._highs = highspy.Highs()
        for option, value in (("output_flag", False), ("mip_rel_gap", 0.0), ("mip_abs_gap", 0.0), ("threads", 1)):
            self._highs.setOptionValue(option, value)
        self._highs.passModel(self._model())
        for callback in (self._highs.cbMipInterrupt, self._highs.cbSimplexInterrupt):
            callback.subscribe(self._stop_when_over)

    def _stop_when_over(self, event: highspy.highs.HighsCallbackEvent) -> None:
        if time.process_time() - self._started + self.seconds > self._most_seconds:
            event.interrupt()

    def _column(self, lots: Sequence[int], opened: float = 0, extra: float = 0) -> np.ndarray:
        """A number for each column: those of the placements are `lots`."""
        return np.array([*lots, *[opened] * len(self._problem.candidates), extra], dtype=np.float64)

    def _model(self) -> highspy.HighsLp:
        rows = list(self._rows())
        lp = highspy.HighsLp()
        lp.num_col_, lp.num_row_ = self._columns, len(rows)
        lp.sense_ = highspy.ObjSense.kMinimize
        lp.col_cost_ = -self._lots
        lp.col_lower_ = np.zeros(self._columns)
        lp.col_upper_ = self._column(
            [placement.most for placement in self._placements], 1, len(self._problem.candidates)
        )
        lp.integrality_ = [highspy.HighsVarType.kInteger] * self._columns
        lp.row_lower_ = np.full(len(rows), -highspy.kHighsInf)
        lp.row_upper_ = np.array([most for _, most in rows], dtype=np.float64)
        lp.a_matrix_.format_ = highspy.MatrixFormat.kRowwise
        lp.a_matrix_.start_ = np.cumsum([0] + [len(terms) for terms, _ in rows])
        lp.a_matrix_.index_ = np.array([column for terms, _ in rows for column, _ in terms], dtype=np.int32)
        lp.a_matrix_.value_ = np.array([value for terms, _ in rows for _, value in terms], dtype=np.float64)
        return lp

    def _rows(self) -> Iterator[tuple[Sequence[tuple[int, int]], int]]:
        """Each constraint as ((column, coefficient) pairs, the most that their sum may be)."""
        problem, first = self._problem, len(self._placements)
        lines: dict[int, list[tuple[int, int]]] = {}
        stocks: dict[tuple[str, str], list[tuple[int, int]]] = {}
        nodes: dict[str, list[tuple[int, int]]] = {}
        options: dict[tuple, list[tuple[int, int]]] = {}
        for column, placement in enumerate(self._placements):
            lines.setdefault(placement.line, []).append((column, placement.lot))
            place = problem.candidates[placement.candidate].key.node, problem.demands[placement.line].sku
            stocks.setdefault(place, []).append((column, placement.lot))
            yield [(column, 1), (first + placement.candidate, -placement.most)], 0
        for number, candidate in enumerate(problem.candidates):
            nodes.setdefault(candidate.key.node, []).append((first + number, 1))
            options.setdefault(candidate.key[:3], []).append((first + number, 1))
        yield from ((terms, 1) for terms in options.values() if len(terms) > 1)
        yield from self._bounds()
        for line, terms in lines.items():
            yield terms, problem.demands[line].quantity
        for place, terms in stocks.items():
            if len(terms) > 1:
                yield terms, problem.supply[place]
        for node, terms in nodes.items():
            if node in problem.room:
                yield terms, problem.room[node]
        yield from self._sets()
        yield from self._capacities()
        yield from self._caps()
        opened = [(column, 1) for terms in nodes.values() for column, _ in terms]
        if problem.max_shipments is not None:
            yield opened, problem.max_shipments
        if self._preference.limit is not None:
            yield [*opened, (self._columns - 1, -1)], self._preference.limit

    def _bounds(self) -> Iterator[tuple[Sequence[tuple[int, int]], int]]:
        """What a shipment weighs and holds, at most and at least, if it is opened."""
        for number, candidate in enumerate(self._problem.candidates):
            if candidate.bounds is None:
                continue
            least_weight, most_weight, least_units, most_units = candidate.bounds
            carried = [
                (column, its.lot, its.lot * self._problem.demands[its.line].weight)
                for column, its in enumerate(self._placements)
                if its.candidate == number
            ]
            opened = len(self._placements) + number
            weights, counts = [(column, grams) for column, _, grams in carried], [(at, lot) for at, lot, _ in carried]
            for terms, least, most in ((weights, least_weight, most_weight), (counts, least_units, most_units)):
                everything = sum(amount * self._placements[column].most for column, amount in terms)
                yield [*terms, (opened, -min(most, everything))], 0
                yield [*((column, -amount) for column, amount in terms), (opened, least)], 0

    def _sets(self) -> Iterator[tuple[Sequence[tuple[int, int]], int]]:
        """On each candidate, each line of a set ships no more lots than the next one, and the last no more than the
        first. A line that can't ship there has no column: then no line of the set ships.
        """
        columns = {(each.candidate, each.line): column for column, each in enumerate(self._placements)}
        sets: dict[str, list[int]] = {}
        for line, demand in enumerate(self._problem.demands):
            if demand.set_name is not None:
                sets.setdefault(demand.set_name, []).append(line)
        for lines in sets.values():
            for candidate in range(len(self._problem.candidates)):
                for line, following in zip(lines, [*lines[1:], lines[0]], strict=True):
                    terms = [
                        (columns[candidate, each], sign)
                        for each, sign in ((line, 1), (following, -1))
                        if (candidate, each) in columns
                    ]
                    if line != following and terms:
                        yield terms, 0

    def _capacities(self) -> Iterator[tuple[Sequence[tuple[int, int]], int]]:
        problem = self._problem
        for node, (most_units, most_weight) in problem.capacity.items():
            there = [
                (column, each.lot, problem.demands[each.line].weight)
                for column, each in enumerate(self._placements)
                if problem.candidates[each.candidate].key.node == node
            ]
            if there and most_units is not None:
                yield [(column, lot) for column, lot, _ in there], most_units
            if there and most_weight is not None:
                yield [(column, lot * weight) for column, lot, weight in there if weight], most_weight

    def _caps(self) -> Iterator[tuple[Sequence[tuple[int, int]], int]]:
        for sku, nodes, most in self._problem.caps:
            yield (
                [
                    (column, each.lot)
                    for column, each in enumerate(self._placements)
                    if self._problem.candidates[each.candidate].key.node in nodes
                    and self._problem.demands[each.line].sku == sku
                ],
                most,
            )

    def solve(self) -> dict[tuple[OptionKey, int], int]:
        if not self._placements:
            return {}  # HiGHS calls a program without columns empty, and not optimal
        counts = self._run()
        units_ordered = sum(demand.quantity for demand in self._problem.demands)
        if not counts.any() or (self._problem.ship_complete and self._lots @ counts < units_ordered):
            return {}
        self._fix_part(self._lots, counts)
        for costs in self._parts():
            self._minimise(costs)
            counts = self._run(counts)
            self._fix_part(costs, counts)
        self._minimise(self._money())
        counts = self._run(counts)
        return {
            (self._problem.candidates[placement.candidate].key, placement.line): int(count) * placement.lot
            for placement, count in zip(self._placements, counts, strict=False)
            if count
        }

    def _parts(self) -> Iterator[np.ndarray]:
        """The costs by which parts between the units and the money are counted."""
        nothing = [0] * len(self._placements)
        if self._preference.limit is not None:
            yield self._column(nothing, extra=1)
        if self._differs(costs := self._costs("unless_needed")):
            yield costs
        if self._preference.fewest:
            yield self._column(nothing, opened=1)
        if self._differs(costs := self._costs("tier")):
            yield costs

    def _differs(self, costs: np.ndarray) -> bool:
        """Whether a unit costs more in one place than in another."""
        return len(set((costs / np.maximum(self._lots, 1))[: len(self._placements)])) > 1

    def _costs(self, attribute: str) -> np.ndarray:
        """The cost of each column in a part of the comparison that is counted by the unit."""
        candidates = self._problem.candidates
        prices = [
            getattr(candidates[placement.candidate].prices[placement.line], attribute) for placement in self._placements
        ]
        return self._lots * self._column(prices)

    def _money(self) -> np.ndarray:
        costs = self._costs("money")
        costs[len(self._placements) : -1] = [c.fixed + self._problem.split_penalty for c in self._problem.candidates]
        return costs / MONEY

    def _minimise(self, costs: np.ndarray) -> None:
        self._highs.changeColsCost(self._columns, np.arange(self._columns, dtype=np.int32), costs)

    def _fix_part(self, costs: np.ndarray, counts: np.ndarray) -> None:
        """Fixes the value of this part of the comparison for all later solves."""
        value = float(costs @ counts)
        columns = np.flatnonzero(costs).astype(np.int32)
        self._highs.addRow(value, value, len(columns), columns, costs[columns])
        solution = highspy.HighsSolution()
        solution.col_value = list(counts)
        self._highs.setSolution(solution)

    def _run(self, before: np.ndarray | None = None) -> np.ndarray:
        """The best values of the columns; if the time is over, the best that were found, at first those `before`."""
        before = np.zeros(self._columns) if before is None else before
        if self.seconds >= self._most_seconds:
            return before
        self._started = time.process_time()
        self._highs.run()
        self.seconds += time.process_time() - self._started
        status = self._highs.getModelStatus()
        if status == highspy.HighsModelStatus.kInterrupt:
            self.seconds = max(self.seconds, self._most_seconds)
            has_found = self._highs.getInfo().primal_solution_status == highspy.SolutionStatus.kSolutionStatusFeasible
            return np.rint(np.array(self._highs.getSolution().col_value)) if has_found else before
        if status != highspy.HighsModelStatus.kOptimal:
            raise NotSolved(self._highs.modelStatusToString(status))
        return np.rint(np.array(self._highs.getSolution().col_value))
