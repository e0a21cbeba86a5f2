"""The primal side of the search: what a set of open shipments costs, heuristics that improve such sets, and the
incumbent, which is the best choice found so far.
"""

from collections import Counter
from collections.abc import Collection, Iterable, Mapping, Sequence
from typing import NamedTuple

from engine.decide.sourcing.allocation.coupled_allocation import allocations_of
from engine.decide.sourcing.problem import Problem
from engine.decide.sourcing.weighted_candidates import WeightedCandidate
from engine.model.facts import OptionKey

IMPROVED, IMPROVING = 3, 100_000
"""So many sets of shipments are improved by dropping one shipment after another, each in at most so many steps; by then
the best choice is nearly always found, if not proven.
"""
ORDERING_STEPS = 50_000
"""So many steps go into finding which of equally cheap allocations comes first, where lines are kept together."""


class Solution(NamedTuple):
    """The cost of a choice, and the numbers of the shipments that it uses."""

    cost: int
    used: frozenset[int]


class PrimalSearch:
    """Shipments go by number. `unfilled` is what a unit left unfilled costs; for `step_limit` see
    `TransportProblem`.
    """

    def __init__(
        self, problem: Problem, candidates: Sequence[WeightedCandidate], unfilled: int, step_limit: int
    ) -> None:
        self._candidates = candidates
        self._node_room = problem.room
        self._max_shipments = len(candidates) if problem.max_shipments is None else problem.max_shipments
        self._allocations = allocations_of(problem, candidates, unfilled=unfilled, step_limit=step_limit)
        self._steps = 0
        self._tried: set[frozenset[int]] = set()
        self.incumbent = self.evaluate(frozenset())

    @property
    def steps(self) -> int:
        """Steps taken so far: prices looked at, or as much work."""
        return self._steps + sum([allocation.steps for allocation in self._allocations])

    def evaluate(self, opened: frozenset[int]) -> Solution:
        """What it costs to open these shipments: each SKU, or group of coupled ones, is allocated at the least cost,
        and only shipments that then carry something are used and pay their fixed cost.
        """
        self._steps += len(self._allocations)
        filled = [allocation.cheapest(opened) for allocation in self._allocations]
        used = frozenset().union(*[of_sku.used for of_sku in filled])
        return Solution(
            sum([of_sku.cost for of_sku in filled]) + sum([self._candidates[number].fixed for number in used]), used
        )

    def lower_bound(self, opened: frozenset[int], free: Iterable[int] = ()) -> int:
        """What every choice costs at least that uses all of `opened` and some of `free`, as if opening the free ones
        cost nothing.
        """
        every = opened.union(free)
        self._steps += len(self._allocations)
        unit_costs = sum([allocation.cheapest(every).lower_bound for allocation in self._allocations])
        return unit_costs + sum([self._candidates[number].fixed for number in opened])

    def shipments_left(self, opened: Collection[int]) -> int:
        """How many more shipments `max_shipments` allows; below zero if `opened` are too many already."""
        return self._max_shipments - len(opened)

    def is_feasible(self, opened: Collection[int]) -> bool:
        """Whether these shipments may be opened together."""
        per_node = Counter([self._candidates[number].key.node for number in opened]) if self._node_room else {}
        return self.shipments_left(opened) >= 0 and all(
            count <= self._node_room.get(node, count) for node, count in per_node.items()
        )

    def with_room(self, opened: Collection[int], free: Iterable[int]) -> list[int]:
        """Those of `free` whose node has room for one more shipment beside `opened`."""
        if not self._node_room:
            return list(free)
        taken = Counter([self._candidates[number].key.node for number in opened])
        full = {node for node, room in self._node_room.items() if taken[node] >= room}
        return [number for number in free if self._candidates[number].key.node not in full]

    def improve(self, opened: frozenset[int], surplus: Mapping[int, int]) -> None:
        """Adds to `opened` all shipments whose surplus is not below zero. The first few sets made so are improved by
        dropping one shipment after another while that makes them cheaper.
        """
        opened = self._add_promising(opened, [number for number, worth in surplus.items() if worth >= 0], surplus)
        solution = self.evaluate(opened)
        if opened not in self._tried and len(self._tried) < IMPROVED:
            self._tried.add(opened)
            solution = self._drop_while_cheaper(solution, surplus)
        self.incumbent = min(self.incumbent, solution)

    def _add_promising(self, opened: frozenset[int], more: Iterable[int], surplus: Mapping[int, int]) -> frozenset[int]:
        """`opened` and as many of `more` as there is room for, the largest surplus first."""
        promising = [number for _, number in sorted([(-surplus[number], number) for number in more])]
        if not self._node_room:
            return opened.union(promising[: max(0, self.shipments_left(opened))])
        for number in promising:
            if self.shipments_left(opened) > 0:
                opened = opened.union(self.with_room(opened, [number]))
        return opened

    def _drop_while_cheaper(self, solution: Solution, surplus: Mapping[int, int]) -> Solution:
        """Drops one shipment after another, the smallest surplus first, while that makes the solution cheaper."""
        until, before = self.steps + IMPROVING, None
        while before != solution and self.steps < until:
            before = solution
            for number in sorted(solution.used, key=lambda number: (surplus.get(number, 0), number)):
                solution = min(solution, self.evaluate(solution.used - {number}))
        return solution

    def adopt(self, units: Mapping[tuple[OptionKey, int], int]) -> None:
        """Makes these units the incumbent if they cost less."""
        used = self._numbers({key for key, _ in units})
        for allocation in self._allocations:
            allocation.learn(used, units)
        self.incumbent = min(self.incumbent, self.evaluate(used))

    def allocate(self, keys: Collection[OptionKey]) -> dict[tuple[OptionKey, int], int]:
        """The cheapest allocation known if these shipments are opened."""
        opened = self._numbers(keys)
        return {item: count for allocation in self._allocations for item, count in allocation.flow(opened).items()}

    def _numbers(self, keys: Collection[OptionKey]) -> frozenset[int]:
        return frozenset([number for number, candidate in enumerate(self._candidates) if candidate.key in keys])

    def units(self) -> dict[tuple[OptionKey, int], int]:
        """The units of the incumbent by (shipment, line); of equally cheap allocations, the one with most units in the
        first places.
        """
        step_limit = ORDERING_STEPS // max(1, len(self._allocations))
        return {
            item: count
            for allocation in self._allocations
            for item, count in allocation.first_of_cheapest(self.incumbent.used, step_limit).items()
        }
