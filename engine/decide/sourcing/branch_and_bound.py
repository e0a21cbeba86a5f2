"""Branch and bound: decides shipment by shipment whether it is opened, depth first.

A dual ascent gives the lower bound of each branch, and fixes the shipments that this bound decides; `PrimalSearch`
keeps the incumbent. A branch whose lower bound reaches the cutoff is pruned.
"""

from collections.abc import Sequence
from typing import NamedTuple

from engine.decide.sourcing.demand_classes import group_demands
from engine.decide.sourcing.objective import Units, Weights
from engine.decide.sourcing.problem import Problem
from engine.decide.sourcing.relaxation import Ascent, Relaxation, primal_search
from engine.decide.sourcing.weighted_candidates import WeightedCandidate, break_ties


class Limits(NamedTuple):
    """After so many steps the search stops, and so does a single placement of lines that are kept together. The limits
    are on steps and not on seconds, so that every machine and every replay stops at the same place.
    """

    search: int
    placement: int


class Branch(NamedTuple):
    """A node of the search tree: the choices that use all of `opened` and some of `free`. None of them costs less than
    `lower_bound`. The dual ascent of this branch starts at `duals`.
    """

    opened: frozenset[int]
    free: Sequence[int]
    duals: Sequence[int]
    lower_bound: int


class Search:
    """The search over candidates sorted by key, which go by their number in this order. It runs when it is made.

    Choices that cost `cost_limit` or more are not looked for: with `ship_complete` these leave units unfilled,
    otherwise there are none. The incumbent is `units` at first, if the candidates can ship them.
    """

    def __init__(
        self,
        problem: Problem,
        weights: Weights,
        candidates: Sequence[WeightedCandidate],
        *,
        cost_limit: int,
        limits: Limits,
        units: Units,
    ) -> None:
        tied, self.tie_bits = break_ties(candidates)
        unfilled = weights.unfilled << self.tie_bits
        self._ship_complete = problem.ship_complete
        self._primal = primal_search(problem, tied, unfilled, limits.placement)
        if {key for key, _ in units} <= {candidate.key for candidate in candidates}:
            self._primal.adopt(units)
        self._classes = group_demands(problem, tied, unfilled)
        self._relaxation = Relaxation(problem, self._classes, tied)
        self._cost_limit = cost_limit << self.tie_bits
        self._ascent_steps = 0
        self._unproven_bounds: list[int] = []
        self.lower_bound = self._run(range(len(candidates)), limits.search)
        """No choice costs less than this; if it equals the cutoff, the incumbent is proven best."""

    @property
    def is_proven(self) -> bool:
        """Whether there is nothing better than the incumbent."""
        return self.lower_bound >= self._cutoff()

    @property
    def steps(self) -> int:
        """Steps taken so far: prices looked at, or as much work."""
        return self._ascent_steps + self._primal.steps

    @property
    def best_cost(self) -> int:
        """The cost of the incumbent, the best choice found so far."""
        return self._primal.incumbent.cost

    def units(self) -> Units:
        """The units of the incumbent."""
        return self._primal.units()

    def _run(self, root_free: Sequence[int], step_limit: int) -> int:
        stack = [
            Branch(frozenset(), root_free, [0] * len(self._classes), sum(each.base_cost for each in self._classes))
        ]
        while stack and self.steps <= step_limit:
            stack += self._explore(stack.pop())
        return min([self._cutoff(), *self._unproven_bounds, *[branch.lower_bound for branch in stack]])

    def _explore(self, branch: Branch) -> list[Branch]:
        """Bounds the branch, fixes what the bound decides, and repeats. What remains is split on one shipment into two
        branches: without it and, explored first because it is last on the stack, with it. Empty if the branch is pruned
        or solved.
        """
        while self._primal.is_feasible(branch.opened):  # fixing may have opened more than there is room for
            allowed = self._primal.shipments_left(branch.opened)
            free = self._primal.with_room(branch.opened, branch.free) if allowed else []
            if not free:
                self._finish(branch.opened)
                break
            ascent = self._bound(branch, free, allowed)
            slack = self._cutoff() - ascent.lower_bound
            if slack <= 0 or self._must_leave_units(branch.opened, free):
                break
            # reduced-cost fixing
            fixed_open = [number for number in free if ascent.surplus[number] >= slack]
            still_free = [number for number in free if -slack < ascent.surplus[number] < slack]
            lower_bound = max(branch.lower_bound, ascent.lower_bound)
            branch = Branch(branch.opened.union(fixed_open), still_free, ascent.duals, lower_bound)
            if len(still_free) == len(free):
                chosen = max(free, key=lambda number: (ascent.surplus[number], -number))
                without = branch._replace(free=[other for other in free if other != chosen])
                return [without, without._replace(opened=branch.opened | {chosen})]
        return []

    def _bound(self, branch: Branch, free: Sequence[int], allowed: int) -> Ascent:
        ascent = self._ascend(branch, free, branch.duals, allowed)
        if not any(branch.duals) and allowed < len(free):
            # if the limit leaves units unfilled, the best duals are high, and an ascent only gets there from above
            from_above = self._ascend(branch, free, [demand.unfilled for demand in self._classes], allowed)
            ascent = max(ascent, from_above, key=lambda run: run.lower_bound)
        self._primal.improve(branch.opened, ascent.surplus)
        return ascent

    def _ascend(self, branch: Branch, free: Sequence[int], duals: Sequence[int], allowed: int) -> Ascent:
        ascent = self._relaxation.ascend(opened=branch.opened, free=free, duals=duals, max_opened=allowed)
        self._ascent_steps += ascent.steps
        return ascent

    def _must_leave_units(self, opened: frozenset[int], free: Sequence[int]) -> bool:
        """Whether an order that ships complete can't: even if opening shipments costs nothing, some units have none."""
        return self._ship_complete and self._primal.lower_bound(opened, free) >= self._cutoff()

    def _finish(self, opened: frozenset[int]) -> None:
        self._primal.incumbent = min(self._primal.incumbent, self._primal.evaluate(opened))
        lower_bound = self._primal.lower_bound(opened)
        if lower_bound < self._cutoff():
            self._unproven_bounds.append(lower_bound)

    def _cutoff(self) -> int:
        """Only choices that cost less than this are looked for."""
        return min(self.best_cost, self._cost_limit)
