"""Leaves out of a problem what the bounds of its shipments rule out, and the bounds that rule out nothing."""

from collections import Counter
from collections.abc import Iterator, Sequence
from dataclasses import replace

from engine.decide.sourcing.problem import UNBOUNDED, Bounds, Candidate, Demand, Problem
from engine.decide.sourcing.tightening import demands_by_set
from engine.model.facts import OptionKey


def tightened(problem: Problem) -> Problem:
    """The same problem, without lines and sets that a candidate has no room for, candidates that can't reach their
    lower bound, and bounds that any shipment of the order keeps to.
    """
    candidates = list(_possible(problem))
    bands = Counter(candidate.key.option for candidate in candidates)
    weight = sum(demand.weight * demand.quantity for demand in problem.demands)
    units = sum(demand.quantity for demand in problem.demands)
    tight = [
        replace(candidate, bounds=_binding(candidate, problem, weight, units, alone=bands[candidate.key.option] == 1))
        for candidate in candidates
    ]
    return replace(problem, candidates=tight)


def _possible(problem: Problem) -> Iterator[Candidate]:
    sets = demands_by_set(problem.demands).values()
    for candidate in problem.candidates:
        bounds = candidate.bounds
        if bounds is None:
            yield candidate
            continue
        prices = {
            line: price
            for line, price in candidate.prices.items()
            if _has_room(bounds, problem.demands[line], problem.multiples.get((candidate.key.node, line), 1))
        }
        for lines in sets:
            if not _has_room_for_set(bounds, [problem.demands[line] for line in lines if line in prices], len(lines)):
                prices = {line: price for line, price in prices.items() if line not in lines}
        most_weight = most_units = 0
        for line in prices:
            demand = problem.demands[line]
            units = min(demand.quantity, problem.supply.get((candidate.key.node, demand.sku), 0))
            most_weight += units * demand.weight
            most_units += units
        if prices and most_weight >= bounds.least_weight and most_units >= bounds.least_units:
            yield replace(candidate, prices=prices)


def _has_room(bounds: Bounds, demand: Demand, multiple: int) -> bool:
    """Whether the least that ships of the line does not exceed the bounds by itself."""
    units = demand.quantity if demand.together else multiple
    return units * demand.weight <= bounds.most_weight and units <= bounds.most_units


def _has_room_for_set(bounds: Bounds, demands: Sequence[Demand], size: int) -> bool:
    """Whether these are all demands of a set, and together they do not exceed the bounds."""
    weight = sum(demand.quantity * demand.weight for demand in demands)
    units = sum(demand.quantity for demand in demands)
    return len(demands) == size and weight <= bounds.most_weight and units <= bounds.most_units


def _binding(candidate: Candidate, problem: Problem, weight: int, units: int, *, alone: bool) -> Bounds | None:
    """The bounds, without those above that the whole order keeps to. None if they bind nothing, and the candidate is
    the only band of its option.
    """
    bounds = candidate.bounds
    if bounds is None:
        return None if alone else Bounds()
    tight = bounds._replace(
        most_weight=UNBOUNDED if weight <= bounds.most_weight else bounds.most_weight,
        most_units=UNBOUNDED if units <= bounds.most_units else bounds.most_units,
        least_units=0 if bounds.least_units <= 1 else bounds.least_units,
    )
    lightest = min(problem.demands[line].weight for line in candidate.prices)
    if tight.least_weight <= lightest:
        tight = tight._replace(least_weight=0)
    return None if alone and tight == Bounds() else tight


def siblings(keys: list[OptionKey]) -> list[int]:
    """A number for each option, by candidate: those of one option have the same."""
    numbers: dict[OptionKey, int] = {}
    return [numbers.setdefault(key.option, len(numbers)) for key in keys]
