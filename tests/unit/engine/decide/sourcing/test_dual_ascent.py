"""The lower bound of the search: never above the cost of the best choice, and close to it where that matters."""

from engine.decide.sourcing.choose import choose
from engine.decide.sourcing.demand_classes import group_demands
from engine.decide.sourcing.dual_ascent import DualAscent
from engine.decide.sourcing.objective import Weights
from engine.decide.sourcing.preprocessing import CandidateReduction
from engine.decide.sourcing.problem import Candidate, Demand, Price, Problem
from engine.decide.sourcing.subgradient import subgradient_ascent
from engine.decide.sourcing.weighted_candidates import NodeStocks, break_ties, undominated, weigh_candidates
from engine.model.facts import OptionKey
from tests.bench.random_problems import plain

EUR = 1_000_000


class RootBounds:
    """The lower bounds of a problem at the root of the search, before anything is opened or ruled out."""

    def __init__(self, problem):
        self.problem = problem
        self.weights = Weights.of(problem)
        self.candidates, self.tie_bits = break_ties(undominated(self._weighted(problem), self.weights.unfilled))
        self.classes = group_demands(problem, self.candidates, self.weights.unfilled << self.tie_bits)
        self.fixed = [candidate.fixed for candidate in self.candidates]

    def _weighted(self, problem):
        return weigh_candidates(problem, self.weights, problem.candidates, NodeStocks(problem))

    def ascent(self, opened=frozenset(), max_opened=None, duals=None):
        free = [number for number in range(len(self.candidates)) if number not in opened]
        max_opened = len(free) if max_opened is None else max_opened
        duals = duals or [0] * len(self.classes)
        return DualAscent(self.classes, self.fixed, opened=opened, free=free, duals=duals, max_opened=max_opened)

    def parts(self, lower_bound):
        """Units unfilled and euros of money in a lower bound; all tiers are 5 here."""
        units = sum(demand.quantity for demand in self.problem.demands)
        unfilled, remainder = divmod(lower_bound >> self.tie_bits, self.weights.unfilled)
        return unfilled, (remainder - 5 * (units - unfilled) * self.weights.tier) / EUR

    def least(self):
        choice = choose(self.problem)
        return choice.score.unfilled, choice.score.money / EUR


def shop(node, fixed, *lines):
    prices = {line: Price(unless_needed=0, tier=5, money=0) for line in lines}
    return Candidate(key=OptionKey(node, "parcel"), fixed=round(fixed * EUR), prices=prices)


def mugs(*quantities):
    return [Demand(sku="mug", quantity=quantity) for quantity in quantities]


def test_the_bound_is_the_cost_of_the_choice_where_one_shipment_has_all():
    problem = Problem(demands=mugs(2), candidates=[shop("a", 4, 0), shop("b", 5, 0)], supply={("a", "mug"): 2})
    bounds = RootBounds(problem)
    assert bounds.parts(bounds.ascent().lower_bound) == bounds.least() == (0, 4)


def test_the_bound_counts_the_fixed_cost_of_opened_shipments():
    problem = Problem(
        demands=mugs(2),
        candidates=[shop("a", 4, 0), shop("b", 5, 0)],
        supply={("a", "mug"): 1, ("b", "mug"): 1},
    )
    bounds = RootBounds(problem)
    assert bounds.parts(bounds.ascent(opened=frozenset({0, 1})).lower_bound) == (0, 9)


def test_with_a_toll_the_bound_counts_units_that_few_shipments_leave_unfilled():
    nodes = [f"n{number}" for number in range(6)]
    problem = Problem(
        demands=mugs(6),
        candidates=[shop(node, 4, 0) for node in nodes],
        supply={(node, "mug"): 1 for node in nodes},
        max_shipments=2,
    )
    bounds = RootBounds(problem)
    high = [demand.unfilled for demand in bounds.classes]
    assert bounds.parts(bounds.ascent(max_opened=2, duals=high).lower_bound)[0] == bounds.least()[0] == 4


def test_duals_of_the_subgradient_ascent_lift_the_bound():
    problem = plain(1, lines=10, nodes=100, services=2)
    bounds = RootBounds(problem)
    first = bounds.ascent()
    best = choose(problem).score.money + 5 * bounds.weights.tier * sum(demand.quantity for demand in problem.demands)
    duals = subgradient_ascent(bounds.classes, bounds.fixed, first.duals, best << bounds.tie_bits)
    higher = bounds.ascent(duals=duals)
    assert first.lower_bound < higher.lower_bound <= best + 1 << bounds.tie_bits


def test_very_many_candidates_are_ruled_out_before_the_search():
    problem = plain(1, lines=3, nodes=1_000, services=2)
    weights = Weights.of(problem)
    cost_limit = weights.unfilled * (1 + sum(demand.quantity for demand in problem.demands))
    assert len(CandidateReduction(problem, weights, cost_limit).reduce()) < 80
