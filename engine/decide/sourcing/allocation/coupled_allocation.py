"""What SKUs cost together that no transport problem of one SKU can tell apart: lines of one set, SKUs that share the
scarce capacity of a node, SKUs of which nodes ship different multiples, SKUs of which several nodes ship no more than
a cap, and SKUs of which nodes have lots that only some shipments may use.

Each SKU is allocated by itself first. If what comes out of that keeps to all that couples them, nothing is cheaper;
otherwise a search of its own places line after line (`placement_search.py`).
"""

from collections.abc import Collection, Iterator, Mapping, Sequence
from typing import TypeAlias

from engine.decide.sourcing.allocation.coupling_constraints import CouplingConstraints
from engine.decide.sourcing.allocation.min_cost_flow import Flow
from engine.decide.sourcing.allocation.placement_search import PlacementSearch
from engine.decide.sourcing.allocation.sku_allocation import AllocationCost, SkuAllocation
from engine.decide.sourcing.problem import Demand, Problem
from engine.decide.sourcing.tightening import demands_by_set, has_couplings
from engine.decide.sourcing.weighted_candidates import WeightedCandidate
from engine.model.facts import OptionKey

STEP, STEP_OF_PLACEMENT = 100, 8
"""A step of the search takes as long as so many of those that order the lines of one SKU; and where a placement stops
after that many times fewer, a program is sooner at its end than longer placements would be.
"""
LEAST_STEPS = 64
"""So many steps find some placement."""

Allocations: TypeAlias = Sequence["SkuAllocation | CoupledAllocation"]


def allocations_of(
    problem: Problem, candidates: Sequence[WeightedCandidate], *, unfilled: int, step_limit: int
) -> Allocations:
    """One for each SKU that nothing couples to others, and one for each group of those that are coupled."""
    lines: dict[str, dict[int, Demand]] = {}
    for line, demand in enumerate(problem.demands):
        lines.setdefault(demand.sku, {})[line] = demand
    of_skus = {
        sku: SkuAllocation(problem, sku, its, candidates, unfilled=unfilled, step_limit=step_limit)
        for sku, its in lines.items()
    }
    if not has_couplings(problem):
        return list(of_skus.values())
    coupled = list(_coupled_skus(problem, candidates))
    alone = of_skus.keys() - {sku for group in coupled for sku in group}
    return [
        *[of_sku for sku, of_sku in of_skus.items() if sku in alone],
        *[
            CoupledAllocation(
                problem, [of_skus[sku] for sku in sorted(group)], candidates, unfilled=unfilled, step_limit=step_limit
            )
            for group in coupled
        ],
    ]


def _coupled_skus(problem: Problem, candidates: Sequence[WeightedCandidate]) -> Iterator[set[str]]:
    """Groups of SKUs, no two of which share any."""
    demands, groups = problem.demands, list[set[str]]()
    groups += [{demands[index].sku for index in lines} for lines in demands_by_set(demands).values()]
    at_node, multiples = dict[str, set[str]](), dict[str, set[int]]()
    amounts: dict[str, set[int]] = {}
    for candidate in candidates:
        node = candidate.key.node
        for index in candidate.costs:
            sku = demands[index].sku
            multiples.setdefault(sku, set()).add(problem.multiples.get((node, index), 1))
            amounts.setdefault(sku, set()).update((demands[index].quantity, problem.supply[node, sku]))
            if node in problem.capacity:
                at_node.setdefault(node, set()).add(sku)
    groups += at_node.values()
    groups += [{demands[index].sku for _, index in limit.places} for limit in problem.lot_limits]
    groups += [{cap.sku} for cap in problem.caps]
    # where all lines and nodes have the same multiple, and stock and lines are multiples of it, so is every flow
    groups += [
        {sku}
        for sku, several in multiples.items()
        if len(several) > 1 or any(amount % min(several) for amount in amounts[sku])
    ]
    while groups:
        group, others = groups.pop(), groups
        apart = [other for other in others if group.isdisjoint(other)]
        if len(apart) == len(others):
            yield group
            continue
        groups = [*apart, group.union(*[other for other in others if not group.isdisjoint(other)])]


