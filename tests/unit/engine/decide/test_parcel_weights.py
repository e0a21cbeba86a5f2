"""Services that take so many kilograms in a shipment, or price by its weight."""

import itertools

import pytest

from engine.decide.decision import Reason
from engine.model.facts import Line, ParcelPrice
from engine.store.network.serialization import network_of, network_record
from rules.errors import PolicyInvalid
from tests.support.facts import (
    EURO,
    LILLE,
    LYON,
    decided,
    network,
    node,
    order,
    policies,
    product,
    service,
    snapshot,
    units,
)

POST = service("post", base=5 * EURO, max_weight=6_000)
COURIER = service("courier", base=12 * EURO)
PACKET = service(
    "packet",
    base=0,
    parcel_prices=(
        ParcelPrice(over=0, up_to=3_000, base=4_900_000),
        ParcelPrice(over=3_000, up_to=5_000, base=6_900_000),
        ParcelPrice(over=8_000, up_to=10_000, base=EURO, per_gram=1_000, at_least=9_500_000),
    ),
)


def facts(services, stock, grams=2_000, **more):
    names = tuple(sorted(item.id for item in services))
    nodes = [node("lyon", LYON, services=names, **more), node("lille", LILLE, services=names)]
    return snapshot(nodes, stock, services=services, products=[product(sku, weight=grams) for sku in stock])


def one(decision):
    (shipment,) = decision.shipments
    return shipment.service, shipment.cost


def reasons(decision):
    return list(decision.unfilled[0].reasons)


def test_a_shipment_too_heavy_for_a_service_goes_by_another():
    decision = decided(order(("A", 4)), facts([POST, COURIER], {"A": {"lyon": 4}}))
    assert (one(decision), decision.gap) == (("courier", 12 * EURO), 0)


def test_two_light_shipments_from_two_places_are_cheaper_than_a_heavy_one():
    decision = decided(order(("A", 4)), facts([POST, COURIER], {"A": {"lyon": 2, "lille": 2}}))
    assert units(decision) == {("lille", "post", "1"): 2, ("lyon", "post", "1"): 2}
    assert (decision.score.money, decision.gap) == (10 * EURO, 0)


def test_no_shipment_is_split_in_two_parcels_of_one_service():
    decision = decided(order(("A", 4)), facts([POST], {"A": {"lyon": 9}}))
    assert units(decision) == {("lyon", "post", "1"): 3}
    assert reasons(decision) == [Reason(code="shipment_limits", units=1)]


@pytest.mark.parametrize(
    ("quantity", "micros"), [(20, 4_900_000), (21, 6_900_000), (33, 6_900_000), (54, 9_500_000), (60, EURO + 9_000_000)]
)
def test_a_parcel_costs_what_the_band_of_its_weight_says(quantity, micros):
    decision = decided(order(("A", quantity)), facts([PACKET], {"A": {"lyon": 99}}, grams=150))
    assert (one(decision), decision.score.money) == (("packet", micros), micros)


@pytest.mark.parametrize(("quantity", "micros"), [(3_000, 4_900_000), (3_001, 6_900_000), (5_000, 6_900_000)])
def test_the_first_and_the_last_gram_of_a_band_are_in_it(quantity, micros):
    decision = decided(order(("A", quantity)), facts([PACKET], {"A": {"lyon": 9_999}}, grams=1))
    assert (one(decision), decision.score.money) == (("packet", micros), micros)


def test_a_gap_between_bands_of_one_price_stays_a_gap_where_rules_look_at_shipments():
    prices = (ParcelPrice(over=0, up_to=2_000, base=EURO), ParcelPrice(over=3_000, up_to=6_000, base=EURO))
    rule = "when: {shipment.units: {at_least: 99}}, then: {avoid: 1.00}"
    decision = decided(
        order(("A", 4)), facts([service("post", parcel_prices=prices)], {"A": {"lyon": 3}}, grams=1_000), rule
    )
    assert units(decision) == {("lyon", "post", "1"): 2}


def test_lines_add_up_to_the_weight_of_the_parcel():
    decision = decided(order(("A", 1), ("B", 1)), facts([PACKET], {"A": {"lyon": 9}, "B": {"lyon": 9}}, grams=2_000))
    assert one(decision) == ("packet", 6_900_000)


def test_a_dearer_flat_price_is_cheaper_above_a_band():
    services = [PACKET, service("flat", base=5_500_000)]
    assert one(decided(order(("A", 20)), facts(services, {"A": {"lyon": 99}}, grams=150))) == ("packet", 4_900_000)
    assert one(decided(order(("A", 21)), facts(services, {"A": {"lyon": 99}}, grams=150))) == ("flat", 5_500_000)


