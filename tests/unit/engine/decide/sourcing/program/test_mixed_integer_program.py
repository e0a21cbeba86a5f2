"""What the program asks for on the way."""

import numpy as np
import pytest

from engine.decide.sourcing.choose import choose
from engine.decide.sourcing.objective import Weights
from engine.decide.sourcing.problem import Problem
from engine.decide.sourcing.program import mixed_integer_program
from engine.decide.sourcing.program.linear_program import Program
from engine.decide.sourcing.program.mixed_integer_program import Solver
from engine.decide.sourcing.program.model import Model
from engine.decide.sourcing.program.pricing import price
from tests.bench.highs import allowed
from tests.bench.large_orders import few_shipments, located, scarce
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


class CountingSolver(Solver):
    """With the work that it does, and what of that comes before the first part is settled."""

    spent, spent_at_first = 0, None

    def _spend(self, work):
        self.spent += work
        return super()._spend(work)

    def _settle(self, part, floor):
        if self.spent_at_first is None:
            self.spent_at_first = self.spent
        return super()._settle(part, floor)


@pytest.mark.parametrize(
    "problem",
    [
        plain(0, lines=60, nodes=400, services=2),
        scarce(0, lines=60, nodes=400),
        few_shipments(0, lines=100, nodes=200),
    ],
    ids=["plain", "scarce", "few shipments"],
)
def test_no_more_work_is_done_than_there_is_and_half_of_it_is_left_to_the_bounds(problem, monkeypatch):
    monkeypatch.setattr(mixed_integer_program, "WORK", 600_000)
    solver = CountingSolver(problem, Weights.of(problem), {}, allocate=lambda _: {}, search=lambda *_: None)
    solver.solve()
    # bringing a placement into columns counts two
    work = 600_000 - 2 * len(Model(problem).placements.line)
    assert solver.spent < 1.25 * work  # what is begun is ended
    assert solver.spent_at_first < 0.6 * work


def test_where_columns_take_all_the_work_a_quarter_is_left_to_search(monkeypatch):
    problem = plain(0, lines=60, nodes=400, services=2)
    monkeypatch.setattr(mixed_integer_program, "WORK", 80_000)
    solver = CountingSolver(problem, Weights.of(problem), {}, allocate=lambda _: {}, search=lambda *_: None)
    solver.solve()
    assert 15_000 < solver.spent < 50_000


def test_an_order_that_nothing_can_ship_is_settled():
    problem = Problem(demands=plain(0, lines=12, nodes=2, services=1).demands, candidates=[], supply={})
    assert solved(problem)[0].units == {}


def test_a_relaxation_that_is_stopped_still_bounds_every_choice():
    problem = few_shipments(0, lines=30, nodes=100)
    model = Model(problem)
    every = np.ones(len(model.placements.line), dtype=bool)
    best = choose(problem).score
    bounds = []
    for most in (1, 200, 1_000_000):
        relaxed = Program(model, np.flatnonzero(every), lambda _: False).relax(model.parts()[0], most)
        assert relaxed.iterations <= most
        priced = price(model, every, model.parts()[0], [], relaxed.duals)
        bounds.append(priced.lower_bound / priced.scale)
    assert bounds[0] < bounds[-1] <= best.unfilled - sum(demand.quantity for demand in problem.demands)
