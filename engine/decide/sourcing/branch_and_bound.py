"""Branch and bound: decides shipment by shipment whether it is opened, depth first.

`Bounding` gives the lower bound of each branch and fixes the shipments that this bound decides; `PrimalSearch` keeps
the incumbent. A branch whose lower bound reaches the cutoff is pruned.
"""

from collections.abc import Collection, Sequence
from typing import TYPE_CHECKING, NamedTuple

from engine.decide.sourcing.bounds.bounding import Bounding
from engine.decide.sourcing.bounds.column_generation import PricedSubproblem, Subproblem
from engine.decide.sourcing.incumbent import PrimalSearch
from engine.decide.sourcing.objective import Weights
from engine.decide.sourcing.preprocessing import CandidateReduction
from engine.decide.sourcing.problem import Problem
from engine.decide.sourcing.weighted_candidates import WeightedCandidate, break_ties, undominated
from engine.model.facts import OptionKey

if TYPE_CHECKING:
    from engine.decide.sourcing.mixed_integer_program import ProgramSolution

SMALL_LINES, SMALL_CANDIDATES = 10, 60
"""Up to so many lines and candidates (those that preprocessing leaves), an order is small."""


class Limits(NamedTuple):
    """After so many steps the search stops, and so does a single placement of lines that are kept together; what is not
    proven then is given to HiGHS. The limits are on steps and not on seconds, so that every machine and every replay
    stops at the same place.
    """

    search: int
    placement: int


SMALL_LIMITS = Limits(2_500_000, 5_000)
LIMITS = Limits(1_000_000, 2_000)
CORE_LIMITS = Limits(30_000, 2_000)
"""For the core of very many candidates; see `CandidateReduction`."""


def run_search(problem: Problem) -> "Search":
    """The finished search over all candidates that a best choice may use."""
    weights = Weights.of(problem)
    cost_limit = weights.unfilled * (sum([demand.quantity for demand in problem.demands]) + 1)
    if problem.ship_complete:
        cost_limit = weights.unfilled - weights.tier // 2

    def cost(candidates: Sequence[WeightedCandidate]) -> int:
        search = Search(problem, weights, undominated(candidates, weights.unfilled), cost_limit, CORE_LIMITS)
        return search.best_cost >> search.tie_bits

    candidates = undominated(CandidateReduction(problem, weights, cost_limit).reduce(cost), weights.unfilled)
    is_small = len(problem.demands) <= SMALL_LINES and len(candidates) <= SMALL_CANDIDATES
    search = Search(problem, weights, candidates, cost_limit, SMALL_LIMITS if is_small else LIMITS)
    if not search.is_proven:
        from engine.decide.sourcing import mixed_integer_program  # noqa: PLC0415 - seldom needed, and slow to import

        solution = mixed_integer_program.improve(problem, weights, candidates, search.used(), search.allocate)
        search.adopt(solution)
    return search


class Branch(NamedTuple):
    """A node of the search tree: the choices that use all of `opened` and some of `free`. None of them costs less than
    `lower_bound`. `duals` are where the dual ascent of this branch starts; `priced` is where column generation does.
    """

    opened: frozenset[int]
    free: Sequence[int]
    duals: Sequence[int]
    lower_bound: int
    priced: PricedSubproblem | None = None