@pytest.mark.parametrize(("quantity", "shipped"), [(5, 5), (6, 5), (7, 5), (8, 5), (9, 9), (10, 10), (11, 10)])
def test_in_a_gap_between_bands_the_service_takes_as_much_as_the_bands_allow(quantity, shipped):
    decision = decided(order(("A", quantity)), facts([PACKET], {"A": {"lyon": 99}}, grams=1_000))
    assert units(decision) == {("lyon", "packet", "1"): shipped}
    expected = [Reason(code="shipment_limits", units=quantity - shipped)] if shipped < quantity else []
    assert [reason for item in decision.unfilled for reason in item.reasons] == expected


def test_a_shipment_below_the_first_band_is_not_taken():
    freight = service("freight", parcel_prices=(ParcelPrice(over=3_000, up_to=9_000, base=EURO),))
    stock = {"A": {"lyon": 9}}
    assert reasons(decided(order(("A", 3)), facts([freight], stock, grams=1_000))) == [
        Reason(code="shipment_limits", units=3)
    ]
    assert one(decided(order(("A", 4)), facts([freight], stock, grams=1_000))) == ("freight", 5 * EURO + EURO)


def test_a_unit_heavier_than_any_band_is_not_carried_at_all():
    decision = decided(order(("A", 1)), facts([PACKET, POST], {"A": {"lyon": 9}}, grams=10_001))
    assert reasons(decision) == [Reason(code="shipment_limits", units=9)]


def test_what_weighs_nothing_pays_no_band_by_itself_and_travels_with_what_weighs_something():
    stock = {"A": {"lyon": 9}, "B": {"lyon": 9}}
    names = ("packet",)
    weightless = snapshot(
        [node("lyon", LYON, services=names)],
        stock,
        services=[PACKET],
        products=[product("A", weight=0), product("B", weight=3_000)],
    )
    assert reasons(decided(order(("A", 2)), weightless)) == [Reason(code="shipment_limits", units=2)]
    assert one(decided(order(("A", 2), ("B", 1)), weightless)) == ("packet", 4_900_000)


def test_a_rule_on_the_cost_of_the_way_sees_the_band_of_the_line_shipped_whole():
    services = [PACKET, COURIER]
    rule = "when: {route.cost: {between: [6.90, 6.90]}}, then: {exclude: true}"
    stock = {"A": {"lyon": 99}}
    assert one(decided(order(("A", 20)), facts(services, stock, grams=150), rule)) == ("packet", 4_900_000)
    assert one(decided(order(("A", 21)), facts(services, stock, grams=150), rule)) == ("courier", 12 * EURO)


def test_the_cost_of_the_way_is_not_known_where_the_line_is_no_parcel():
    services = [PACKET, COURIER]
    rule = "when: {route.cost: {known: false}}, then: {exclude: true}"
    stock = {"A": {"lyon": 99}}
    assert one(decided(order(("A", 5)), facts(services, stock, grams=1_000), rule)) == ("packet", 6_900_000)
    assert one(decided(order(("A", 6)), facts(services, stock, grams=1_000), rule)) == ("courier", 12 * EURO)


def test_a_line_kept_together_is_not_shipped_by_a_band_that_it_is_too_heavy_for():
    decision = decided(order(("A", 6)), facts([PACKET], {"A": {"lyon": 9}}, grams=1_000), "then: {keep_together: true}")
    assert not decision.shipments
    assert decision.gap == 0


def test_an_order_that_ships_complete_ships_in_parcels_that_are_allowed():
    stock = {"A": {"lyon": 9, "lille": 9}}
    rule = "then: {ship_complete: true}"
    decision = decided(order(("A", 6)), facts([PACKET], stock, grams=1_000), rule)
    assert (decision.score.money, decision.gap) == (4_900_000 * 2, 0)
    decision = decided(order(("A", 16)), facts([POST], stock, grams=1_000), rule)
    assert (decision.score.unfilled, decision.gap) == (16, 0)


def test_the_record_of_a_network_keeps_what_shipments_may_weigh_and_cost():
    unit = service("unit", max_unit_weight=900)
    loaded = network([node("lyon", LYON, services=("packet", "post", "unit"))], [PACKET, POST, unit])
    assert network_of(loaded.version, network_record(loaded)) == loaded


