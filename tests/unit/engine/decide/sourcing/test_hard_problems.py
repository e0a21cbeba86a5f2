"""Hard choices are proven within the limits of steps, and those that are not are good."""

from dataclasses import replace

import pytest

from engine.decide.sourcing.choose import choose
from engine.decide.sourcing.program import mixed_integer_program
from tests.bench.highs import allowed, score
from tests.bench.random_problems import HARD, hard, plain
from tests.unit.engine.decide.sourcing.hard_problems import PROBLEMS, facility_location, many_nodes, scarce_stock

pytestmark = pytest.mark.slow


@pytest.mark.parametrize("problem", [*PROBLEMS, facility_location], ids=lambda problem: problem.__name__)
def test_a_hard_choice_is_proven(problem):
    assert choose(problem()).gap == 0


@pytest.mark.parametrize("name", HARD)
def test_a_choice_with_every_constraint_in_play_is_proven(name):
    assert choose(hard(name)).gap == 0


@pytest.mark.parametrize(("seed", "most_shipments"), [(0, 3), (1, 3), (2, 3), (0, None), (1, None)])
def test_twenty_lines_over_two_thousand_nodes_are_proven(seed, most_shipments):
    assert choose(many_nodes(seed, max_shipments=most_shipments)).gap == 0


def of_many_skus():
    return plain(1, lines=50, nodes=30, services=2)


def kept_together():
    problem = of_many_skus()
    return replace(problem, demands=[replace(demand, together=True) for demand in problem.demands])


def kept_together_of_one_sku():
    problem = kept_together()
    return replace(
        problem,
        demands=[replace(demand, sku="mug") for demand in problem.demands[:25]],
        supply={(node, "mug"): 8 for node, _ in problem.supply},
    )


@pytest.mark.parametrize(
    "problem",
    [
        pytest.param(of_many_skus, marks=pytest.mark.exhaustive),
        kept_together,
        pytest.param(kept_together_of_one_sku, marks=pytest.mark.exhaustive),
    ],
)
def test_the_choice_of_an_order_of_very_many_lines_ends(problem):
    """More lines than are always proven."""
    placed = problem()
    choice = choose(placed)
    assert choice.score.unfilled == 0
    assert allowed(placed, choice.units)
    assert score(placed, choice.units) == choice.score


def test_a_billion_units_are_not_counted_one_by_one():
    problem = plain(3, lines=1, nodes=20, services=2)
    demands = [replace(demand, quantity=10**9) for demand in problem.demands]
    supply = {place: 10**8 + units for place, units in problem.supply.items()}
    problem = replace(problem, demands=demands, supply=supply)
    choice = choose(problem)
    assert choice.score == score(problem, choice.units)
    assert (choice.score.unfilled, allowed(problem, choice.units)) == (0, True)


def test_highs_stops_after_so_much_work(monkeypatch):
    monkeypatch.setattr(mixed_integer_program, "WORK", 1_000)
    assert choose(scarce_stock(20)).gap > 1


@pytest.mark.parametrize(("lines", "most"), [(20, 56_520_000), (100, 173_280_000)])
def test_scarce_units_of_many_lines_cost_at_most_so_much(lines, most):
    assert choose(scarce_stock(lines)).score.money <= most
