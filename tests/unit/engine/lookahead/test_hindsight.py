"""The least that orders could have cost, had all of them been known."""

import itertools

import pytest
from hypothesis import given
from hypothesis import strategies as st

from engine.lookahead.hindsight import Captured, hindsight_bound
from engine.lookahead.price_rounds import merged
from tests.support.examples import examples
from tests.support.expected_orders import basket, expected

NODES = 2
NUMBERS = st.integers(0, 30)


def least_by_unfilled(orders, supply, unit, fixed):
    """By how many units a plan leaves unfilled, what the cheapest such plan costs: all plans are tried."""
    lines = [(number, region, sku) for number, (region, skus) in enumerate(orders) for sku in skus]
    least = {}
    for plan in itertools.product(range(NODES + 1), repeat=len(lines)):
        taken = [(sku, node) for (_, _, sku), node in zip(lines, plan, strict=True) if node < NODES]
        if any(taken.count((sku, node)) > supply[sku][node] for sku, node in taken):
            continue
        parcels = {(number, node) for (number, _, _), node in zip(lines, plan, strict=True) if node < NODES}
        cost = sum(fixed[node] for _, node in parcels)
        cost += sum(unit[region][node] for (_, region, _), node in zip(lines, plan, strict=True) if node < NODES)
        unfilled = plan.count(NODES)
        least[unfilled] = min(cost, least.get(unfilled, cost))
    return least


@examples(60)
@given(st.data())
def test_no_plan_whatever_it_leaves_unfilled_costs_less_than_the_bound(data):
    supply = {sku: data.draw(st.tuples(st.integers(0, 2), st.integers(0, 2))) for sku in "XY"}
    unit = {region: data.draw(st.tuples(NUMBERS, NUMBERS)) for region in ("north", "south")}
    fixed = data.draw(st.tuples(NUMBERS, NUMBERS))
    kinds = st.sampled_from([("X",), ("Y",), ("X", "Y")])
    orders = data.draw(st.lists(st.tuples(st.sampled_from(["north", "south"]), kinds), min_size=1, max_size=4))
    known = expected(merged(basket(region, *skus) for region, skus in orders), supply, unit=unit, fixed=fixed)
    for unfilled, cost in least_by_unfilled(orders, supply, unit, fixed).items():
        assert hindsight_bound(known, unfilled=unfilled) <= cost


def test_of_orders_of_one_line_it_is_just_what_the_best_plan_costs():
    """The first, decided alone, would take the unit that the second needs: 1 + 9 instead of 2 + 1."""
    unit = {"north": (1, 2), "south": (1, 9)}
    known = expected([basket("north", "X"), basket("south", "X")], {"X": (1, 1)}, unit=unit)
    assert hindsight_bound(known, unfilled=0) == 3


def test_parcels_of_several_lines_count_once():
    known = expected([basket("north", "X", "Y")], {"X": (1, 0), "Y": (1, 1)}, unit={"north": (2, 1)}, fixed=(10, 10))
    assert hindsight_bound(known, unfilled=0) == 14


@pytest.mark.parametrize(("achieved", "share"), [(90, 50), (100, 0), (80, 100), (110, -50)])
def test_the_share_captured_is_of_what_was_possible(achieved, share):
    assert Captured(baseline=100, achieved=achieved, bound=80).share == share


def test_where_nothing_was_possible_there_is_no_share():
    assert Captured(baseline=100, achieved=100, bound=100).share is None