class Search:
    """The search over candidates sorted by key, which go by their number in this order. It runs when it is made.

    Choices that cost `cost_limit` or more are not looked for: with `ship_complete` these leave units unfilled,
    otherwise there are none.
    """

    def __init__(
        self,
        problem: Problem,
        weights: Weights,
        candidates: Sequence[WeightedCandidate],
        cost_limit: int,
        limits: Limits,
    ) -> None:
        self.weights = weights
        self._candidates = candidates
        tied, self.tie_bits = break_ties(candidates)
        unfilled = weights.unfilled << self.tie_bits
        self._primal = PrimalSearch(problem, tied, unfilled, limits.placement)
        self._bounding = Bounding(problem, tied, unfilled, self._primal, self._cutoff)
        self.cost_limit = cost_limit << self.tie_bits
        self._unproven_bounds: list[int] = []
        self.lower_bound = self._run(range(len(candidates)), limits.search)
        """No choice costs less than this; if it equals the cutoff, the incumbent is proven best."""

    @property
    def is_proven(self) -> bool:
        """Whether there is nothing better than the incumbent."""
        return self.lower_bound >= self._cutoff()

    def used(self) -> set[OptionKey]:
        """The shipments of the incumbent."""
        return {self._candidates[number].key for number in self._primal.incumbent.used}

    def allocate(self, keys: Collection[OptionKey]) -> dict[tuple[OptionKey, int], int]:
        """The cheapest allocation known if these shipments are opened."""
        return self._primal.allocate(keys)

    def adopt(self, solution: "ProgramSolution") -> None:
        """Takes over the solution if it is better, and its lower bound if that is higher."""
        self._primal.adopt(solution.units)
        if solution.lower_bound is not None:
            lower_bound = solution.lower_bound << self.tie_bits
            if solution.is_first and self.best_cost >> self.tie_bits == solution.lower_bound:
                lower_bound = self.best_cost
            self.lower_bound = min(self._cutoff(), max(self.lower_bound, lower_bound))

    @property
    def steps(self) -> int:
        """Steps taken so far: prices looked at, or as much work."""
        return self._bounding.steps + self._primal.steps

    @property
    def bounds(self) -> int:
        """How many times the lower bound of a branch was computed."""
        return self._bounding.count

    @property
    def best_cost(self) -> int:
        """The cost of the incumbent, the best choice found so far."""
        return self._primal.incumbent.cost

    def units(self) -> dict[tuple[OptionKey, int], int]:
        """The units of the incumbent."""
        return self._primal.units()

    def _run(self, root_free: Sequence[int], step_limit: int) -> int:
        bounding = self._bounding
        root = Branch(frozenset(), root_free, bounding.start, bounding.base_cost)
        stack = [root]
        last_step = self.steps + step_limit
        while stack and self.steps <= last_step:
            stack += self._explore(stack.pop())
            if stack and bounding.is_restart_due():
                # start again at the root, so that all branches start at the better duals
                duals, priced = bounding.restart()
                stack = [root._replace(duals=duals, priced=priced)]
        if stack:
            # stopped early, perhaps before a choice was found that fills most units
            self._primal.improve_from_all(bounding.surplus)
        return min([self._cutoff(), *self._unproven_bounds, *[branch.lower_bound for branch in stack]])

    def _explore(self, branch: Branch) -> list[Branch]:
        """Bounds the branch, fixes what the bound decides, and repeats. What remains is split on one shipment into two
        branches: without it and, explored first because it is last on the stack, with it. Empty if the branch is pruned
        or solved.
        """
        while self._primal.is_feasible(branch.opened):  # fixing may have opened more than there is room for
            free = self._worth_opening(branch)
            if not free:
                self._finish(branch.opened)
                break
            subproblem = Subproblem(branch.opened, free, self._primal.shipments_left(branch.opened))
            bounds = self._bounding.bound(subproblem, branch.duals, branch.priced)
            if bounds is None:
                break
            fixed_open, still_free = bounds.fix(free, self._cutoff())
            lower_bound = max([branch.lower_bound, *[lower_bound for lower_bound, _ in bounds.lower_bounds]])
            branch = Branch(branch.opened | fixed_open, still_free, bounds.duals, lower_bound, bounds.priced)
            if len(still_free) == len(free):
                chosen = bounds.branching_candidate(free)
                without = branch._replace(free=[other for other in free if other != chosen])
                return [without, without._replace(opened=branch.opened | {chosen})]
        return []

    def _finish(self, opened: frozenset[int]) -> None:
        self._primal.incumbent = min(self._primal.incumbent, self._primal.evaluate(opened))
        lower_bound = self._primal.lower_bound(opened)
        if lower_bound < self._cutoff():
            self._unproven_bounds.append(lower_bound)

    def _worth_opening(self, branch: Branch) -> Sequence[int]:
        """The free shipments that their nodes and the order have room for, and with which no more units need to stay
        unfilled than in the incumbent.
        """
        allowed = self._primal.shipments_left(branch.opened)
        free = self._primal.with_room(branch.opened, branch.free) if allowed else []
        if allowed >= len(free):
            return free
        unfilled = self._bounding.least_unfilled(Subproblem(branch.opened, free, allowed))
        # money below zero may lower a choice's cost, by less than the weight of one tier
        affordable = (self._cutoff() >> self.tie_bits) + self.weights.tier
        return [number for number in free if unfilled[number] * self.weights.unfilled <= affordable]

    def _cutoff(self) -> int:
        """Only choices that cost less than this are looked for."""
        return min(self.best_cost, self.cost_limit)
