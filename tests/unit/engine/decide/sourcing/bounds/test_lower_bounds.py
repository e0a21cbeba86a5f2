"""Each lower bound: never above the cost of the best choice, and close to it where the search depends on that."""

from engine.decide.sourcing.bounds.dual_ascent import DualAscent
from engine.decide.sourcing.bounds.integer_bounds import least_unfilled, sku_supplies
from engine.decide.sourcing.bounds.relaxation import Relaxation
from engine.decide.sourcing.bounds.shared_nodes import find_shared_nodes
from engine.decide.sourcing.bounds.subgradient import subgradient_ascent
from engine.decide.sourcing.branch_and_bound import run_search
from engine.decide.sourcing.choose import choose
from engine.decide.sourcing.demand_classes import group_demands
from engine.decide.sourcing.objective import Weights
from engine.decide.sourcing.problem import Candidate, Demand, Price, Problem
from engine.decide.sourcing.weighted_candidates import NodeStocks, break_ties, undominated, weigh_candidates
from engine.model.facts import OptionKey
from tests.bench.random_problems import plain

EUR = 1_000_000


class RootBounds:
    """The lower bounds of a problem at the root of the search, before anything is opened or ruled out."""

    def __init__(self, problem, *, closely=True):
        self.problem = problem
        self.weights = Weights.of(problem)
        self.candidates, self.tie_bits = break_ties(undominated(self._weighted(problem), self.weights.unfilled))
        self.classes = group_demands(problem, self.candidates, self.weights.unfilled << self.tie_bits)
        nodes = list(find_shared_nodes(problem, self.candidates, self.classes, closely=closely))
        self.relaxation = Relaxation(self.classes, [candidate.fixed for candidate in self.candidates], nodes)

    def _weighted(self, problem):
        return weigh_candidates(problem, self.weights, problem.candidates, NodeStocks(problem))

    def ascent(self, opened=frozenset(), max_opened=None, duals=None):
        free = [number for number in range(len(self.candidates)) if number not in opened]
        max_opened = len(free) if max_opened is None else max_opened
        return DualAscent(self.relaxation, opened, free, duals or self.relaxation.start, max_opened)

    def parts(self, lower_bound):
        """Units unfilled and euros of money in a lower bound; all tiers are 5 here."""
        units = sum(demand.quantity for demand in self.problem.demands)
        unfilled, remainder = divmod(lower_bound >> self.tie_bits, self.weights.unfilled)
        return unfilled, (remainder - 5 * (units - unfilled) * self.weights.tier) / EUR

    def least(self):
        choice = choose(self.problem)
        return choice.score.unfilled, choice.score.money / EUR


def shop(node, fixed, *lines, service="parcel", money=0):
    prices = {line: Price(unless_needed=0, tier=5, money=round(money * EUR)) for line in lines}
    return Candidate(key=OptionKey(node, service), fixed=round(fixed * EUR), prices=prices)


def mugs(*quantities, together=False):
    return [Demand(sku="mug", quantity=quantity, together=together) for quantity in quantities]


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


def test_two_services_of_a_node_share_its_stock_in_the_bound():
    problem = Problem(
        demands=mugs(4),
        candidates=[shop("a", 4, 0), shop("a", 3.85, 0, service="van", money=0.1), shop("b", 20, 0)],
        supply={("a", "mug"): 2, ("b", "mug"): 2},
    )
    closely, roughly = RootBounds(problem), RootBounds(problem, closely=False)
    assert closely.ascent().lower_bound >> closely.tie_bits > roughly.ascent().lower_bound >> roughly.tie_bits
    assert closely.parts(closely.ascent().lower_bound)[1] > 20


def test_lines_of_one_sku_at_other_prices_share_its_stock_in_the_bound():
    problem = Problem(
        demands=mugs(3, 3),
        candidates=[
            Candidate(
                key=OptionKey("a", "parcel"),
                fixed=4 * EUR,
                prices={line: Price(unless_needed=0, tier=5, money=line * EUR) for line in range(2)},
            ),
            shop("b", 6, 0),
        ],
        supply={("a", "mug"): 3, ("b", "mug"): 1},
    )
    bounds = RootBounds(problem)
    assert bounds.parts(bounds.ascent().lower_bound)[0] == bounds.least()[0] == 2


def test_the_bound_counts_lines_kept_together_that_do_not_fit_as_unfilled():
    problem = Problem(demands=mugs(5, 5, together=True), candidates=[shop("a", 4, 0, 1)], supply={("a", "mug"): 9})
    bounds = RootBounds(problem)
    assert bounds.parts(bounds.ascent().lower_bound)[0] == bounds.least()[0] == 5


def test_the_bound_in_whole_units_counts_a_whole_shipment_more():
    """Seven units by twos take four shipments, not three and a half."""
    nodes = [f"n{number}" for number in range(8)]
    candidates = [
        Candidate(
            key=OptionKey(node, "parcel"),
            fixed=4 * EUR,
            prices={line: Price(unless_needed=0, tier=5, money=line * number) for line in range(2)},
        )
        for number, node in enumerate(nodes)
    ]
    problem = Problem(demands=mugs(3, 4), candidates=candidates, supply={(node, "mug"): 2 for node in nodes})
    bounds = RootBounds(problem)
    ascent = bounds.ascent()
    assert bounds.parts(ascent.lower_bound)[1] < 15
    assert bounds.parts(ascent.lower_bound_in_whole_units("mug"))[1] >= 16


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


def test_least_unfilled_counts_units_that_few_shipments_cannot_carry():
    problem = Problem(
        demands=[Demand(sku="mug", quantity=3), Demand(sku="pot", quantity=2)],
        candidates=[shop("a", 1, 0, 1), shop("b", 1, 0), shop("c", 3, 0, 1)],
        supply={("a", "mug"): 2, ("a", "pot"): 2, ("b", "mug"): 2, ("c", "mug"): 3, ("c", "pot"): 2},
    )
    classes = group_demands(problem, RootBounds(problem).candidates, 1_000)
    supplies = sku_supplies(problem, ["a", "b", "c"], classes)
    assert least_unfilled(supplies, [], [0, 1, 2], max_opened=1) == {0: 1, 1: 3, 2: 0}
    assert least_unfilled(supplies, [0], [1, 2], max_opened=1) == {1: 0, 2: 0}


def test_duals_of_the_subgradient_ascent_lift_the_bound():
    problem = plain(1, lines=10, nodes=100, services=2)
    bounds = RootBounds(problem, closely=False)
    first = bounds.ascent()
    best = choose(problem).score.money + 5 * bounds.weights.tier * sum(demand.quantity for demand in problem.demands)
    duals = subgradient_ascent(bounds.relaxation, first.duals, best << bounds.tie_bits)
    higher = bounds.ascent(duals=duals)
    assert first.lower_bound < higher.lower_bound <= best + 1 << bounds.tie_bits


def test_very_many_candidates_are_ruled_out_before_the_search():
    """Twenty times as many nodes: less than three times as many are left to search."""
    few, many = (
        len(run_search(plain(1, lines=3, nodes=nodes, services=2))._bounding._candidates) for nodes in (50, 1_000)
    )
    assert many < 3 * few < 300
