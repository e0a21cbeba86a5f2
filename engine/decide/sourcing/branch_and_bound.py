"""Branch and bound: decides shipment by shipment whether it is opened, depth first.

`Bounding` gives the lower bound of each branch and fixes the shipments that this bound decides; `PrimalSearch` keeps
the incumbent. A branch whose lower bound reaches the cutoff is pruned.
"""

from collections.abc import Sequence
from typing import NamedTuple

from engine.decide.sourcing.bounds.bounding import Bounding
from engine.decide.sourcing.bounds.column_generation import PricedSubproblem, Subproblem
from engine.decide.sourcing.incumbent import PrimalSearch
from engine.decide.sourcing.objective import Weights
from engine.decide.sourcing.preprocessing import CandidateReduction
from engine.decide.sourcing.problem import Problem
from engine.decide.sourcing.weighted_candidates import WeightedCandidate, break_ties, undominated
from engine.model.facts import OptionKey

PROVEN_LINES, PROVEN_CANDIDATES = 10, 60
"""Up to so many lines and candidates (those that preprocessing leaves), the search runs until the choice is proven."""
STEP_LIMIT = 1_000_000
"""Beyond 10 lines x 60 candidates the search stops after looking at so many prices, and says what it could not prove.
The limit is on steps and not on seconds, so that every machine and every replay stops at the same place.
"""
PLACEMENT_STEPS = 2_000
"""A limited search also takes at most so many steps for one placement of lines that are kept together."""

CORE_STEPS = 30_000
"""The step limit of a search over the core of very many candidates; see `CandidateReduction`."""


def run_search(problem: Problem) -> "Search":
    """The finished search over all candidates that a best choice may use."""
    weights = Weights.of(problem)
    cost_limit = weights.unfilled * (sum([demand.quantity for demand in problem.demands]) + 1)
    if problem.ship_complete:
        cost_limit = weights.unfilled - weights.tier // 2

    def cost(candidates: Sequence[WeightedCandidate]) -> int:
        search = Search(problem, weights, undominated(candidates, weights.unfilled), cost_limit, CORE_STEPS)
        return search.best_cost >> search.tie_bits

    candidates = undominated(CandidateReduction(problem, weights, cost_limit).reduce(cost), weights.unfilled)
    limited = len(problem.demands) > PROVEN_LINES or len(candidates) > PROVEN_CANDIDATES
    return Search(problem, weights, candidates, cost_limit, STEP_LIMIT if limited else None)


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
        step_limit: int | None,
    ) -> None:
        self.weights = weights
        tied, self.tie_bits = break_ties(candidates)
        unfilled = weights.unfilled << self.tie_bits
        self._primal = PrimalSearch(problem, tied, unfilled, None if step_limit is None else PLACEMENT_STEPS)
        self._bounding = Bounding(problem, tied, unfilled, self._primal, self._cutoff)
        self.cost_limit = cost_limit << self.tie_bits
        self._unproven_bounds: list[int] = []
        self.lower_bound = self._run(range(len(candidates)), step_limit)
        """No choice costs less than this; if it equals the cutoff, the incumbent is proven best."""

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

    def _run(self, root_free: Sequence[int], step_limit: int | None) -> int:
        bounding = self._bounding
        root = Branch(frozenset(), root_free, bounding.start, bounding.base_cost)
        stack = [root]
        last_step = None if step_limit is None else self.steps + step_limit
        while stack and (last_step is None or self.steps <= last_step):
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
