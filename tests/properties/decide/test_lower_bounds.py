"""Whatever the duals, no choice costs less than the lower bound that they prove: the search depends on that."""

import numpy as np
import pytest
from hypothesis import given
from hypothesis import strategies as st

from engine.decide.sourcing.bounded.binding_bounds import tightened
from engine.decide.sourcing.choose import choose
from engine.decide.sourcing.demand_classes import group_demands
from engine.decide.sourcing.demand_merging import interchangeable_runs, merge_demands
from engine.decide.sourcing.objective import Weights
from engine.decide.sourcing.problem import UNBOUNDED
from engine.decide.sourcing.program.model import Model
from engine.decide.sourcing.program.pricing import Duals, Held, LimitDuals, price
from engine.decide.sourcing.relaxation import Relaxation, primal_search
from engine.decide.sourcing.weighted_candidates import NodeStocks, break_ties, undominated, weigh_candidates
from tests.bench.random_problems import constrained, weighed
from tests.support.examples import examples

pytestmark = pytest.mark.slow


class TiedProblem:
    """A problem with the tie-break in its costs, and the shipments and the cost of its best choice."""

    def __init__(self, seed, make=constrained):
        problem = tightened(make(seed))
        problem = merge_demands(problem, interchangeable_runs(problem))
        weights = Weights.of(problem)
        weighted = weigh_candidates(problem, weights, problem.candidates, NodeStocks(problem))
        candidates = undominated(weighted, weights.unfilled)
        tied, bits = break_ties(candidates)
        self.classes = group_demands(problem, tied, weights.unfilled << bits)
        self.fixed = [candidate.fixed for candidate in tied]
        self.relaxation = Relaxation(problem, self.classes, tied)
        self.primal = primal_search(problem, tied, weights.unfilled << bits, 10**9)
        keys = {key for key, _ in choose(problem).units}
        used = frozenset(number for number, candidate in enumerate(candidates) if candidate.key in keys)
        self.cost, self.used = self.primal.evaluate(used)


@examples(50)
@given(st.integers(0, 10**9), st.sampled_from([constrained, weighed]), st.randoms(use_true_random=False))
def test_no_choice_costs_less_than_the_ascent_proves_from_any_duals(seed, make, rng):
    tied = TiedProblem(seed, make)
    opened = frozenset(number for number in tied.used if rng.random() < 0.3)
    others = [n for n in range(len(tied.fixed)) if n not in opened and (n in tied.used or rng.random() < 0.8)]
    free = tied.primal.with_room(opened, others)
    duals = [rng.randint(0, rng.choice([0, demand.unfilled // 10**6, demand.unfilled])) for demand in tied.classes]
    most = tied.primal.shipments_left(opened)
    ascent = tied.relaxation.ascend(opened=opened, free=free, duals=duals, max_opened=most)
    assert ascent.lower_bound <= tied.cost
    for number in free:
        surplus = ascent.surplus[number]
        assert ascent.lower_bound + (-surplus if number in tied.used else surplus) <= tied.cost


@examples(50)
@given(st.integers(0, 10**9), st.sampled_from([constrained, weighed]), st.randoms(use_true_random=False))
def test_the_placements_of_the_best_choice_are_kept_at_any_duals(seed, make, rng):
    problem = tightened(make(seed))
    model, units = Model(problem), choose(problem).units
    if not units:
        return  # where an order that ships complete ships nothing, any placement may go
    placements = model.placements
    places = zip(placements.candidate.tolist(), placements.line.tolist(), strict=True)
    shipped = np.array([units.get((model.keys[candidate], line), 0) for candidate, line in places])
    used = np.unique(placements.candidate[shipped > 0])
    held = []
    for part in model.parts():
        amount = int(part.cost @ (shipped // placements.lot)) + int(part.opening[used].sum())
        priced = price(model, np.ones(len(shipped), dtype=bool), part, held, random_duals(rng, model, len(held)))
        assert priced is not None
        assert priced.lower_bound <= amount * priced.scale
        assert priced.may_cost(placements.candidate, amount)[shipped > 0].all()
        held.append(Held(part, amount))


def random_duals(rng, model, held):
    highest = rng.choice([1, 1_000, 5_000_000])

    def some(count):
        return np.array([rng.randint(0, highest) for _ in range(count)], dtype=np.int64)

    candidates = len(model.keys)
    return Duals(
        scale=rng.choice([1, 1 << 20]),
        line=some(len(model.quantity)),
        shipment=rng.choice([0, highest]),
        stock=some(len(model.supply)) * rng.choice([0, 1]),
        node=some(len(model.room)) * rng.choice([0, 1]),
        held=some(held).tolist(),
        limits=[some(len(model.room)) * limit.is_limited for limit in model.limits],
        shipment_limits=[
            LimitDuals(most=some(candidates) * (limit.most < UNBOUNDED), least=some(candidates) * rng.choice([0, 1]))
            for limit in model.shipment_limits
        ],
        option=some(candidates) * rng.choice([0, 1]),
    )
