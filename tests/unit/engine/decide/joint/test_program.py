"""The joint program: what it leaves out, and what floors that differ by order mean in it."""

import contextlib

import numpy as np
import pytest

from engine.decide.evaluation.evaluation import Evaluation
from engine.decide.joint import program as joint_program
from engine.decide.joint.assignment import assign, proof, total
from engine.decide.joint.contention import contending_groups
from engine.decide.joint.one_after_another import choose_one_after_another
from engine.decide.joint.order_table import dominated
from engine.decide.joint.planned_order import PlannedOrder
from engine.decide.joint.solver import Solver
from engine.decide.matching.matcher import Matcher
from engine.decide.shipping.columns import integers
from engine.decide.sourcing.problem import Score, Unproven
from tests.support.facts import LILLE, LYON, NOW, node, order, policies, service, snapshot

PLACES = [node("lyon", LYON, daily_orders=2), node("lille", LILLE)]
SERVICES = [service(per_km=10_000)]


@contextlib.contextmanager
def contending(orders, stock, *rules):
    """The orders of one group, in their order, and what they contend for."""
    facts = snapshot(PLACES, stock, services=SERVICES)
    with contextlib.closing(Matcher(policies(*rules))) as matcher:
        planned = [PlannedOrder(Evaluation(order=item, snapshot=facts, matcher=matcher, now=NOW)) for item in orders]
        (group,) = contending_groups(planned)
        yield [planned[index] for index in group.orders], group.scarce


def assigned(orders, stock, *rules):
    with contending(orders, stock, *rules) as (planned, scarce):
        greedy = list(choose_one_after_another(planned))
        return total(choice.score for choice in greedy), assign(planned, scarce, greedy)


def test_of_the_ways_of_a_node_those_that_cost_no_less_for_any_line_are_left_out():
    nodes, fixed = integers([0, 0, 0, 1]), integers([5, 4, 4, 9])
    cost, something = np.array([[3, 3, 3, 9], [2, 1, 1, 9]]), np.ones((2, 4), dtype=bool)
    every = np.ones(4, dtype=bool)
    assert dominated(nodes, fixed, something, cost, every).tolist() == [True, False, True, False]
    bounded = np.array([True, False, True, True])  # the second may not take all that others ship
    assert dominated(nodes, fixed, something, cost, bounded).tolist() == [True, True, False, False]
    something[1, 1] = False  # what carries less replaces nothing that carries more
    assert dominated(nodes, fixed, something, cost, every).tolist() == [True, True, False, False]


WHOLE = "when: {order.tags: {has: whole}}, then: {ship_complete: true}"


def whole(*lines, name):
    return order(*lines, id=name, tags=frozenset({"whole"}))


def test_all_or_nothing_is_all_or_nothing_in_the_program():
    orders = [order(("A", 1), ("B", 1), id="a"), whole(("A", 2), ("B", 1), name="b")]
    greedy, assignment = assigned(orders, {"A": {"lyon": 2}, "B": {"lyon": 1}}, WHOLE)
    assert (greedy.unfilled, assignment.score.unfilled) == (3, 2)
    assert [sum(choice.units.values()) for choice in assignment.choices] == [0, 3]


def test_an_assignment_as_good_as_one_after_another_changes_nothing():
    greedy, assignment = assigned([order(("A", 1), id=name) for name in "abc"], {"A": {"lyon": 2}})
    assert assignment == (None, greedy, 0, None)


def test_those_with_a_higher_floor_take_no_more_than_is_free_for_them():
    web = [order(("A", 1), id=f"w{number}", channel="web") for number in range(2)]
    shop = [order(("A", 2), id="s0", channel="store")]
    with contending([*shop, *web], {"A": {"lyon": 3}}, "then: {protect: {channel: web, units: 2}}") as (
        planned,
        scarce,
    ):
        greedy = list(choose_one_after_another(planned))
        columns = joint_program.Program(planned, scarce, greedy)
        of_stock = [row for row in columns.rows if row[1] in (1, 3)]
    assert [(len(terms), most) for terms, most in of_stock if len(terms) > 1] == [(3, 3)]


@pytest.mark.parametrize("most_columns", [6, 100_000])
def test_a_program_of_the_cheapest_ways_alone_proves_no_money(monkeypatch, most_columns):
    monkeypatch.setattr(joint_program, "MOST_COLUMNS", most_columns)
    orders = [order(("A", 1), id=str(number), place=LYON) for number in range(3)]
    greedy, assignment = assigned(orders, {"A": {"lyon": 5, "lille": 5}})
    assert assignment.score == greedy
    assert (assignment.gap == 0) == (most_columns == 100_000)


def test_a_bound_in_integers_holds_though_the_relaxation_takes_fractions():
    # three pairs of which one at most may be taken each: 1.5 in halves, 1 in whole numbers
    rows = [([(one, 1), (other, 1)], 1) for one, other in ((0, 1), (1, 2), (0, 2))]
    solver, costs = Solver(rows, integers([1, 1, 1, 1])), integers([-10_000] * 3 + [7_000])
    relaxed = solver.relax(costs, unit=1_000)
    assert solver.checked(relaxed.values) is None
    assert relaxed.bound == -15_000
    found = solver.solve(costs, integers([0] * 4), relaxed, integers([0, 1, 2, 3]), unit=1_000)
    assert int((costs * found).sum()) == -10_000


def test_values_that_break_a_row_are_not_taken():
    solver = Solver([([(0, 2), (1, 1)], 3)], integers([2, 1]))
    assert solver.checked([1.0, 1.0]).tolist() == [1, 1]
    assert solver.checked([2.0, 0.0]) is None
    assert solver.checked([-1.0, 0.0]) is None
    assert solver.checked([0.0, 2.0]) is None


def test_more_ordered_than_there_is_is_proven_unfilled():
    orders = [order(("A", 2), id=name) for name in "ab"]
    greedy, assignment = assigned(orders, {"A": {"lyon": 3}})
    assert (greedy.unfilled, assignment.unproven) == (1, None)


def test_what_is_not_proven_says_of_which_part():
    score = Score(unfilled=1, unless_needed=2, tiers=9, money=50)
    assert proof(score, Score(unfilled=1, unless_needed=2, tiers=9, money=20)) == (30, None)
    assert proof(score, Score(unfilled=0, unless_needed=9, tiers=9, money=99)) == (
        None,
        Unproven(part="unfilled_units", most=1),
    )
    assert proof(score, Score(unfilled=1, unless_needed=2, tiers=4, money=99)) == (
        None,
        Unproven(part="tiers", most=5),
    )
