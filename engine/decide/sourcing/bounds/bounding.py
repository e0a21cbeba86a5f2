"""The lower bound of a branch: a dual ascent first, and where that does not prune enough, closer and more expensive
bounds.
"""

from collections.abc import Callable, Mapping, Sequence
from functools import cached_property
from typing import NamedTuple

from engine.decide.sourcing.bounds.column_generation import ColumnGeneration, PricedSubproblem, Subproblem
from engine.decide.sourcing.bounds.dual_ascent import DualAscent
from engine.decide.sourcing.bounds.integer_bounds import SkuSupply, least_unfilled, single_class_bound, sku_supplies
from engine.decide.sourcing.bounds.pricing_problem import PricingSolution
from engine.decide.sourcing.bounds.relaxation import Relaxation
from engine.decide.sourcing.bounds.shared_nodes import find_shared_nodes
from engine.decide.sourcing.bounds.subgradient import ROUNDS, subgradient_ascent
from engine.decide.sourcing.demand_classes import group_demands
from engine.decide.sourcing.incumbent import PrimalSearch
from engine.decide.sourcing.problem import Problem
from engine.decide.sourcing.weighted_candidates import WeightedCandidate

SOON, LATER = 50, 400
"""After so many bounds the search restarts with closer ones, and after LATER with the closest, column generation."""
SHARED = 12
"""The same where nodes are shared: there it restarts at once with column generation, because a dual ascent is as much
work.
"""
AT_FIRST = 20_000
"""Steps that column generation may take before its share of all steps is limited."""
COUNTED, COUNTED_ALONE = 60, 2_000
"""Up to so many units of a SKU, bounds that count whole units are worth their work; COUNTED_ALONE if there is one class
only.
"""


class BranchBounds(NamedTuple):
    """Lower bounds of a branch, each with its surpluses, and the duals from which the bounds of its child branches
    start.
    """

    lower_bounds: Sequence[tuple[int, Mapping[int, int]]]
    duals: Sequence[int]
    priced: PricedSubproblem | None

    def fix(self, free: Sequence[int], cutoff: int) -> tuple[frozenset[int], list[int]]:
        """Fixes shipments by their surplus (reduced-cost fixing): those without which no choice costs less than the
        cutoff are opened; of the others, those stay free with which some choice may, and without which some choice may.
        """
        fixed_open, undecided = frozenset[int](), free
        for lower_bound, surplus in self.lower_bounds:
            slack = cutoff - lower_bound
            fixed_open = fixed_open.union([number for number in free if surplus[number] >= slack])
            undecided = [number for number in undecided if -slack < surplus[number] < slack]
        return fixed_open, list(undecided)

    def branching_candidate(self, free: Sequence[int]) -> int:
        """The shipment to branch on: the most fractional one in the restricted master's solution, or the one with the
        largest surplus.
        """
        _, surplus = self.lower_bounds[0]
        fractionality = None if self.priced is None else self.priced.fractionality
        if not fractionality:
            return max(free, key=lambda number: (surplus[number], -number))
        return max(free, key=lambda number: (fractionality[number], surplus[number], -number))