class CoupledAllocation:
    """The lines of some SKUs, which are allocated together. `step_limit` is for one placement of all of them."""

    def __init__(
        self,
        problem: Problem,
        of_skus: Sequence[SkuAllocation],
        candidates: Sequence[WeightedCandidate],
        *,
        unfilled: int,
        step_limit: int,
    ) -> None:
        self.of_skus, self._candidates = of_skus, candidates
        skus = {of_sku.sku for of_sku in of_skus}
        self._lines = {index: demand for index, demand in enumerate(problem.demands) if demand.sku in skus}
        self._carriers = frozenset(
            [number for number, each in enumerate(candidates) if not each.costs.keys().isdisjoint(self._lines)]
        )
        self._constraints = CouplingConstraints(problem, self._lines)
        self._unfilled, self._step_limit = unfilled, step_limit
        self._costs: dict[frozenset[int], AllocationCost] = {}
        self._flows: dict[frozenset[int], Flow] = {}
        self._steps = 0

    @property
    def steps(self) -> int:
        return self._steps + sum([of_sku.steps for of_sku in self.of_skus])

    def cheapest(self, opened: frozenset[int]) -> AllocationCost:
        """The cheapest allocation if these shipments are opened."""
        carriers = opened & self._carriers
        if carriers not in self._costs:
            self._remember(carriers, *self._cheapest(carriers))
        return self._costs[carriers]

    def flow(self, opened: frozenset[int]) -> Flow:
        """The cheapest allocation known."""
        self.cheapest(opened)
        return self._flows[opened & self._carriers]

    def learn(self, opened: frozenset[int], units: Mapping[tuple[OptionKey, int], int]) -> None:
        """Remembers the allocation of these units, which use all of `opened`, if it is cheaper than the one known."""
        carriers, known = opened & self._carriers, self.cheapest(opened)
        flow = {item: count for item, count in units.items() if item[1] in self._lines}
        cost = self._cost(flow)
        if cost < known.cost:
            self._remember(carriers, flow, cost, known.lower_bound)
            self._remember(self._costs[carriers].used, flow, cost, known.lower_bound)

    def first_of_cheapest(self, opened: frozenset[int], step_limit: int) -> Flow:
        """Of the cheapest allocations, the one with most units in the first places; the search for it stops after so
        many steps.
        """
        known, carriers = self.flow(opened), opened & self._carriers
        of_each = step_limit // len(self.of_skus)
        alone = {
            item: units
            for of_sku in self.of_skus
            for item, units in of_sku.first_of_cheapest(carriers, of_each).items()
        }
        if self._cost(alone) == self._cost(known) and self._constraints.keeps_to_all(alone):
            return alone
        costs = {(key, line): cost for key, line, cost in self._places(carriers)}
        places = sorted(costs, key=lambda item: (item[1], item[0]))
        base = sum([demand.quantity for demand in self._lines.values()]) + 1
        scale = base ** len(places)
        # each place weighs more than all later ones together, and all of them together less than one unit of cost
        weighed = {
            item: costs[item] * scale - base ** (len(places) - place) for place, item in enumerate(places, start=1)
        }
        missing = base - 1 - sum(known.values())
        below = sum([units * weighed[item] for item, units in known.items()]) + missing * self._unfilled * scale
        search = PlacementSearch(self._constraints, weighed, self._unfilled * scale)
        return search.solve(below=below, step_limit=step_limit // STEP).flow or known

    def _cheapest(self, opened: frozenset[int]) -> tuple[Flow, int, int]:
        """A flow, its cost, and a lower bound of the cost of any."""
        relaxed = sum([of_sku.cheapest(opened).lower_bound for of_sku in self.of_skus])
        alone = {item: units for of_sku in self.of_skus for item, units in of_sku.flow(opened).items()}
        cost = self._cost(alone)
        if cost == relaxed and self._constraints.keeps_to_all(alone):
            return alone, cost, cost
        costs = {(key, line): unit_cost for key, line, unit_cost in self._places(opened)}
        step_limit = max(LEAST_STEPS, self._step_limit // STEP_OF_PLACEMENT)
        found = PlacementSearch(self._constraints, costs, self._unfilled).solve(step_limit=step_limit)
        self._steps += found.steps
        return found.flow, found.cost, max(relaxed, found.lower_bound)

    def _places(self, opened: Collection[int]) -> Iterator[tuple[OptionKey, int, int]]:
        """Shipment, line, and what a unit costs."""
        for number in sorted(opened):
            candidate = self._candidates[number]
            for line, cost in candidate.costs.items():
                if line in self._lines:
                    yield candidate.key, line, cost

    def _remember(self, carriers: frozenset[int], flow: Flow, cost: int, lower_bound: int) -> None:
        keys = {key for key, _ in flow}
        used = frozenset([number for number in carriers if self._candidates[number].key in keys])
        self._costs[carriers], self._flows[carriers] = AllocationCost(cost, lower_bound, used), flow

    def _cost(self, flow: Flow) -> int:
        by_key = {candidate.key: candidate.costs for candidate in self._candidates}
        missing = sum([demand.quantity for demand in self._lines.values()]) - sum(flow.values())
        return sum([units * by_key[key][line] for (key, line), units in flow.items()]) + missing * self._unfilled
