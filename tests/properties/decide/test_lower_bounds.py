"""Whatever the values, no choice costs less than the floor that they give: the search rests on that."""

from hypothesis import given, settings
from hypothesis import strategies as st

from engine.decide.sourcing.bounds.column_generation import Closing, Part, Priced
from engine.decide.sourcing.bounds.pricing_problem import Valuing
from engine.decide.sourcing.bounds.relaxation import Relaxation
from engine.decide.sourcing.bounds.shared_nodes import sharing
from engine.decide.sourcing.branch_and_bound import Search
from engine.decide.sourcing.columns import Shelves, useful, weighed, with_ties
from engine.decide.sourcing.demand_classes import wants
from engine.decide.sourcing.demand_merging import alike, merged
from engine.decide.sourcing.incumbent import Opening
from engine.decide.sourcing.objective import Weights
from tests.bench.random_problems import constrained


class World:
    """A problem with its relaxation, and which shipments its best choice uses at what cost."""

    def __init__(self, seed, *, closely):
        problem = constrained(seed)
        problem = merged(problem, alike(problem))
        weights = Weights.of(problem)
        lanes = useful(weighed(problem, weights, problem.candidates, Shelves(problem)), weights.unfilled)
        useless = weights.unfilled * (1 + sum(demand.quantity for demand in problem.demands))
        search = Search(problem, weights, lanes, useless, None)
        self.cost = search.best
        keys = {key for key, _ in search.units()}
        self.used = frozenset(number for number, lane in enumerate(lanes) if lane.key in keys)
        tied, bits = with_ties(lanes)
        of_lanes = wants(problem, tied, weights.unfilled << bits)
        nodes = list(sharing(problem, tied, of_lanes, closely=closely))
        self.relaxation = Relaxation(of_lanes, [lane.fixed for lane in tied], nodes)
        self.opening = Opening(problem, tied, weights.unfilled << bits, None)
        self.every = range(len(tied))

    def part(self, rng):
        """Choices with some of the shipments of the best, and without some others: the best is among them."""
        opened = frozenset(number for number in self.used if rng.random() < 0.3)
        free = [n for n in self.every if n not in opened and (n in self.used or rng.random() < 0.8)]
        return Part(opened, self.opening.fitting(opened, free), self.opening.room(opened))

    def values(self, rng):
        wanted = zip(self.relaxation.wants, self.relaxation.start, strict=True)
        return [
            rng.randint(first, rng.choice([first, want.unfilled // 10**6, want.unfilled])) for want, first in wanted
        ]


@settings(max_examples=150, deadline=None)
@given(st.integers(0, 10**9), st.booleans(), st.randoms(use_true_random=False))
def test_no_choice_costs_less_than_its_floor_at_any_values(seed, closely, rng):
    world = World(seed, closely=closely)
    part, values = world.part(rng), world.values(rng)
    found = Valuing(world.relaxation, part.opened, part.free, part.most).at(values, rng.choice([0, world.cost // 10]))
    assert found.floor <= world.cost
    for number in part.free:
        decided = (
            found.floor + found.surplus[number] if number not in world.used else found.floor - found.surplus[number]
        )
        assert decided <= world.cost


@settings(max_examples=100, deadline=None)
@given(st.integers(0, 10**9), st.booleans(), st.randoms(use_true_random=False))
def test_closing_a_branch_only_raises_its_floor_and_never_above_the_best(seed, closely, rng):
    world = World(seed, closely=closely)
    part, values = world.part(rng), world.values(rng)
    closing = Closing(world.relaxation, lambda *_: world.cost)
    before = closing.looked(part, Priced(0, {}, values, 0))
    after, _ = closing.closed(part, before, world.cost, before.floor)
    assert before.floor <= after.floor <= world.cost
    assert closing.looked(part, after).floor == after.floor
