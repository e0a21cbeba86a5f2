"""Whatever the duals, no choice costs less than the lower bound that they prove: the search depends on that."""

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from engine.decide.sourcing.bounds.column_generation import ColumnGeneration, PricedSubproblem, Subproblem
from engine.decide.sourcing.bounds.pricing_problem import PricingProblem
from engine.decide.sourcing.bounds.relaxation import Relaxation
from engine.decide.sourcing.bounds.shared_nodes import find_shared_nodes
from engine.decide.sourcing.branch_and_bound import Limits, Search
from engine.decide.sourcing.demand_classes import group_demands
from engine.decide.sourcing.demand_merging import interchangeable_runs, merge_demands
from engine.decide.sourcing.incumbent import PrimalSearch
from engine.decide.sourcing.objective import Weights
from engine.decide.sourcing.weighted_candidates import NodeStocks, break_ties, undominated, weigh_candidates
from tests.bench.random_problems import constrained

pytestmark = pytest.mark.slow


class RelaxedProblem:
    """A problem with its relaxation, and the shipments and the cost of its best choice."""

    def __init__(self, seed, *, closely):
        problem = constrained(seed)
        problem = merge_demands(problem, interchangeable_runs(problem))
        weights = Weights.of(problem)
        candidates = undominated(
            weigh_candidates(problem, weights, problem.candidates, NodeStocks(problem)), weights.unfilled
        )
        cost_limit = weights.unfilled * (1 + sum(demand.quantity for demand in problem.demands))
        search = Search(problem, weights, candidates, cost_limit, Limits(10**9, 10**9))
        self.cost = search.best_cost
        keys = {key for key, _ in search.units()}
        self.used = frozenset(number for number, candidate in enumerate(candidates) if candidate.key in keys)
        tied, bits = break_ties(candidates)
        classes = group_demands(problem, tied, weights.unfilled << bits)
        nodes = list(find_shared_nodes(problem, tied, classes, closely=closely))
        self.relaxation = Relaxation(classes, [candidate.fixed for candidate in tied], nodes)
        self.primal = PrimalSearch(problem, tied, weights.unfilled << bits, 10**9)
        self.numbers = range(len(tied))

    def subproblem(self, rng):
        """A random subproblem that contains the best choice: some of its shipments opened, some others left out."""
        opened = frozenset(number for number in self.used if rng.random() < 0.3)
        free = [n for n in self.numbers if n not in opened and (n in self.used or rng.random() < 0.8)]
        return Subproblem(opened, self.primal.with_room(opened, free), self.primal.shipments_left(opened))

    def duals(self, rng):
        ranges = zip(self.relaxation.classes, self.relaxation.start, strict=True)
        return [
            rng.randint(first, rng.choice([first, demand.unfilled // 10**6, demand.unfilled]))
            for demand, first in ranges
        ]


@settings(max_examples=150, deadline=None)
@given(st.integers(0, 10**9), st.booleans(), st.randoms(use_true_random=False))
def test_no_choice_costs_less_than_the_lower_bound_at_any_duals(seed, closely, rng):
    relaxed = RelaxedProblem(seed, closely=closely)
    subproblem, duals = relaxed.subproblem(rng), relaxed.duals(rng)
    solution = PricingProblem(relaxed.relaxation, subproblem.opened, subproblem.free, subproblem.max_opened).solve(
        duals, rng.choice([0, relaxed.cost // 10])
    )
    assert solution.lower_bound <= relaxed.cost
    for number in subproblem.free:
        decided_bound = (
            solution.lower_bound + solution.surplus[number]
            if number not in relaxed.used
            else solution.lower_bound - solution.surplus[number]
        )
        assert decided_bound <= relaxed.cost


@settings(max_examples=100, deadline=None)
@given(st.integers(0, 10**9), st.booleans(), st.randoms(use_true_random=False))
def test_column_generation_only_raises_the_lower_bound_and_never_above_the_best(seed, closely, rng):
    relaxed = RelaxedProblem(seed, closely=closely)
    subproblem, duals = relaxed.subproblem(rng), relaxed.duals(rng)
    column_generation = ColumnGeneration(relaxed.relaxation, lambda *_: relaxed.cost)
    before = column_generation.evaluate(subproblem, PricedSubproblem(0, {}, duals, 0))
    after, _ = column_generation.tighten(subproblem, before, relaxed.cost, before.lower_bound)
    assert before.lower_bound <= after.lower_bound <= relaxed.cost
    assert column_generation.evaluate(subproblem, after).lower_bound == after.lower_bound
