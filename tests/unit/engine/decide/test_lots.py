"""Which lots an order is given: those that expire first among those that last long enough after they arrive.

The parcel takes 48 hours: what leaves on 27 November arrives on the 29th, two days later.
"""

import pytest

from engine.decide.availability.largest_order import most_units
from engine.decide.decision import Reason
from engine.decide.evaluation.snapshot_columns import SnapshotColumns
from engine.decide.matching.matcher import Matcher
from engine.model.lots import name_of
from tests.support.facts import (
    EURO,
    HOUR,
    LYON,
    NOW,
    TODAY,
    decided,
    lots,
    node,
    order,
    policies,
    service,
    shipped,
    snapshot,
)

FOR_THREE_DAYS = "then: {min_shelf_life: 3 days}"


def facts(of_lots, on_hand=None, **more):
    """A at Lyon, of these lots."""
    units = sum(count for _, count in of_lots) if on_hand is None else on_hand
    return snapshot([node("lyon", LYON, **more)], {"A": {"lyon": units}}, lots={"A": {"lyon": of_lots}})


def taken(decision):
    """Units by the name of their lot."""
    return {
        name_of(label): units
        for shipment in decision.shipments
        for parcel in shipment.lines
        for label, units in parcel.lots
    }


def reasons(decision):
    return [reason for item in decision.unfilled for reason in item.reasons]


def test_what_expires_first_leaves_first():
    decision = decided(order(("A", 4)), facts(lots(b=(3, 9), a=(3, 5))))
    assert taken(decision) == {"a": 3, "b": 1}


def test_a_lot_may_be_used_on_the_day_on_which_it_expires_and_not_later():
    stock = facts(lots(early=(3, 1), just=(3, 2), never=(3, None)))
    assert taken(decided(order(("A", 4)), stock)) == {"just": 3, "never": 1}


@pytest.mark.parametrize(("days", "got"), [("0 days", {"a": 2}), ("3 days", {"b": 2}), ("7 d", {"b": 2}), ("8", {})])
def test_a_rule_asks_for_days_of_shelf_life_after_it_arrives(days, got):
    decision = decided(order(("A", 2)), facts(lots(a=(2, 4), b=(2, 9))), f"then: {{min_shelf_life: {days}}}")
    assert taken(decision) == got


def test_of_several_rules_the_longest_shelf_life_counts():
    rules = (FOR_THREE_DAYS, "when: {order.channel: web}, then: {min_shelf_life: 6 days}")
    assert taken(decided(order(("A", 1)), facts(lots(a=(2, 5), b=(2, 9))), *rules)) == {"b": 1}


def test_places_without_lots_are_not_asked():
    stock = snapshot([node("lyon", LYON)], {"A": {"lyon": 3}})
    decision = decided(order(("A", 3)), stock, FOR_THREE_DAYS)
    assert (shipped(decision), taken(decision)) == ({"lyon": 3}, {})


def test_units_of_no_lot_do_not_expire_and_leave_last():
    decision = decided(order(("A", 4)), facts(lots(a=(3, 9)), on_hand=5), FOR_THREE_DAYS)
    assert (shipped(decision), taken(decision)) == ({"lyon": 4}, {"a": 3})


def test_units_that_expire_too_soon_are_told_with_the_rule_that_asks():
    decision = decided(order(("A", 5)), facts(lots(old=(2, -1), a=(1, 4), b=(3, 9))), FOR_THREE_DAYS)
    assert taken(decision) == {"b": 3}
    assert reasons(decision) == [Reason(code="expire_too_soon", units=3, rules=("test/r1",))]


def test_what_has_expired_is_not_on_hand_and_told():
    decision = decided(order(("A", 2)), facts(lots(old=(1, -1))))
    assert [(item.code, item.units) for item in reasons(decision)] == [("expire_too_soon", 1), ("not_enough", 1)]
    assert decision.stock["A"].on_hand == []
    assert decision.stock["A"].lots["lyon"][0].on_hand == 1


def test_safety_stock_may_be_of_any_lot():
    decision = decided(order(("A", 9)), facts(lots(a=(4, 1), b=(3, 9))), "then: {keep: 3}")
    assert taken(decision) == {"b": 3}


def test_lines_of_one_sku_share_the_lots_and_the_one_that_needs_them_longest_chooses_first():
    rules = ("when: {line.quantity: {at_least: 3}}, then: {min_shelf_life: 6 days}",)
    stock = facts(lots(a=(1, 4), b=(4, 9)))
    for lines in ((("A", 2), ("A", 3)), (("A", 3), ("A", 2))):
        decision = decided(order(*lines), stock, *rules)
        assert not decision.unfilled
        of_line = {parcel.quantity: dict(parcel.lots) for item in decision.shipments for parcel in item.lines}
        assert {name_of(label): units for label, units in of_line[3].items()} == {"b": 3}
        assert {name_of(label): units for label, units in of_line[2].items()} == {"a": 1, "b": 1}


