"""Tightens a problem by what multiples, sets, capacities, caps and limits of lots rule out at once, before any bound is
worked out.

No choice is lost: what is taken away could not ship in any. Afterwards most problems have nothing left that couples
lines of different SKUs, and the bounds, which know nothing of such couplings, are close again.
"""

from collections import Counter
from collections.abc import Iterable, Mapping, Sequence
from dataclasses import replace
from math import gcd

from engine.decide.sourcing.problem import Candidate, Capacity, Demand, LotLimit, Price, Problem
from engine.decide.sourcing.sku_caps import binding, supply_within
from engine.model.facts import OptionKey


def tighten(problem: Problem) -> tuple[Problem, int]:
    """The same problem without what can't ship, and how many units of the order are left out of it by that: those that
    make no multiple.
    """
    if not has_couplings(problem):
        return problem, 0
    supply = supply_within(problem.caps, _within_capacity(problem))
    demands = _whole_sets(problem.demands)
    multiples = {place: multiple for place, multiple in problem.multiples.items() if multiple > 1}
    problem = replace(problem, demands=demands, supply=supply, multiples=multiples)
    sets, of_lots = demands_by_set(demands).values(), _most_of_lots(problem)
    candidates = [_that_can_ship(problem, sets, of_lots, each) for each in problem.candidates]
    problem = replace(problem, candidates=[each for each in candidates if each.prices])
    problem = replace(problem, lot_limits=_of_places_left(problem))
    trimmed = _trimmed_to_multiples(problem)
    left_out = sum([demand.quantity for demand in demands]) - sum([demand.quantity for demand in trimmed])
    problem = replace(problem, demands=trimmed)
    problem = replace(problem, supply=_whole_multiples(problem))
    caps = binding(problem.caps, trimmed, problem.supply)
    return replace(problem, capacity=_scarce(problem), caps=caps), left_out


def has_couplings(problem: Problem) -> bool:
    """Whether there are multiples, sets, capacities, caps or limits of lots at all."""
    coupled = problem.multiples or problem.capacity or problem.caps or problem.lot_limits
    return bool(coupled) or any(demand.set_name is not None for demand in problem.demands)


def common_multiples(problem: Problem) -> dict[int, int]:
    """By demand, of what number all that any candidate ships of it is a multiple; without an entry, it may be 1."""
    common: dict[int, int] = {}
    for candidate in problem.candidates if problem.multiples else ():
        for index in candidate.prices:
            common[index] = gcd(common.get(index, 0), problem.multiples.get((candidate.key.node, index), 1))
    return common


def demands_by_set(demands: Sequence[Demand]) -> dict[str, list[int]]:
    """The indexes of the demands of each set."""
    sets: dict[str, list[int]] = {}
    for index, demand in enumerate(demands):
        if demand.set_name is not None:
            sets.setdefault(demand.set_name, []).append(index)
    return sets


def _whole_sets(demands: Sequence[Demand]) -> list[Demand]:
    """Each line of a set is kept together; a line that is alone in its set is nothing more than that."""
    sizes = Counter([demand.set_name for demand in demands])
    return [
        demand
        if demand.set_name is None
        else replace(demand, together=True, set_name=demand.set_name if sizes[demand.set_name] > 1 else None)
        for demand in demands
    ]


