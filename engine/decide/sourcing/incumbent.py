"""What it costs to open some shipments, and the best that was found."""

from collections import Counter
from collections.abc import Collection, Iterable, Mapping, Sequence
from typing import NamedTuple

from engine.decide.sourcing.allocation.sku_allocation import SkuAllocation
from engine.decide.sourcing.problem import Key, Problem
from engine.decide.sourcing.weighted_candidates import WeightedCandidate

IMPROVED, IMPROVING, SWAPPING = 3, 100_000, 50_000
"""So many answers are improved shipment by shipment, each in so many steps; by then the best is nearly always known, if
not proven. And so many steps go into swaps.
"""


class Solution(NamedTuple):
    """What the shipments cost that are used, and their numbers."""

    cost: int
    used: frozenset[int]


class PrimalSearch:
    """Shipments go by number. `patience`: see `Transport`."""

    def __init__(
        self, problem: Problem, candidates: Sequence[WeightedCandidate], unfilled: int, step_limit: int | None
    ) -> None:
        self._candidates = candidates
        self._node_room = problem.room
        self._max_shipments = len(candidates) if problem.max_shipments is None else problem.max_shipments
        skus = {demand.sku: None for demand in problem.demands}
        self._allocations = [
            SkuAllocation(problem, sku, candidates, unfilled=unfilled, step_limit=step_limit) for sku in skus
        ]
        self._steps = 0
        self._tried: set[frozenset[int]] = set()
        self.incumbent = self.evaluate(frozenset())

    @property
    def steps(self) -> int:
        """Taken so far."""
        return self._steps + sum([allocation.steps for allocation in self._allocations])

    def evaluate(self, opened: frozenset[int]) -> Solution:
        """The cheapest way to use some of these."""
        self._steps += len(self._allocations)
        filled = [allocation.cheapest(opened) for allocation in self._allocations]
        used = frozenset().union(*[of_sku.used for of_sku in filled])
        return Solution(
            sum([of_sku.cost for of_sku in filled]) + sum([self._candidates[number].fixed for number in used]), used
        )

    def lower_bound(self, opened: frozenset[int], free: Iterable[int] = ()) -> int:
        """What it costs at least to use all of these and no others, but for the free, as if these had no fixed cost."""
        every = opened.union(free)
        self._steps += len(self._allocations)
        unit_costs = sum([allocation.cheapest(every).lower_bound for allocation in self._allocations])
        return unit_costs + sum([self._candidates[number].fixed for number in opened])

    def shipments_left(self, opened: Collection[int]) -> int:
        """How many more may be opened; below zero if these are too many."""
        return self._max_shipments - len(opened)

    def is_feasible(self, opened: Collection[int]) -> bool:
        """Whether these may be opened together."""
        per_node = Counter([self._candidates[number].key[0] for number in opened]) if self._node_room else {}
        return self.shipments_left(opened) >= 0 and all(
            count <= self._node_room.get(node, count) for node, count in per_node.items()
        )

    def with_room(self, opened: Collection[int], free: Iterable[int]) -> list[int]:
        """Those of the free for which their node has room."""
        if not self._node_room:
            return list(free)
        taken = Counter([self._candidates[number].key[0] for number in opened])
        full = {node for node, room in self._node_room.items() if taken[node] >= room}
        return [number for number in free if self._candidates[number].key[0] not in full]

    def improve(self, opened: frozenset[int], surplus: Mapping[int, int]) -> None:
        """From the most promising shipments, leave out one after another while that helps."""
        opened = self._add_promising(opened, [number for number, worth in surplus.items() if worth >= 0], surplus)
        solution = self.evaluate(opened)
        if opened not in self._tried and len(self._tried) < IMPROVED:
            self._tried.add(opened)
            solution = self._drop_while_cheaper(solution, surplus)
        self.incumbent = min(self.incumbent, solution)

    def improve_with(self, opened: frozenset[int], more: Collection[int], surplus: Mapping[int, int]) -> None:
        """The same from these, if they are better as they are than the best."""
        solution = self.evaluate(self._add_promising(opened, more, surplus))
        if solution < self.incumbent:
            self.incumbent = self._drop_while_cheaper(solution, surplus)

    def swap(self) -> None:
        """Where not all may be opened: another instead of one that is used, or one more, while that helps."""
        until, before = self.steps + SWAPPING, None
        while before != self.incumbent and self._max_shipments < len(self._candidates):
            before = self.incumbent
            for number in range(len(self._candidates)):
                if number not in self.incumbent.used and self.steps < until:
                    self._swap_in(number)

    def _swap_in(self, number: int) -> None:
        """Among those that are used, if that is better."""
        used = self.incumbent.used
        for dropped in (None, *sorted(used)):
            opened = used.difference((dropped,)) | {number}
            if self.is_feasible(opened) and (solution := self.evaluate(opened)) < self.incumbent:
                self.incumbent = self._drop_while_cheaper(solution, {})
                return

    def improve_from_all(self, surplus: Mapping[int, int]) -> None:
        """The same from all of them."""
        solution = self.evaluate(self._add_promising(frozenset(), surplus, surplus))
        self.incumbent = min(self.incumbent, self._drop_while_cheaper(solution, surplus))

    def _add_promising(self, opened: frozenset[int], more: Iterable[int], surplus: Mapping[int, int]) -> frozenset[int]:
        """With more, the most promising first, as long as there is room."""
        promising = [number for _, number in sorted([(-surplus[number], number) for number in more])]
        if not self._node_room:
            return opened.union(promising[: max(0, self.shipments_left(opened))])
        for number in promising:
            if self.shipments_left(opened) > 0:
                opened = opened.union(self.with_room(opened, [number]))
        return opened

    def _drop_while_cheaper(self, solution: Solution, surplus: Mapping[int, int]) -> Solution:
        """Without one after another, those first that seem to be worth least, while that helps."""
        until, before = self.steps + IMPROVING, None
        while before != solution and self.steps < until:
            before = solution
            for number in sorted(solution.used, key=lambda number: (surplus.get(number, 0), number)):
                solution = min(solution, self.evaluate(solution.used - {number}))
        return solution

    def units(self) -> dict[tuple[Key, int], int]:
        """Of the best, by shipment and line: the most in the first places."""
        return {
            item: count
            for allocation in self._allocations
            for item, count in allocation.transport(self.incumbent.used).first_of_cheapest().items()
        }