SERVICES = [service("slow"), service("fast", base=20 * EURO, transit=((2_000_000, 12 * 60),))]


def test_a_fast_way_may_use_lots_that_a_slow_one_may_not():
    """By the cheap way goes what still lasts then, and only the rest by the dear one."""
    stock = snapshot(
        [node("lyon", LYON, services=("slow", "fast"))],
        {"A": {"lyon": 5}},
        services=SERVICES,
        lots={"A": {"lyon": lots(a=(2, 1), b=(3, 9))}},
    )
    assert [item.service for item in decided(order(("A", 3)), stock).shipments] == ["slow"]
    decision = decided(order(("A", 4)), stock)
    assert (decision.gap, sorted({item.service for item in decision.shipments})) == (0, ["fast"])
    assert taken(decision) == {"a": 2, "b": 2}


def test_two_lines_by_two_ways_of_one_place_take_no_more_than_its_lots():
    stock = snapshot(
        [node("lyon", LYON, services=("slow", "fast"), cut_offs={})],
        {"A": {"lyon": 5}},
        services=[service("slow", max_unit_weight=None), SERVICES[1]],
        lots={"A": {"lyon": lots(a=(2, 1), b=(3, 9))}},
    )
    rules = (
        "when: {line.quantity: 4, service.id: fast}, then: {exclude: true}",
        "when: {line.quantity: 2, service.id: slow}, then: {exclude: true}",
    )
    decision = decided(order(("A", 4), ("A", 2)), stock, *rules)
    by_line = {parcel.line: parcel.quantity for item in decision.shipments for parcel in item.lines}
    assert (by_line, decision.gap) == ({"1": 3, "2": 2}, 0)
    assert taken(decision) == {"a": 2, "b": 3}


def test_of_places_that_cost_as_much_the_one_whose_lot_expires_first_ships():
    nodes = [node("one", LYON), node("two", LYON)]
    stock = snapshot(nodes, {"A": {"one": 5, "two": 5}}, lots={"A": {"one": lots(x=(5, 90)), "two": lots(y=(5, 4))}})
    assert shipped(decided(order(("A", 2)), stock)) == {"two": 2}
    assert shipped(decided(order(("A", 7)), stock)) == {"two": 5, "one": 2}
    assert shipped(decided(order(("A", 2)), stock, FOR_THREE_DAYS)) == {"one": 2}


def test_a_cheaper_place_comes_before_one_whose_lot_expires_first():
    nodes = [node("one", LYON), node("two", LYON, handling=EURO)]
    stock = snapshot(nodes, {"A": {"one": 5, "two": 5}}, lots={"A": {"one": lots(x=(5, 90)), "two": lots(y=(5, 4))}})
    assert shipped(decided(order(("A", 2)), stock)) == {"one": 2}


def test_a_place_that_oversells_takes_from_what_comes_only_what_its_lots_lack():
    decision = decided(order(("A", 4)), facts(lots(a=(2, 1), b=(1, 9))), "then: {oversell: 5}")
    assert taken(decision) == {"b": 1}
    assert [parcel.backorder for item in decision.shipments for parcel in item.lines] == [3]


def test_the_claim_names_all_lots_and_what_it_takes_of_them():
    (claim,) = decided(order(("A", 4)), facts(lots(a=(3, 5)), on_hand=6)).claims
    assert [name_of(label) for label in claim.lots.labels] == ["a"]
    assert [(name_of(label), units) for label, units in claim.lots.units] == [("", 1), ("a", 3)]
    assert claim.lots.today == TODAY


def test_availability_to_a_destination_is_what_an_order_would_get():
    stock = facts(lots(a=(2, 1), b=(3, 9)))
    matcher = Matcher(policies())
    try:
        columns = SnapshotColumns(stock, matcher, NOW)
        assert most_units(order(), "A", stock, columns, matcher).free == 3
    finally:
        matcher.close()


def test_the_date_is_that_of_the_installation():
    """At half past eleven in the evening of Paris it is still the 27th, an hour later the 28th."""
    stock = facts(lots(a=(2, 2)))
    assert taken(decided(order(("A", 1)), stock, now=NOW + 13 * HOUR)) == {"a": 1}
    assert taken(decided(order(("A", 1)), stock, now=NOW + 15 * HOUR)) == {}
