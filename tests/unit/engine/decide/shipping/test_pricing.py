"""What nodes and services charge and emit, against sums done by hand; and what that does to the choice."""

import pytest

from engine.decide.shipping.pricing import NOT_CARRIED, band_at, bands_of, carriage
from engine.model.facts import Line, ParcelPrice, UnitPrice
from tests.reference.routes import Exits, Option, routes, weight_cost
from tests.support.facts import (
    EURO,
    HOUR,
    LILLE,
    LYON,
    NOW,
    PARIS,
    decided,
    network,
    node,
    order,
    product,
    service,
    shipped,
    snapshot,
    units,
)

TIERS = (
    UnitPrice(up_to=1_000, base=EURO // 2),
    UnitPrice(up_to=5_000, base=EURO, per_kg=200_001),
    UnitPrice(up_to=30_000, base=0, per_kg=EURO),
)


def option(way, grams, quantity=1, **leaving):
    home = node("lyon", LYON, services=(way.id,), **leaving)
    (route,) = routes(order(place=PARIS), Exits(network([home], [way])), ["lyon"], NOW)
    return Option.of(Line(id="1", sku="A", quantity=quantity), product("A", weight=grams), route)


@pytest.mark.parametrize(
    ("grams", "micros"),
    [
        (1, 500_000),
        (1_000, 500_000),
        (1_001, 1_200_201),  # 1.001 x 200,001 = 200,201.001
        (2_500, 1_500_002),  # 2.5 x 200,001 = 500,002.5, to the even
        (5_000, 2_000_005),
        (5_001, 5_001_000),
        (30_000, 30_000_000),
    ],
)
def test_a_unit_costs_what_the_first_band_says_that_its_weight_is_within(grams, micros):
    assert option(service(unit_prices=TIERS), grams).unit_cost == micros


def test_a_unit_heavier_than_the_last_band_is_not_carried():
    home = node("lyon", LYON)
    (route,) = routes(order(place=PARIS), Exits(network([home], [service(unit_prices=TIERS)])), ["lyon"], NOW)
    assert route.carries(product(weight=30_000))
    assert not route.carries(product(weight=30_001))


def test_bands_go_by_the_weight_of_a_unit_whatever_else_is_in_the_shipment():
    assert option(service(base=0, unit_prices=TIERS), 900, quantity=10).cost == 10 * EURO // 2


def test_a_node_charges_for_each_shipment_and_for_each_unit():
    charged = option(service(per_kg=100_000), 2_000, quantity=3, handling=800_000, unit_handling=150_000)
    assert charged.unit_cost == 150_000 + 200_000
    assert charged.cost == 5 * EURO + 800_000 + 3 * 350_000


def test_handling_by_unit_sends_many_units_from_where_it_is_cheap_and_one_from_where_it_is_near():
    nodes = [node("lyon", LYON, handling=3 * EURO), node("lille", LILLE, unit_handling=EURO)]
    facts = snapshot(nodes, {"A": {"lyon": 9, "lille": 9}})
    assert shipped(decided(order(("A", 2)), facts)) == {"lille": 2}
    assert shipped(decided(order(("A", 4)), facts)) == {"lyon": 4}


def test_a_split_costs_a_second_drop_of_carbon():
    way = service(drop=300_000, emission=100_000)
    nodes = [node("lyon", LYON), node("lille", LILLE)]
    facts = snapshot(nodes, {"A": {"lyon": 2, "lille": 1}}, services=[way])
    whole, split = decided(order(("A", 2)), facts), decided(order(("A", 3)), facts)
    # 1 kg over 393.2 km and over 204.3 km at 100 g a tonne-km
    assert [shipment.co2 for shipment in whole.shipments] == [300_000 + 2 * 39_320]
    assert sorted(shipment.co2 for shipment in split.shipments) == [300_000 + 20_430, 300_000 + 2 * 39_320]


def test_a_price_of_carbon_keeps_together_what_would_be_split_for_the_money():
    """Lille has one unit of the two and is nearer, which saves money by weight; the second drop costs carbon."""
    near = service("near", base=0, per_kg=0, drop=400_000)
    far = service("far", base=0, per_kg=50_000, drop=400_000)
    nodes = [node("lyon", LYON, services=("far",)), node("lille", LILLE, services=("near",))]
    facts = snapshot(nodes, {"A": {"lyon": 2, "lille": 1}}, services=[near, far])
    assert shipped(decided(order(("A", 2)), facts)) == {"lille": 1, "lyon": 1}
    # 0.4 kg at 0.25 EUR are 0.10 EUR, more than the 0.05 EUR saved
    assert shipped(decided(order(("A", 2)), facts, "then: {carbon_price: 0.25}")) == {"lyon": 2}


def test_a_promise_that_only_express_meets_takes_express_however_dear():
    slow, fast = service("parcel"), service("express", base=50 * EURO, transit=((2_000_000, 20 * 60),))
    nodes = [node("lyon", LYON, services=("parcel", "express")), node("lille", LILLE)]
    facts = snapshot(nodes, {"A": {"lyon": 1, "lille": 1}}, services=[slow, fast])
    rule = "when: {route.late: true}, then: {exclude: unless_needed}"

    def chosen(hours):
        return list(units(decided(order(("A", 1), promise_by=NOW + hours * HOUR), facts, rule)))

    assert chosen(20) == chosen(47) == [("lyon", "express", "1")]
    assert chosen(48) == [("lille", "parcel", "1")]
    assert chosen(19) == [("lille", "parcel", "1")]  # nothing meets it: what is late anyway is cheap at least


@pytest.mark.parametrize(
    ("own", "rules", "loads", "from_lille"),
    [
        (None, (), 10**6, 1),
        (3, (), 2, 1),
        (3, (), 3, 0),
        (0, (), 0, 0),
        (3, ("then: {daily_orders: 5}",), 4, 0),
        (5, ("then: {daily_orders: 3}",), 4, 0),
        (5, ("then: {daily_orders: 5}",), 4, 1),
    ],
)
def test_a_node_takes_no_more_shipments_a_day_than_it_and_the_rules_say(own, rules, loads, from_lille):
    nodes = [node("lyon", LYON, handling=EURO), node("lille", LILLE, daily_orders=own)]
    facts = snapshot(nodes, {"A": {"lyon": 1, "lille": 1}}, loads={"lille": loads})
    decision = decided(order(("A", 1)), facts, *rules)
    assert shipped(decision) == {"lille" if from_lille else "lyon": 1}
    limits = [limit for limit in (own, *(5 if "5" in rule else 3 for rule in rules)) if limit is not None]
    if from_lille:
        assert decision.load_claims[0].most == (min(limits) if limits else None)


MINIMUM = service(
    base=0,
    max_weight=9_000,
    parcel_prices=(
        ParcelPrice(over=500, up_to=2_000, base=EURO, per_gram=1_000, at_least=2 * EURO),
        ParcelPrice(over=3_000, up_to=30_000, base=2 * EURO, per_gram=700),
    ),
)


@pytest.mark.parametrize(
    ("grams", "micros"),
    [
        *((0, None), (500, None), (501, 2_000_000), (1_000, 2_000_000), (1_001, 2_001_000), (2_000, 3_000_000)),
        *((2_001, None), (3_000, None), (3_001, 4_100_700), (9_000, 8_300_000), (9_001, None)),
    ],
)
def test_a_shipment_costs_what_its_band_says_but_at_least_the_minimum(grams, micros):
    band = band_at(MINIMUM, grams)
    assert (band and band.price(grams)) == micros == weight_cost(MINIMUM, grams)


def test_a_unit_that_weighs_nothing_is_in_no_band_of_units():
    assert carriage(service(unit_prices=TIERS), 0) == NOT_CARRIED
    assert carriage(service(), 0) == 0


def test_a_service_may_take_units_of_so_much_and_shipments_of_any_weight():
    way = service(base=EURO, max_unit_weight=1_000)
    assert (carriage(way, 1_000), carriage(way, 1_001)) == (0, NOT_CARRIED)
    assert option(way, 1_000, quantity=99).cost == EURO


def test_the_minimum_charge_ends_where_the_price_by_weight_would_be_more():
    """At 3 g the price by weight is 0.009 EUR, a tenth of a cent below the minimum."""
    price = ParcelPrice(over=0, up_to=9_000, base=0, per_gram=3_000, at_least=10_000)
    bands = bands_of(service("post", parcel_prices=(price,)))
    assert [(band.least, band.most) for band in bands or ()] == [(1, 3), (4, 9_000)]