class Bounding:
    """Only choices that cost less than `cutoff()` are looked for; a branch that has none is pruned."""

    def __init__(
        self,
        problem: Problem,
        candidates: Sequence[WeightedCandidate],
        unfilled: int,
        primal: PrimalSearch,
        cutoff: Callable[[], int],
    ) -> None:
        self._problem = problem
        self._candidates = candidates
        self._primal = primal
        self._cutoff = cutoff
        self._classes = group_demands(problem, candidates, unfilled)
        self._fixed = [candidate.fixed for candidate in candidates]
        self._nodes = [candidate.key.node for candidate in candidates]
        self._relaxation = self._relax(closely=False)
        self._column_generation: ColumnGeneration | None = None
        self._first: PricedSubproblem | None = None
        self._is_late = False
        self._ascent_steps = 0
        self.start = self._relaxation.start
        self.base_cost = self._relaxation.base_cost
        self.count = 0

    @cached_property
    def _sku_supplies(self) -> Sequence[SkuSupply]:
        return sku_supplies(self._problem, self._nodes, self._classes)

    @property
    def steps(self) -> int:
        return self._ascent_steps + (0 if self._column_generation is None else self._column_generation.steps)

    @property
    def surplus(self) -> Mapping[int, int]:
        """The surpluses at the duals of the first bound."""
        return {} if self._first is None else self._first.surplus

    def is_restart_due(self) -> bool:
        """Whether so many branches were bounded that a restart with better duals and closer bounds pays."""
        if self._column_generation is not None:
            return False
        if self._relaxation.nodes:
            return self.count > SHARED
        return self.count > (LATER if self._is_late else SOON)

    def restart(self) -> tuple[Sequence[int], PricedSubproblem | None]:
        """Switches to closer bounds. The duals to restart from, and where column generation starts if it is used from
        here on.
        """
        closely = self._is_late or bool(self._relaxation.nodes)
        self._is_late = True
        if closely:
            self._relaxation = self._relax(closely=True)
            self._column_generation = ColumnGeneration(self._relaxation, self._improve)
            self._primal.swap()
        duals = self.start if self._first is None else self._first.duals
        numbers = range(len(self._candidates))
        if self._primal.shipments_left(()) >= len(numbers):
            first = DualAscent(self._relaxation, frozenset(), numbers, self._relaxation.start, len(numbers))
            self._ascent_steps += first.steps * ROUNDS
            duals = subgradient_ascent(self._relaxation, first.duals, self._cutoff())
        return duals, self._first if closely else None

    def least_unfilled(self, subproblem: Subproblem) -> Mapping[int, int]:
        """By free shipment, how many units stay unfilled at least if it is opened."""
        self._ascent_steps += len(subproblem.free) * len(self._sku_supplies)
        return least_unfilled(self._sku_supplies, subproblem.opened, subproblem.free, subproblem.max_opened)

    def bound(
        self, subproblem: Subproblem, duals: Sequence[int], priced: PricedSubproblem | None
    ) -> BranchBounds | None:
        """The lower bounds of the subproblem, or None if no choice of it costs less than the cutoff. The ascent starts
        at `duals`.
        """
        if self._column_generation is not None and priced is not None:
            return self._bound_with_columns(self._column_generation, subproblem, duals, priced)
        ascent = self._run_ascent(subproblem, duals)
        if self._is_pruned(ascent, subproblem):
            return None
        return BranchBounds([(ascent.lower_bound, ascent.surplus)], ascent.duals, None)

    def _bound_with_columns(
        self,
        column_generation: ColumnGeneration,
        subproblem: Subproblem,
        duals: Sequence[int],
        priced: PricedSubproblem,
    ) -> BranchBounds | None:
        """Bounds by a dual ascent and by column generation, the one that is less work first; if the first prunes, the
        other is left out.
        """
        self.count += 1
        is_due = column_generation.is_due() and self._is_affordable(column_generation)
        has_shared_nodes = bool(self._relaxation.nodes)
        priced = column_generation.evaluate(subproblem, priced)
        if is_due and has_shared_nodes and priced.lower_bound < self._cutoff():
            priced, has_paid = column_generation.tighten(subproblem, priced, self._cutoff(), priced.lower_bound)
            if has_paid:
                lower_bounds = [(priced.lower_bound, priced.surplus)]
                return BranchBounds(lower_bounds, duals, priced) if priced.lower_bound < self._cutoff() else None
        if priced.lower_bound >= self._cutoff():
            return None
        ascent = self._run_ascent(subproblem, duals)
        if self._is_pruned(ascent, subproblem):
            return None
        if is_due and not has_shared_nodes:
            priced, _ = column_generation.tighten(subproblem, priced, self._cutoff(), ascent.lower_bound)
        if max(ascent.lower_bound, priced.lower_bound) >= self._cutoff():
            return None
        return BranchBounds(
            [(ascent.lower_bound, ascent.surplus), (priced.lower_bound, priced.surplus)], ascent.duals, priced
        )

    def _is_affordable(self, column_generation: ColumnGeneration) -> bool:
        """Where no nodes are shared, a dual ascent is far less work, so column generation may take at most as many
        steps as the others.
        """
        return (
            bool(self._relaxation.nodes)
            or column_generation.steps <= self._ascent_steps + self._primal.steps + AT_FIRST
        )

    def _run_ascent(self, subproblem: Subproblem, duals: Sequence[int]) -> DualAscent:
        ascent = DualAscent(self._relaxation, subproblem.opened, subproblem.free, duals, subproblem.max_opened)
        self._ascent_steps += ascent.steps
        if self._first is None:
            if subproblem.max_opened < len(subproblem.free):
                # if the limit leaves units unfilled, the best duals are high, and an ascent only gets there from above
                high_duals = [demand.unfilled for demand in self._classes]
                from_above = DualAscent(
                    self._relaxation, subproblem.opened, subproblem.free, high_duals, subproblem.max_opened
                )
                ascent = max(ascent, from_above, key=lambda run: run.lower_bound)
            self._first = PricedSubproblem(ascent.lower_bound, ascent.surplus, ascent.duals, ascent.toll)
        self.count += 1
        self._primal.improve(subproblem.opened, ascent.surplus)
        return ascent

    def _is_pruned(self, ascent: DualAscent, subproblem: Subproblem) -> bool:
        """Whether no choice of the subproblem costs less than the cutoff, by one bound after another, each closer than
        the last.
        """
        cutoff = self._cutoff()
        if ascent.lower_bound >= cutoff:
            return True
        if len(self._classes) == 1 and self._classes[0].units <= COUNTED_ALONE:
            (demand,) = self._classes
            self._ascent_steps += demand.units * len(subproblem.free)
            return single_class_bound(demand, self._fixed, self._nodes, subproblem.opened, subproblem.free) >= cutoff
        # even if opening shipments cost nothing, some units may have none that can carry them
        if (self._is_late or self._problem.ship_complete) and self._primal.lower_bound(
            subproblem.opened, subproblem.free
        ) >= cutoff:
            return True
        for supply in self._sku_supplies if self._is_late else ():
            if supply.units_wanted <= COUNTED:
                self._ascent_steps += supply.units_wanted * len(subproblem.free)
                if ascent.lower_bound_in_whole_units(supply.sku) >= cutoff:
                    return True
        return False

    def _improve(self, subproblem: Subproblem, used: frozenset[int], solution: PricingSolution) -> int:
        self._primal.improve_with(subproblem.opened, used - subproblem.opened, solution.surplus)
        return self._cutoff()

    def _relax(self, *, closely: bool) -> Relaxation:
        nodes = find_shared_nodes(self._problem, self._candidates, self._classes, closely=closely)
        return Relaxation(self._classes, self._fixed, list(nodes))
