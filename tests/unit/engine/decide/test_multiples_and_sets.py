"""What ships in multiples only, and lines of an order that travel together."""

import contextlib

import pytest

from engine.decide.decide import decide
from engine.decide.decision import Reason
from engine.decide.matching.matcher import Matcher
from engine.model.facts import Line
from tests.support.facts import (
    EURO,
    LILLE,
    LYON,
    MARSEILLE,
    NOW,
    decided,
    node,
    order,
    policies,
    product,
    shipped,
    snapshot,
    units,
)

CASES = "then: {multiple_of: 6}"
NODES = [node("lyon", LYON), node("lille", LILLE, type="store"), node("marseille", MARSEILLE, handling=EURO)]


def facts(**stock):
    return snapshot(NODES, stock)


def reasons(decision):
    return {item.line: item.reasons for item in decision.unfilled}


def test_each_place_ships_whole_cases():
    scenario = facts(Q={"lyon": 10, "lille": 8})
    assert shipped(decided(order(("Q", 12)), scenario)) == {"lille": 8, "lyon": 4}
    assert shipped(decided(order(("Q", 12)), scenario, CASES)) == {"lille": 6, "lyon": 6}


@pytest.mark.parametrize(("stock", "filled"), [({"lyon": 30}, 6), ({"lyon": 7, "lille": 30}, 6), ({"lyon": 5}, 0)])
def test_units_that_make_no_case_stay_unfilled_and_the_reason_says_so(stock, filled):
    decision = decided(order(("Q", 8)), facts(Q=stock), CASES)
    assert sum(shipped(decision).values()) == filled
    assert decision.score.unfilled == 8 - filled
    assert (decision.gap, reasons(decision)["1"][0].code) == (0, "not_a_multiple")


def test_the_reason_names_the_rule_and_how_many_units():
    decision = decided(order(("Q", 8)), facts(Q={"lyon": 10}), CASES)
    assert reasons(decision) == {"1": (Reason(code="not_a_multiple", units=2, rules=("test/r1",)),)}
    decision = decided(order(("Q", 12)), facts(Q={"lyon": 7}), CASES)
    assert [(item.code, item.units) for item in reasons(decision)["1"]] == [("not_a_multiple", 1), ("not_enough", 5)]


def test_what_bounds_the_order_is_said_if_a_case_could_ship():
    decision = decided(order(("Q", 12)), facts(Q={"lyon": 6, "lille": 6}), CASES, "then: {max_shipments: 1}")
    assert [item.code for item in reasons(decision)["1"]] == ["max_shipments"]


def test_a_line_that_ships_whole_or_not_at_all_has_to_be_whole_cases():
    whole = "then: {keep_together: true}"
    assert shipped(decided(order(("Q", 12)), facts(Q={"lyon": 30}), CASES, whole)) == {"lyon": 12}
    decision = decided(order(("Q", 8)), facts(Q={"lyon": 30}), CASES, whole)
    assert (shipped(decision), reasons(decision)["1"][0].code) == ({}, "not_a_multiple")
    complete = decided(
        order(("Q", 8), ("P", 1)), facts(Q={"lyon": 30}, P={"lyon": 1}), CASES, "then: {ship_complete: true}"
    )
    assert (shipped(complete), complete.gap) == ({}, 0)


def test_some_places_break_cases_and_others_do_not():
    rules = ["when: {node.type: warehouse}, then: {multiple_of: 6}"]
    scenario = facts(Q={"lyon": 30, "lille": 3})
    assert shipped(decided(order(("Q", 8)), scenario, *rules)) == {"lyon": 6, "lille": 2}
    assert shipped(decided(order(("Q", 10)), scenario, *rules)) == {"lyon": 6, "lille": 3}


def test_safety_stock_is_taken_off_before_cases_are_counted():
    decision = decided(order(("Q", 12)), facts(Q={"lyon": 13, "lille": 6}), CASES, "then: {keep: 2}")
    assert shipped(decision) == {"lyon": 6}


