"""Of a product, n units are available to an order to a destination if n fill it and n + 1 do not."""

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from engine.decide.availability.largest_order import MOST_UNITS, most_units
from engine.decide.decide import decide
from engine.decide.evaluation.snapshot_columns import SnapshotColumns
from engine.decide.matching.matcher import Matcher
from tests.support.facts import LILLE, LYON, NOW, PARIS, collected, node, order, policies, product, service, snapshot
from tests.unit.engine.decide.availability.test_availability import FEW_KEPT, WAYS_OUT, places

OF_THE_ORDER = st.sampled_from(
    [
        "when: {order.units: {more_than: 5}}, then: {max_shipments: 1}",
        "when: {line.quantity: {at_least: 4}, node.id: a}, then: {exclude: true}",
        "when: {order.weight: {more_than: 6 kg}}, then: {ship_complete: true}",
        "when: {line.quantity: {more_than: 8}}, then: {keep: 3}",
        "when: {route.distance: {more_than: 200 km}}, then: {exclude: unless_needed}",
        "when: {route.cost: {more_than: 5.00}, line.quantity: {between: [3, 7]}}, then: {exclude: true}",
        "when: {order.country: FR, node.id: c}, then: {exclude: true}",
        "when: {order.delivery: standard}, then: {keep_together: true}",
        "when: {order.units: {at_most: 6}}, then: {max_shipments: 2}",
    ]
)


def available(asked, sku, scenario, matcher):
    return most_units(asked, sku, scenario, SnapshotColumns(scenario, matcher, NOW), matcher)


@pytest.mark.slow
@settings(max_examples=60)
@given(
    scenario=places(),
    rules=st.tuples(
        st.lists(st.sampled_from(FEW_KEPT), max_size=1),
        st.lists(WAYS_OUT, max_size=2),
        st.lists(OF_THE_ORDER, max_size=3),
    ),
)
def test_an_order_for_as_many_as_are_available_there_is_filled_and_one_for_one_more_is_not(scenario, rules):
    matcher = Matcher(policies(*(rule for part in rules for rule in part)))
    for sku in scenario.products:
        item = available(order(), sku, scenario, matcher)
        assert decide(order((sku, item.free + 1)), scenario, matcher, NOW).status != "filled"
        if item.free:
            filled = decide(order((sku, item.free)), scenario, matcher, NOW)
            assert (filled.status, filled.score.unless_needed) == ("filled", item.unless_needed)
    assert matcher.incidents == 0
    matcher.close()


def test_only_places_that_reach_the_destination_count():
    near = service("bike", max_distance=10_000)
    scenario = snapshot(
        [node("paris", PARIS, services=("bike",)), node("lille", LILLE), node("lyon", LYON, services=("bike",))],
        {"A": {"paris": 3, "lille": 4, "lyon": 5}},
        services=[service(), near],
    )
    matcher = Matcher(policies())
    item = available(order(), "A", scenario, matcher)
    assert (item.free, dict(zip(item.nodes, item.free_by_node, strict=True))) == (
        7,
        {"lille": 4, "lyon": 0, "paris": 3},
    )
    assert available(order(place=LYON), "A", scenario, matcher).free == 9
    matcher.close()


def test_what_is_collected_comes_from_the_place_itself_or_is_brought_there():
    pickup = service("pickup", mode="pickup", base=0, transit=((1_000, 60),))
    scenario = snapshot(
        [node("shop", services=("pickup",)), node("hub"), node("other", services=("pickup",))],
        {"A": {"shop": 2, "hub": 3, "other": 9}},
        services=[service(), pickup],
    )
    matcher = Matcher(policies())
    assert available(collected(at="shop"), "A", scenario, matcher).free == 5
    assert available(order(), "A", scenario, matcher).free == 3
    matcher.close()


def test_the_largest_order_that_is_tried_is_the_largest_that_there_may_be():
    scenario = snapshot([node("a")], {"A": {"a": 5 * MOST_UNITS}, "B": {}}, products=[product("A"), product("B")])
    matcher = Matcher(policies())
    assert available(order(), "A", scenario, matcher).free == MOST_UNITS
    none = available(order(), "B", scenario, matcher)
    assert (none.free, none.unless_needed, none.nodes) == (0, 0, [])
    matcher.close()
