"""Lines of one order that go to several places: home, and to nodes at which they are collected."""

import pytest

from engine.decide.record_parts import ShipmentRecord
from engine.model.facts import Line
from tests.support.facts import (
    EURO,
    LILLE,
    LYON,
    PARIS,
    collected,
    decided,
    node,
    order,
    service,
    snapshot,
    units,
)

SERVICES = [service(), service("pickup", mode="pickup", base=0, transit=((0, 60),))]


def line(number, sku="A", quantity=1, **more):
    return Line(id=str(number), sku=sku, quantity=quantity, **more)


def facts(shop=0, lyon=9, lille=0, sku="A", **more):
    nodes = [
        node("lille", LILLE, handling=EURO),
        node("lyon", LYON),
        node("shop", PARIS, type="store", region="IDF", country="FR", services=("parcel", "pickup")),
    ]
    stock = {name: {"shop": shop, "lyon": lyon, "lille": lille} for name in (sku, "B")}
    return snapshot(nodes, stock, services=SERVICES, **more)


def goals(decision):
    return [
        (item.node, item.service, item.collect_at, [part.line for part in item.lines]) for item in decision.shipments
    ]


def test_one_line_is_fetched_at_the_shop_and_one_is_sent_home():
    decision = decided(order(line(1, collect_at="shop"), line(2, "B")), facts(shop=1))
    assert goals(decision) == [("lyon", "parcel", None, ["2"]), ("shop", "pickup", "shop", ["1"])]
    assert decision.options == 1 + 1 + 2  # pickup, lyon to shop; parcels home from lyon and shop


def test_lines_for_two_places_share_no_shipment_though_node_and_service_are_the_same():
    decision = decided(order(line(1), line(2, collect_at="shop"), line(3)), facts())
    assert goals(decision) == [("lyon", "parcel", None, ["1", "3"]), ("lyon", "parcel", "shop", ["2"])]
    assert [item.cost for item in decision.shipments] == [5 * EURO, 5 * EURO]
    assert decision.score.money == 10 * EURO


def test_a_line_collected_where_its_order_is_collected_travels_with_it():
    decision = decided(collected(line(1), line(2, collect_at="shop"), at="shop"), facts())
    assert goals(decision) == [("lyon", "parcel", "shop", ["1", "2"])]


def test_a_line_of_a_collected_order_may_be_delivered():
    mixed = collected(line(1), line(2, delivery="express"), at="shop")
    place = order(place=LILLE, country="FR")
    mixed = type(mixed)(
        **{name: getattr(mixed, name) for name in mixed.__slots__} | {"place": place.place, "country": "FR"}
    )
    decision = decided(mixed, facts())
    assert goals(decision) == [("lyon", "parcel", "shop", ["1"]), ("lyon", "parcel", None, ["2"])]
    assert decision.shipments[0].distance < decision.shipments[1].distance


def test_all_shipments_of_the_order_count():
    mixed = order(line(1, collect_at="shop"), line(2, "B"))
    one = decided(mixed, facts(), "then: {max_shipments: 1}")
    assert (goals(one), [item.line for item in one.unfilled]) == ([("lyon", "parcel", None, ["2"])], ["1"])
    assert [reason.code for reason in one.unfilled[0].reasons] == ["max_shipments"]
    assert decided(mixed, facts(), "then: {split_penalty: 2.00}").score.money == 12 * EURO
    assert decided(mixed, facts(), "then: {max_shipments: 1}", "then: {ship_complete: true}").shipments == ()


def test_a_node_s_room_for_the_day_counts_shipments_to_each_place():
    nodes = {"daily_orders": 1}
    mixed = order(line(1, collect_at="shop"), line(2))
    scenario = snapshot(
        [node("lyon", LYON, **nodes), node("shop", PARIS, services=("pickup",))], {"A": {"lyon": 9}}, services=SERVICES
    )
    decision = decided(mixed, scenario)
    assert (len(decision.shipments), [item.quantity for item in decision.unfilled]) == (1, [1])
    assert [reason.code for reason in decision.unfilled[0].reasons] == ["node_full"]


def test_stock_is_shared_between_places():
    decision = decided(order(line(1, quantity=2, collect_at="shop"), line(2, quantity=2)), facts(lyon=3))
    assert sum(units(decision).values()) == 3
    assert sum(item.quantity for item in decision.unfilled) == 1
    assert [claim.units for claim in decision.claims] == [3]


def test_why_units_are_unfilled_is_said_of_the_line_s_own_destination():
    services = [service(max_distance=300_000), SERVICES[1]]
    nodes = [node("lille", LILLE), node("shop", LYON, services=("pickup",))]
    scenario = snapshot(nodes, {"A": {"lille": 9}}, services=services)
    decision = decided(order(line(1), line(2, collect_at="shop"), place=PARIS), scenario)
    assert goals(decision) == [("lille", "parcel", None, ["1"])]
    assert [(item.line, [reason.code for reason in item.reasons]) for item in decision.unfilled] == [
        ("2", ["unreachable"])
    ]


@pytest.mark.parametrize(
    ("fact", "lines"),
    [
        ("order.delivery: express", ["1"]),
        ("order.delivery: click_and_collect", ["2"]),
        ("order.delivery: standard", ["3"]),
        ("order.region: IDF", ["2"]),
        ("order.postcode: '75001'", ["1", "3"]),
    ],
)
def test_rules_see_the_delivery_and_destination_of_the_line(fact, lines):
    mixed = order(line(1, delivery="express"), line(2, collect_at="shop"), line(3), postcode="75001", region="Nord")
    decision = decided(mixed, facts(), f"when: {{{fact}}}, then: {{exclude: true}}")
    assert [item.line for item in decision.unfilled] == lines


def test_rules_of_the_order_see_the_order_s_own_delivery():
    mixed = order(line(1, delivery="express"), line(2, collect_at="shop"))
    rules = [
        f"when: {{order.delivery: {name}}}, then: {{hold: {hours}h}}"
        for name, hours in (("standard", 5), ("express", 1))
    ]
    decision = decided(mixed, facts(), *rules)
    assert decision.hold_until - decision.decided_at == 5 * 3_600


def test_a_shipment_says_where_it_goes_if_that_is_not_where_its_order_goes():
    plain, mixed = order(), order(line(1), line(2, collect_at="shop"))
    for placed, expected in ((plain, [False]), (mixed, [False, True])):
        shipments = [ShipmentRecord.of(item, placed) for item in decided(placed, facts()).shipments]
        assert [item.collect_at == "shop" for item in shipments] == expected
