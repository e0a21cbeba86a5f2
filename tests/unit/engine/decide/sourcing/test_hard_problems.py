"""How much work hard choices take, in steps, which are the same on every machine."""

from dataclasses import replace

import pytest

from engine.decide.sourcing.branch_and_bound import LIMITS, run_search
from engine.decide.sourcing.choose import choose
from engine.decide.sourcing.demand_merging import interchangeable_runs, merge_demands
from tests.bench.random_problems import HARD, hard, plain
from tests.unit.engine.decide.sourcing.hard_problems import PROBLEMS, facility_location, scarce_stock

pytestmark = pytest.mark.slow

MOST = {
    "few_shipments": 2_700_000,
    "equal_prices_and_scarce_stock": 4_800_000,
    "together_lines_at_equal_prices": 4_000_000,
    "together_lines_of_many_skus": 460_000,
    "one_sku_on_ten_lines": 180_000,
    "everything_at_once": 180_000,
    "together_lines": 110_000,
    "together_lines_of_many_units": 3_000_000,
}
"""By problem, the most steps it may take: about twice as many as it does. The others take fewer than `USUAL`."""
BOUNDS = {
    "9 lines of one SKU, each at prices of its own": 30,
    "4 lines of one SKU, 4 shipments at most": 30,
    "10 lines of 7 SKUs, 2 shipments at most": 30,
    "9 lines, 7 of them kept together, 3 shipments at most": 100,
    "9 lines of 4 SKUs, 4 shipments at most": 100,
    "8 lines, 4 services that share a node's stock": 30,
    "9 lines of 3 SKUs, 3 of them kept together": 270,
    "8 lines of one SKU, all or nothing": 420,
    "10 lines of one SKU, 8 of them kept together": 70,
}
"""By problem, the most lower bounds of branches that may be computed: about twice as many as are. Without column
generation, or if a node's services did not share its stock in the bound, there would be many times as many.
"""
USUAL = 60_000


def search_of(problem):
    return run_search(merge_demands(problem, interchangeable_runs(problem)))


@pytest.mark.parametrize("problem", PROBLEMS, ids=lambda problem: problem.__name__)
def test_a_hard_choice_is_proven_in_so_many_steps(problem):
    search = search_of(problem())
    assert search.lower_bound == min(search.best_cost, search.cost_limit)
    assert search.steps <= MOST.get(problem.__name__, USUAL)


@pytest.mark.parametrize("name", HARD)
def test_a_choice_with_every_constraint_in_play_is_proven_by_so_many_bounds(name):
    search = search_of(hard(name))
    assert search.lower_bound == min(search.best_cost, search.cost_limit)
    assert search.bounds <= BOUNDS[name]
    assert search.steps <= 3_000_000


def test_the_choice_of_an_order_of_very_many_lines_ends():
    """Lines kept together, of one SKU and of many; more lines than are always proven."""
    of_many = plain(1, lines=50, nodes=30, services=2)
    together = replace(of_many, demands=[replace(demand, together=True) for demand in of_many.demands])
    of_one = replace(
        together,
        demands=[replace(demand, sku="mug") for demand in together.demands[:25]],
        supply={(node, "mug"): 8 for node, _ in of_many.supply},
    )
    for problem in (of_many, together, of_one):
        search = search_of(problem)
        assert search.steps < 4 * LIMITS.search
        assert search.best_cost >> search.tie_bits < search.weights.unfilled  # no unit is unfilled


def test_a_billion_units_are_not_counted_one_by_one():
    problem = plain(3, lines=1, nodes=20, services=2)
    demands = [replace(demand, quantity=10**9) for demand in problem.demands]
    supply = {place: 10**8 + units for place, units in problem.supply.items()}
    assert search_of(replace(problem, demands=demands, supply=supply)).steps < 100_000


def test_highs_proves_what_the_search_leaves_unproven():
    """A capacitated location problem: the bounds of the search are far off where lines share the stock of a node."""
    search = search_of(facility_location())
    assert search.lower_bound == search.best_cost
    assert search.steps < 4 * LIMITS.search


@pytest.mark.parametrize(("lines", "most"), [(20, 57_000_000), (100, 174_500_000)])
def test_scarce_units_of_many_lines_cost_at_most_so_much(lines, most):
    assert choose(scarce_stock(lines)).score.money <= most