def test_in_a_network_stored_before_the_most_weight_is_that_of_a_unit():
    loaded = network([node("lyon", LYON, services=("unit",))], [service("unit", max_unit_weight=900)])
    record = network_record(loaded)
    assert record["services"][0]["max_weight"] == 900


TOO_HEAVY = "when: {shipment.weight: {more_than: 6 kg}, service.id: post}, then: {exclude: true}"
FREE_POST = service("post", base=5 * EURO)


def test_a_rule_excludes_shipments_by_their_weight_and_no_lighter_ones():
    services = [FREE_POST, COURIER]
    decision = decided(order(("A", 4)), facts(services, {"A": {"lyon": 4}}), TOO_HEAVY)
    assert (one(decision), decision.gap) == (("courier", 12 * EURO), 0)
    decision = decided(order(("A", 4)), facts(services, {"A": {"lyon": 2, "lille": 2}}), TOO_HEAVY)
    assert units(decision) == {("lille", "post", "1"): 2, ("lyon", "post", "1"): 2}
    assert decision.gap == 0


def test_units_that_no_shipment_may_have_name_the_rule():
    decision = decided(order(("A", 4)), facts([FREE_POST], {"A": {"lyon": 4}}), TOO_HEAVY)
    assert units(decision) == {("lyon", "post", "1"): 3}
    assert reasons(decision) == [Reason(code="shipment_limits", units=1, rules=("test/r1",))]
    assert list(decision.because) == ["test/r1"]


def test_what_is_avoided_of_a_shipment_counts_once_and_is_not_its_cost():
    rule = "when: {shipment.units: {at_least: 3}}, then: {avoid: 3.00}"
    decision = decided(order(("A", 4)), facts([FREE_POST], {"A": {"lyon": 4}}), rule)
    assert (one(decision), decision.score.money) == (("post", 5 * EURO), 8 * EURO)
    assert decision.shipments[0].rules == ("test/r1",)


@pytest.mark.parametrize(("euros", "shipments"), [("4.99", 1), ("5.00", 1), ("5.01", 2)])
def test_what_is_avoided_of_large_shipments_splits_them_once_that_is_cheaper(euros, shipments):
    rule = f"when: {{shipment.units: {{at_least: 3}}}}, then: {{avoid: {euros}}}"
    decision = decided(order(("A", 4)), facts([FREE_POST], {"A": {"lyon": 4, "lille": 2}}), rule)
    assert (len(decision.shipments), decision.gap) == (shipments, 0)


def test_rules_of_shipments_look_at_the_order_the_place_the_service_and_the_day():
    rule = (
        "when: {shipment.weight: {between: [3 kg, 5 kg]}, node.id: lyon, service.mode: truck, order.channel: web,"
        " now.weekday: [monday, tuesday, wednesday, thursday, friday, saturday, sunday]}, then: {exclude: true}"
    )
    services = [FREE_POST]
    for quantity, left in ((1, 0), (2, 1), (3, 0)):
        decision = decided(order(("A", quantity)), facts(services, {"A": {"lyon": 9}}), rule)
        assert sum(item.quantity for item in decision.unfilled) == left
    assert not decided(order(("A", 2)), facts(services, {"A": {"lille": 9}}), rule).unfilled


def test_a_rule_that_overrides_one_of_shipments_silences_it():
    rules = [TOO_HEAVY, "when: {order.channel: web}, overrides: [test/r1], then: {avoid: 0.00}"]
    decision = decided(order(("A", 4)), facts([FREE_POST], {"A": {"lyon": 4}}), *rules)
    assert (one(decision), decision.silenced) == (("post", 5 * EURO), ("test/r1",))


def test_a_rule_may_bound_the_units_of_a_shipment_that_nothing_else_bounds():
    rule = "when: {shipment.units: {more_than: 1}}, then: {exclude: true}"
    decision = decided(order(("A", 3)), facts([FREE_POST], {"A": {"lyon": 9}}), rule)
    assert units(decision) == {("lyon", "post", "1"): 1}


def test_a_rule_is_named_where_a_shipment_weighs_the_very_gram_from_which_on_it_applies():
    rule = "when: {shipment.weight: {at_least: 4 kg}}, then: {avoid: 1.00}"
    for quantity, rules in ((1, ()), (2, ("test/r1",))):
        (shipment,) = decided(order(("A", quantity)), facts([FREE_POST], {"A": {"lyon": 9}}), rule).shipments
        assert shipment.rules == rules