def test_each_line_counts_its_own_cases():
    decision = decided(order(("Q", 3), ("Q", 9)), facts(Q={"lyon": 30}), CASES)
    assert units(decision) == {("lyon", "parcel", "2"): 6}


def in_sets(*lines):
    """Lines as (SKU, quantity, set)."""
    return order(
        *[
            Line(id=str(number), sku=sku, quantity=quantity, set_name=name)
            for number, (sku, quantity, name) in enumerate(lines, start=1)
        ]
    )


BED = [("TOP", 1, "bed"), ("BASE", 1, "bed"), ("LAMP", 1, None)]


def test_lines_of_a_set_travel_together_and_others_on_their_own():
    scenario = facts(TOP={"lyon": 1, "lille": 1}, BASE={"lille": 1}, LAMP={"lyon": 1})
    decision = decided(in_sets(*BED), scenario, "when: {node.id: lyon}, then: {tier: 1}")
    assert units(decision) == {
        ("lille", "parcel", "1"): 1,
        ("lille", "parcel", "2"): 1,
        ("lyon", "parcel", "3"): 1,
    }


def test_a_set_that_no_place_has_does_not_ship_and_the_reason_says_so():
    scenario = facts(TOP={"lyon": 1}, BASE={"lille": 1}, LAMP={"lyon": 1})
    decision = decided(in_sets(*BED), scenario)
    assert units(decision) == {("lyon", "parcel", "3"): 1}
    assert decision.gap == 0
    assert reasons(decision) == {"1": (Reason(code="set_apart", units=1),), "2": (Reason(code="set_apart", units=1),)}


def test_a_line_of_a_set_is_never_filled_in_part():
    scenario = facts(TOP={"lyon": 4, "lille": 2}, BASE={"lyon": 1, "lille": 1}, LAMP={})
    decision = decided(in_sets(("TOP", 4, "bed"), ("BASE", 1, "bed")), scenario)
    assert units(decision) == {("lyon", "parcel", "1"): 4, ("lyon", "parcel", "2"): 1}
    decision = decided(in_sets(("TOP", 5, "bed"), ("BASE", 1, "bed")), scenario)
    assert shipped(decision) == {}


def test_a_set_stays_together_where_each_line_is_cheaper_from_elsewhere():
    stock = {"lyon": 1, "lille": 1}
    rules = [
        "when: {product.sku: TOP, node.id: lyon}, then: {prefer: 9.00}",
        "when: {product.sku: BASE, node.id: lille}, then: {prefer: 8.00}",
    ]
    scenario = facts(TOP=stock, BASE=stock)
    assert shipped(decided(order(("TOP", 1), ("BASE", 1)), scenario, *rules)) == {"lyon": 1, "lille": 1}
    assert shipped(decided(in_sets(*BED[:2]), scenario, *rules)) == {"lyon": 2}


def test_sets_do_not_have_to_travel_with_each_other():
    scenario = facts(A={"lyon": 1}, B={"lyon": 1}, C={"lille": 1}, D={"lille": 1})
    decision = decided(in_sets(("A", 1, "x"), ("B", 1, "x"), ("C", 1, "y"), ("D", 1, "y")), scenario)
    assert shipped(decision) == {"lyon": 2, "lille": 2}


def test_an_order_of_nothing_that_is_counted_is_decided_by_a_worker_that_has_met_multiples():
    things = [product("A"), product("SERVICE", counted=False)]
    there = snapshot(NODES, {"A": {"lyon": 9}, "SERVICE": {}}, products=things)
    with contextlib.closing(Matcher(policies("then: {multiple_of: 2}"))) as matcher:
        assert not decide(order(("A", 2)), there, matcher, NOW).unfilled
        assert not decide(order(("SERVICE", 1)), there, matcher, NOW).unfilled