def _within_capacity(problem: Problem) -> Mapping[tuple[str, str], int]:
    """The supply, no more of a SKU than the capacity of its node is enough for."""
    if not problem.capacity:
        return problem.supply
    weights = {demand.sku: demand.weight for demand in problem.demands}

    def most(node: str, sku: str, free: int) -> int:
        units, weight = problem.capacity.get(node, Capacity())
        if units is not None:
            free = min(free, max(0, units))
        if weight is not None and weights.get(sku):
            free = min(free, max(0, weight) // weights[sku])
        return free

    return {place: most(*place, free) for place, free in problem.supply.items()}


def _most_of_lots(problem: Problem) -> dict[tuple[OptionKey, int], int]:
    """How many units a candidate takes of a demand at most, where some lots of its node are too old for it."""
    most: dict[tuple[OptionKey, int], int] = {}
    for limit in problem.lot_limits:
        for place in limit.places:
            most[place] = min(limit.most, most.get(place, limit.most))
    return most


def _of_places_left(problem: Problem) -> list[LotLimit]:
    """The limits of lots, of what can still ship."""
    if not problem.lot_limits:
        return []
    left = {(candidate.key, index) for candidate in problem.candidates for index in candidate.prices}
    limits = [limit._replace(places=limit.places & left) for limit in problem.lot_limits]
    return [limit for limit in limits if limit.places]


def _that_can_ship(
    problem: Problem,
    sets: Iterable[Sequence[int]],
    of_lots: Mapping[tuple[OptionKey, int], int],
    candidate: Candidate,
) -> Candidate:
    """The candidate with those prices only whose lines it can ship: of a set all lines or none. `of_lots` is how many
    units it takes of a line at most.
    """
    node, prices = candidate.key.node, dict(candidate.prices)
    for index in candidate.prices:
        demand, multiple = problem.demands[index], problem.multiples.get((node, index), 1)
        least = demand.quantity if demand.together else multiple
        free = problem.supply.get((node, demand.sku), 0)
        most = min(free, demand.quantity, of_lots.get((candidate.key, index), free))
        if most < least or least % multiple:
            del prices[index]
    for lines in sets:
        if not _carries(problem, node, prices, lines):
            for index in lines:
                prices.pop(index, None)
    return candidate if len(prices) == len(candidate.prices) else replace(candidate, prices=prices)


def _carries(problem: Problem, node: str, prices: Mapping[int, Price], lines: Sequence[int]) -> bool:
    """Whether the node can ship all of these lines together."""
    demands = [problem.demands[index] for index in lines]
    of_skus = Counter[str]()
    for demand in demands:
        of_skus[demand.sku] += demand.quantity
    units, weight = problem.capacity.get(node, Capacity())
    return (
        all(index in prices for index in lines)
        and all(problem.supply.get((node, sku), 0) >= count for sku, count in of_skus.items())
        and (units is None or sum(of_skus.values()) <= units)
        and (weight is None or sum([demand.quantity * demand.weight for demand in demands]) <= weight)
    )


def _trimmed_to_multiples(problem: Problem) -> list[Demand]:
    """The demands without the units that make no multiple anywhere. A line kept together ships whole, or not at all."""
    common = common_multiples(problem)
    return [
        demand
        if demand.together
        else replace(demand, quantity=demand.quantity - demand.quantity % common.get(index, 1))
        for index, demand in enumerate(problem.demands)
    ]


def _whole_multiples(problem: Problem) -> Mapping[tuple[str, str], int]:
    """The supply, rounded down to what all lines of its SKU take from there in multiples of."""
    if not problem.multiples:
        return problem.supply
    steps: dict[tuple[str, str], int] = {}
    for candidate in problem.candidates:
        for index in candidate.prices:
            place = candidate.key.node, problem.demands[index].sku
            steps[place] = gcd(steps.get(place, 0), problem.multiples.get((candidate.key.node, index), 1))
    return {place: free - free % steps.get(place, 1) for place, free in problem.supply.items()}


def _scarce(problem: Problem) -> dict[str, Capacity]:
    """The capacities that what the node could ship at most exceeds: those of nodes that ship several SKUs."""
    wanted: dict[tuple[str, str], set[int]] = {}
    for candidate in problem.candidates:
        node = candidate.key.node
        for index in candidate.prices if node in problem.capacity else ():
            wanted.setdefault((node, problem.demands[index].sku), set()).add(index)
    most: dict[str, list[tuple[int, int]]] = {}
    for place, lines in wanted.items():
        demands = [problem.demands[index] for index in lines]
        units = min(problem.supply[place], sum([demand.quantity for demand in demands]))
        most.setdefault(place[0], []).append((units, units * demands[0].weight))
    scarce = {}
    for node, of_node in most.items():
        most_units, most_weight = sum([units for units, _ in of_node]), sum([weight for _, weight in of_node])
        capacity = problem.capacity[node]
        needed = Capacity(
            capacity.units if capacity.units is not None and capacity.units < most_units else None,
            capacity.weight if capacity.weight is not None and capacity.weight < most_weight else None,
        )
        if needed != Capacity():
            scarce[node] = needed
    return scarce
