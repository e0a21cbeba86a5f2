"""Click and collect: the shop the customer chose ships from its own stock, or other nodes bring the units there."""

from tests.support.facts import (
    EURO,
    HOUR,
    LILLE,
    LYON,
    NOW,
    PARIS,
    collected,
    decided,
    node,
    order,
    service,
    snapshot,
    units,
)

SHOP = node("shop", PARIS, type="store", services=("parcel", "pickup"), preparation=60)
SERVICES = [service(), service("pickup", mode="pickup", base=EURO // 2, transit=((0, 0),))]


def facts(shop=2, lyon=5, lille=1, **more):
    nodes = [SHOP, node("lyon", LYON), node("lille", LILLE, services=("parcel", "pickup"), handling=EURO)]
    return snapshot(nodes, {"A": {"shop": shop, "lyon": lyon, "lille": lille}}, services=SERVICES, **more)


def test_what_the_shop_has_is_fetched_there():
    (shipment,) = decided(collected(("A", 2), at="shop"), facts()).shipments
    assert (shipment.node, shipment.service, shipment.distance, shipment.cost) == ("shop", "pickup", 0, EURO // 2)
    assert (shipment.ships_at, shipment.arrives_by) == (NOW + HOUR, NOW + HOUR)


def test_what_the_shop_has_not_is_brought_there():
    decision = decided(collected(("A", 4), at="shop"), facts())
    assert units(decision) == {("lyon", "parcel", "1"): 4}
    assert decision.shipments[0].distance == 393_200


def test_some_is_fetched_and_some_brought_if_nobody_has_it_all():
    decision = decided(collected(("A", 8), at="shop"), facts())
    assert units(decision) == {("shop", "pickup", "1"): 2, ("lyon", "parcel", "1"): 5, ("lille", "parcel", "1"): 1}


def test_another_shop_s_counter_is_no_way_to_collect():
    decision = decided(collected(("A", 1), at="shop"), facts(shop=0, lyon=0))
    assert units(decision) == {("lille", "parcel", "1"): 1}


def test_a_place_without_a_counter_is_brought_what_others_have():
    decision = decided(collected(("A", 9), at="lyon"), facts())
    assert units(decision) == {("shop", "parcel", "1"): 2, ("lille", "parcel", "1"): 1}


def test_a_delivered_order_is_not_for_collecting():
    assert units(decided(order(("A", 2), place=PARIS), facts(lyon=0, lille=0))) == {("shop", "parcel", "1"): 2}


def test_rules_can_be_about_collecting():
    rule = "when: {order.delivery: click_and_collect, service.mode: {not: pickup}}, then: {exclude: true}"
    scenario = facts()
    assert units(decided(collected(("A", 4), at="shop"), scenario, rule)) == {("shop", "pickup", "1"): 2}
    assert units(decided(order(("A", 4)), scenario, rule)) == {("lyon", "parcel", "1"): 4}
