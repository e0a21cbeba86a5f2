"""The primal side of the search where shipments are bounded: as `PrimalSearch`, with an exact allocation of all lines
at once, because a bound couples them.
"""

from collections.abc import Collection, Iterable, Mapping, Sequence

from engine.decide.sourcing.allocation.coupled_allocation import CoupledAllocation
from engine.decide.sourcing.bounded.allocation import BoundedAllocation, BoundedFlow
from engine.decide.sourcing.bounded.binding_bounds import siblings
from engine.decide.sourcing.incumbent import PrimalSearch, Solution
from engine.decide.sourcing.problem import Problem
from engine.decide.sourcing.weighted_candidates import WeightedCandidate
from engine.model.facts import OptionKey

ADDED = 4
"""So many promising shipments are opened at once: more would take long to allocate."""
STEPS = 20_000
"""So many steps a single allocation may take."""
STEPS_OF_PROGRAM = 4_000
"""One that the program asks for."""
STEPS_TO_ONE = 4
"""So many steps of an allocation take as long as one of the search."""


class BoundedPrimalSearch(PrimalSearch):
    """Shipments go by number; of those of one option, which differ in the band alone, one can be opened."""

    def __init__(
        self, problem: Problem, candidates: Sequence[WeightedCandidate], unfilled: int, step_limit: int
    ) -> None:
        self._problem, self._unfilled = problem, unfilled
        self._option = siblings([candidate.key for candidate in candidates])
        self._lower_bounds: dict[frozenset[int], int] = {}
        self._flows: dict[frozenset[int], Mapping[tuple[OptionKey, int], int]] = {}
        self._allocating = 0
        self._has_started = False
        super().__init__(problem, candidates, unfilled, step_limit)

    @property
    def steps(self) -> int:
        """See `PrimalSearch`."""
        return super().steps + self._allocating // STEPS_TO_ONE

    def evaluate(self, opened: frozenset[int]) -> Solution:
        """The cheapest choice that uses some of `opened`, if it is cheaper than the incumbent; else the incumbent."""
        if not opened:
            return Solution(self._unfilled * sum([demand.quantity for demand in self._problem.demands]), opened)
        incumbent = self.incumbent
        if opened in self._lower_bounds or super().lower_bound(frozenset(), opened) >= incumbent.cost:
            return incumbent
        relaxed = self._relaxed_flow(opened)
        if relaxed is not None:
            solution = self._solution(relaxed)
            self._flows[solution.used] = relaxed
            return solution
        found = self._cheapest(opened, below=incumbent.cost)
        if found.is_exact:
            self._lower_bounds[opened] = found.cost
        if found.flow is None:
            return incumbent
        used = self._numbers({key for key, _ in found.flow})
        self._flows[used] = found.flow
        return Solution(found.cost, used)

    def lower_bound(self, opened: frozenset[int], free: Iterable[int] = ()) -> int:
        """See `PrimalSearch`; of `opened` alone, what was worked out of it."""
        free = list(free)
        relaxed = super().lower_bound(opened, free)
        return relaxed if free else max(relaxed, self._lower_bounds.get(opened, relaxed))

    def is_feasible(self, opened: Collection[int]) -> bool:
        """See `PrimalSearch`; no two of one option."""
        return len({self._option[number] for number in opened}) == len(opened) and super().is_feasible(opened)

    def with_room(self, opened: Collection[int], free: Iterable[int]) -> list[int]:
        """See `PrimalSearch`; whose option is not opened, either."""
        options = {self._option[number] for number in opened}
        return super().with_room(opened, [number for number in free if self._option[number] not in options])

    def improve(self, opened: frozenset[int], surplus: Mapping[int, int]) -> None:
        """Evaluates `opened` with the most promising shipments; at first, each shipment alone, too."""
        if not self._has_started:
            self._has_started = True
            for number in surplus:
                self.incumbent = min(self.incumbent, self.evaluate(frozenset([number])))
        promising = [
            number for _, number in sorted([(-worth, number) for number, worth in surplus.items() if worth >= 0])
        ]
        for number in promising:
            if len(opened) < ADDED and self.shipments_left(opened) > 0:
                opened = opened.union(self.with_room(opened, [number]))
        if opened not in self._tried:
            self._tried.add(opened)
            self.incumbent = min(self.incumbent, self.evaluate(opened))

    def adopt(self, units: Mapping[tuple[OptionKey, int], int]) -> None:
        """Makes these units the incumbent if they cost less."""
        solution = self._solution(units)
        if solution.cost < self.incumbent.cost:
            self.incumbent, self._flows[solution.used] = solution, units

    def _solution(self, units: Mapping[tuple[OptionKey, int], int]) -> Solution:
        used = self._numbers({key for key, _ in units})
        costs = {candidate.key: candidate.costs for candidate in self._candidates}
        filled = sum([count * costs[key][line] for (key, line), count in units.items()])
        missing = sum([demand.quantity for demand in self._problem.demands]) - sum(units.values())
        opening = sum([self._candidates[number].fixed for number in used])
        return Solution(filled + missing * self._unfilled + opening, used)

    def _relaxed_flow(self, opened: frozenset[int]) -> Mapping[tuple[OptionKey, int], int] | None:
        """The cheapest flow that minds no bounds, if it happens to keep to them all."""
        flow = {item: count for allocation in self._allocations for item, count in allocation.flow(opened).items()}
        return flow if self._keeps_to_bounds(flow, opened) else None

    def _keeps_to_bounds(self, flow: Mapping[tuple[OptionKey, int], int], opened: Collection[int]) -> bool:
        demands = self._problem.demands
        for number in opened:
            bounds, key = self._candidates[number].bounds, self._candidates[number].key
            if bounds is not None:
                carried = [(demands[line].weight * count, count) for (of, line), count in flow.items() if of == key]
                if carried and not bounds.allow(*map(sum, zip(*carried, strict=True))):
                    return False
        return True

    def allocate(self, keys: Collection[OptionKey]) -> dict[tuple[OptionKey, int], int]:
        """The cheapest units known if some of these shipments are opened; of one option, the first."""
        opened: frozenset[int] = frozenset()
        for number in sorted(self._numbers(keys)):
            opened = opened.union(self.with_room(opened, [number]))
        return dict(self._relaxed_flow(opened) or self._cheapest(opened, step_limit=STEPS_OF_PROGRAM).flow or {})

    def units(self) -> dict[tuple[OptionKey, int], int]:
        """The units of the incumbent; of equally cheap allocations, the one with most units in the first places."""
        cost, used = self.incumbent
        if self._keeps_to_bounds(first := super().units(), used):
            return first
        found = self._cheapest(used, below=cost + 1, step_limit=5 * STEPS)
        return dict(self._flows.get(used, {}) if found.flow is None else found.flow)

    def _cheapest(self, opened: frozenset[int], *, below: int | None = None, step_limit: int = STEPS) -> BoundedFlow:
        of_skus = [
            of_sku for of in self._allocations for of_sku in (of.of_skus if isinstance(of, CoupledAllocation) else [of])
        ]
        sku_costs = {of_sku.sku: of_sku.cheapest(opened).lower_bound for of_sku in of_skus}
        allocation = BoundedAllocation(self._problem, self._candidates, opened, self._unfilled, sku_costs)
        found = allocation.cheapest(below=below, step_limit=step_limit)
        self._allocating += found.steps
        return found
