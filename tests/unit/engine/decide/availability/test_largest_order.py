"""Of a product, n units are available to an order to a destination if n fill it and no larger number does."""

import pytest
from hypothesis import given
from hypothesis import strategies as st

from engine.decide.availability.free_units import StockFacts
from engine.decide.availability.largest_order import MOST_UNITS, most_units
from engine.decide.availability.offer import by_sku, offer
from engine.decide.decide import decide
from engine.decide.evaluation.snapshot_columns import SnapshotColumns
from engine.decide.matching.matcher import Matcher
from engine.model.facts import ParcelPrice
from tests.support.examples import examples
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
        "then: {multiple_of: 4}",
        "when: {node.id: [a, b]}, then: {multiple_of: 3}",
        "then: {cap: {channel: web, units: 7}}",
        "when: {shipment.units: {less_than: 3}}, then: {exclude: true}",
        "when: {shipment.weight: {between: [2 kg, 3 kg]}}, then: {exclude: true}",
        "when: {order.weight: {less_than: 3 kg}}, then: {exclude: true}",
        "when: {route.rank_cost: {more_than: 2}}, then: {exclude: true}",
        "when: {route.co2: {more_than: 300 g}}, then: {exclude: true}",
        "when: {order.units: {same_as: stock.available}}, then: {exclude: true}",
    ]
)


def available(asked, sku, scenario, matcher):
    return most_units(asked, sku, scenario, SnapshotColumns(scenario, matcher, NOW), matcher)


@pytest.mark.slow
@examples(20)
@given(
    scenario=places(),
    rules=st.tuples(
        st.lists(st.sampled_from(FEW_KEPT), max_size=1),
        st.lists(WAYS_OUT, max_size=2),
        st.lists(OF_THE_ORDER, max_size=3),
    ),
    more=st.integers(2, 30),
)
def test_an_order_for_as_many_as_are_available_there_is_filled_and_no_larger_one_is(scenario, rules, more):
    matcher = Matcher(policies(*(rule for part in rules for rule in part)))

    def decided(sku, units):
        return decide(order((sku, units)), scenario, matcher, NOW)

    for sku in scenario.products:
        item = available(order(), sku, scenario, matcher)
        assert "filled" not in {decided(sku, item.free + 1).status, decided(sku, item.free + more).status}
        assert all(units <= min(item.free, most) for units, most in zip(item.free_by_node, item.available, strict=True))
        if item.free:
            filled = decided(sku, item.free)
            assert (filled.status, filled.score.unless_needed) == ("filled", item.unless_needed)
    assert matcher.incidents == 0
    matcher.close()


def test_a_quantity_that_no_place_ships_by_itself_does_not_hide_the_larger_ones_that_ship():
    """In multiples, and in parcels of some weight at least."""
    parcel = service(parcel_prices=(ParcelPrice(over=2_000, up_to=10_000, base=100),))
    scenario = snapshot(
        [node("wh")],
        {"A": {"wh": 20}, "C": {"wh": 100}},
        products=[product("A", weight=1_000), product("C", weight=100)],
        services=[parcel],
    )
    plain = snapshot([node("wh")], {"A": {"wh": 20}})
    assert most(plain, "then: {multiple_of: 6}") == (18, [18])
    assert most(scenario) == (10, [10])
    assert most(scenario, "then: {multiple_of: 6}", sku="C") == (96, [96])


def test_of_an_order_that_ships_complete_or_from_one_place_the_largest_that_fills_counts():
    scenario = snapshot([node("a"), node("b")], {"A": {"a": 7, "b": 5}})
    together = "then: {keep_together: true}"
    assert most(scenario, together) == (7, [7, 5])
    assert most(scenario, together, "then: {multiple_of: 3}") == (6, [6, 3])
    assert most(scenario, "then: {ship_complete: true}", "then: {multiple_of: 5}") == (10, [5, 5])
    assert most(scenario, "then: {ship_complete: true}", "then: {max_shipments: 1}") == (7, [7, 5])


def test_what_rules_say_of_smaller_orders_does_not_hide_the_larger_ones_that_ship():
    scenario = snapshot([node("a")], {"A": {"a": 9}})
    assert most(scenario, "when: {order.units: {at_most: 8}}, then: {exclude: true}") == (9, [9])
    assert most(scenario, "when: {order.units: {at_least: 8}}, then: {exclude: true}") == (7, [7])
    assert most(scenario, "when: {order.units: {same_as: stock.on_hand}}, then: {exclude: true}") == (8, [8])
    assert most(scenario, "when: {order.units: {more_than: 4}}, then: {keep: 6}") == (4, [4])


def test_what_is_free_at_a_place_is_what_an_order_could_get_from_there_alone():
    scenario = snapshot([node("a"), node("b")], {"A": {"a": 20, "b": 7}})
    assert most(scenario, "then: {cap: {channel: web, units: 9}}") == (9, [9, 7])
    assert most(scenario, "then: {multiple_of: 6}") == (24, [18, 6])
    assert most(scenario, "when: {node.id: a}, then: {daily_units: 4}") == (11, [4, 7])
    assert most(scenario, "then: {max_shipments: 1}") == (20, [20, 7])
    few = "when: {order.units: {more_than: 8}}, then: {exclude: true}"
    assert most(scenario, "when: {node.id: a}, then: {multiple_of: 6}", few) == (8, [6, 7])


def most(scenario, *rules, sku="A"):
    """How many units there are to an order there, in all and by node, which is the same wherever it may go."""
    matcher = Matcher(policies(*rules))
    item = available(order(), sku, scenario, matcher)
    facts = StockFacts.of(scenario)
    anywhere = {each.sku: each for each in by_sku(facts, offer(facts, matcher, "web", NOW))}[sku]
    if not any("order." in rule for rule in rules):
        assert (item.free, item.free_by_node) == (anywhere.free, anywhere.free_by_node)
    matcher.close()
    return item.free, list(item.free_by_node)


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


@pytest.mark.parametrize(
    ("rules", "free", "by_node"),
    [
        ([], 9, [5, 4]),
        (["then: {oversell: 3}"], 15, [8, 7]),
        (["when: {node.id: a}, then: {multiple_of: 3}"], 7, [3, 4]),
        (["then: {keep_together: true}"], 5, [5, 4]),
        (["then: {keep_together: true}", "then: {multiple_of: 2}"], 4, [4, 4]),
    ],
)
def test_what_a_place_has_free_is_what_an_order_could_have_from_there_alone(rules, free, by_node):
    scenario = snapshot([node("a", LYON), node("b", LILLE)], {"A": {"a": 5, "b": 4}})
    matcher = Matcher(policies(*rules))
    found = available(order(), "A", scenario, matcher)
    matcher.close()
    assert (found.free, list(found.free_by_node)) == (free, by_node)
