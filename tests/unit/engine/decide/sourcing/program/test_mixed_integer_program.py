"""What the program asks for on the way."""

import pytest

from engine.decide.sourcing.choose import choose
from engine.decide.sourcing.objective import Weights
from engine.decide.sourcing.program.mixed_integer_program import Solver
from tests.bench.highs import allowed
from tests.bench.large_orders import located
from tests.bench.random_problems import plain

pytestmark = pytest.mark.slow


def solved(problem):
    """The solution, and how often the best quantities for some shipments were asked for. Nothing is known of them."""
    asked = []

    def allocate(keys):
        asked.append(keys)
        return {}

    solver = Solver(problem, Weights.of(problem), {}, allocate=allocate, search=lambda *_: None)
    return solver.solve(), len(asked)


def test_where_capacities_couple_skus_the_program_is_solved_without_quantities_for_given_shipments():
    solution, asked = solved(located(0))
    assert allowed(located(0), solution.units)
    assert solution.gap <= 1  # only which of equally good ones is preferred may be open
    assert asked <= 8  # one for each choice that costs the same


def test_where_nothing_couples_skus_they_are_asked_for_more_often():
    assert solved(plain(1, lines=15, nodes=60, services=2))[1] > 8


def test_an_order_whose_skus_are_coupled_by_capacities_is_proven():
    assert choose(located(1)).gap == 0