def test_each_destination_of_an_order_has_shipments_of_its_own():
    rule = "when: {shipment.units: {more_than: 2}, order.delivery: standard}, then: {exclude: true}"
    services = [FREE_POST, service("counter", mode="pickup", base=0, transit=((0, 60),))]
    names = ("counter", "post")
    there = snapshot(
        [node("lyon", LYON, services=names)], {"A": {"lyon": 9}}, services=services, products=[product("A")]
    )
    collected = Line(id="2", sku="A", quantity=3, delivery="click_and_collect", collect_at="lyon")
    decision = decided(order(Line(id="1", sku="A", quantity=3), collected), there, rule)
    assert units(decision) == {("lyon", "post", "1"): 2, ("lyon", "counter", "2"): 3}


@pytest.mark.parametrize(
    ("rule", "text"),
    [
        ("when: {shipment.weight: 1 kg}, then: {prefer: 3.00}", "on a whole shipment act exclude: true and avoid"),
        ("when: {shipment.weight: 1 kg}, then: {keep: 3}", "on a whole shipment act exclude: true and avoid"),
        ("when: {shipment.units: 1, product.sku: A}, then: {avoid: 3.00}", "product.sku is not known of it"),
        ("when: {shipment.units: 1, route.late: true}, then: {avoid: 3.00}", "route.late is not known of it"),
        ("when: {shipment.units: 1}, then: {exclude: unless_needed}", "a whole shipment is excluded with true"),
        ("when: {shipment.weight: {same_as: order.weight}}, then: {avoid: 3.00}", "not with another fact"),
    ],
)
def test_what_can_not_act_on_a_shipment_is_refused(rule, text):
    with pytest.raises(PolicyInvalid, match=text):
        policies(rule)


def test_a_product_that_is_measured_weighs_by_its_parts():
    """Cable of 300 g a metre, counted by the centimetre: 9.99 m weigh 2,997 g, 10 m 3,000 g, 10.01 m 3,003 g."""
    cable = product("A", weight=300, unit="m", decimals=2)
    metres = snapshot(
        [node("lyon", LYON, services=("packet",))], {"A": {"lyon": 9_999}}, services=[PACKET], products=[cable]
    )
    assert one(decided(order(("A", 999)), metres)) == ("packet", 4_900_000)
    assert one(decided(order(("A", 1_000)), metres)) == ("packet", 4_900_000)
    assert one(decided(order(("A", 1_001)), metres)) == ("packet", 6_900_000)
    heavy = decided(order(("A", 3_001)), metres)
    assert one(heavy) == ("packet", EURO + 9_003_000)
    assert heavy.score.money == EURO + 9_003_000


def test_of_a_product_that_is_measured_a_part_of_a_gram_puts_no_shipment_in_the_next_band():
    """Ribbon of 50 g a metre, counted by the centimetre: 60 m weigh 3,000 g, and a centimetre more half a gram."""
    ribbon = product("A", weight=50, unit="m", decimals=2)
    metres = snapshot(
        [node("lyon", LYON, services=("packet",))], {"A": {"lyon": 9_999}}, services=[PACKET], products=[ribbon]
    )
    for quantity, micros in ((6_000, 4_900_000), (6_001, 4_900_000), (6_002, 6_900_000)):
        decision = decided(order(("A", quantity)), metres)
        assert (one(decision), decision.unfilled) == (("packet", micros), ())


def test_what_a_shipment_may_weigh_is_that_of_its_order_whatever_was_ordered_before():
    grams = {"A": 1_000, "B": 3_000, "C": 2_000}

    def shop():
        bands = [(0, 1_500), (1_500, 4_000), (4_000, 9_000)]
        prices = tuple(ParcelPrice(over=over, up_to=up_to, base=over * 1_000 + EURO) for over, up_to in bands)
        products = [product(sku, weight=weight) for sku, weight in grams.items()]
        stock = {"A": {"lyon": 9}, "B": {"lyon": 0}, "C": {"lyon": 9}}  # of A and B, only A ships
        places = [node("lyon", LYON, services=("letter",))]
        return snapshot(places, stock, services=[service("letter", parcel_prices=prices)], products=products)

    def what_ships(quantities, facts):
        decision = decided(order(*((sku, units) for sku, units in zip(grams, quantities, strict=True) if units)), facts)
        return units(decision), decision.score

    baskets, same_shop = [its for its in itertools.product(range(3), repeat=3) if any(its)], shop()
    before = [what_ships(its, same_shop) for its in baskets]
    assert before == [what_ships(its, shop()) for its in baskets]
