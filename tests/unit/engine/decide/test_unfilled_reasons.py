"""Why units stay unfilled: each reason where it applies, with its units and its rules."""

import contextlib
import json
from pathlib import Path

import pytest

from engine.decide.decide import decide
from engine.decide.decision import LeftToOthers, Reason
from engine.decide.matching.matcher import Matcher
from engine.decide.reasons import REASON_CODES, reason_texts
from engine.decide.record import DecisionRecord, to_json
from engine.decide.remainder import Remainder, decide_remainder
from engine.model.facts import Line, StockPosition
from tests.support.clocks import date
from tests.support.facts import (
    EURO,
    LILLE,
    LYON,
    NOW,
    decided,
    lots,
    node,
    order,
    policies,
    product,
    receipt,
    rest,
    service,
    shipped,
    snapshot,
)

NODES = [node("lyon", LYON), node("lille", LILLE, type="store", handling=EURO)]


def facts(lyon=2, lille=2, nodes=NODES, **more):
    return snapshot(nodes, {"A": {"lyon": lyon, "lille": lille}}, **more)


def reasons(decision):
    (unfilled,) = decision.unfilled
    return list(unfilled.reasons)


def test_an_order_that_is_filled_needs_no_reason():
    assert decided(order(("A", 4)), facts()).unfilled == ()


def test_no_stock():
    for scenario in (facts(0, 0), snapshot(NODES, {"A": {}})):
        assert reasons(decided(order(("A", 3)), scenario)) == [Reason(code="no_stock", units=3)]


def test_held_for_others_says_how_many_are():
    scenario = facts(StockPosition(on_hand=2, held=2), StockPosition(on_hand=4, held=4))
    assert reasons(decided(order(("A", 3)), scenario)) == [Reason(code="held_for_others", units=6)]


def test_capped_says_how_many_units_its_channel_is_not_offered():
    decision = decided(order(("A", 4)), facts(), "then: {cap: {channel: web, units: 3}}")
    assert reasons(decision) == [Reason(code="capped", units=1, rules=("test/r1",))]


def test_not_promised_says_what_is_to_come_that_no_rule_lets_be_promised():
    coming = [receipt("PO-1", 4), receipt("PO-2", 9, days=0)]
    decision = decided(order(("A", 5)), facts(0, 0, receipts=coming))
    assert reasons(decision) == [Reason(code="not_promised", units=4), Reason(code="no_stock", units=1)]
    held = facts(StockPosition(on_hand=1, held=1), 0, receipts=[receipt(units=2)])
    assert reasons(decided(order(("A", 5)), held)) == [
        Reason(code="held_for_others", units=1),
        Reason(code="not_promised", units=2),
        Reason(code="not_enough", units=2),
    ]
    assert reasons(decided(order(("A", 5)), facts(1, 0, receipts=coming[:1]))) == [Reason(code="not_promised", units=4)]


def test_the_first_of_two_lines_gets_what_is_to_come():
    decision = decided(order(("A", 3), ("A", 3)), facts(0, 0, receipts=[receipt(units=4)]))
    assert [item.reasons for item in decision.unfilled] == [
        (Reason(code="not_promised", units=3),),
        (Reason(code="not_promised", units=1), Reason(code="no_stock", units=2)),
    ]


def test_what_a_rule_lets_be_promised_and_the_order_may_not_have_is_told_by_what_bounds_it():
    rules = ["then: {promise_from: confirmed}", "then: {max_shipments: 1}"]
    decision = decided(order(("A", 6)), facts(2, 0, receipts=[receipt(units=3, place="lille")]), *rules)
    assert reasons(decision) == [
        Reason(code="max_shipments", units=2, rules=("test/r2",)),
        Reason(code="not_enough", units=1),
    ]


def test_not_enough():
    decision = decided(order(("A", 7)), facts())
    assert reasons(decision) == [Reason(code="not_enough", units=3)]
    assert (decision.unfilled[0].line, decision.unfilled[0].quantity) == ("1", 3)


def test_not_enough_for_two_lines_of_one_sku():
    decision = decided(order(("A", 3), ("A", 3)), facts())
    assert sum(item.quantity for item in decision.unfilled) == 2
    for item in decision.unfilled:
        assert item.reasons == (Reason(code="not_enough", units=item.quantity),)


def test_what_can_not_arrive_on_the_nominated_day_is_told_from_what_can_not_arrive_at_all():
    nodes = [node("lyon", LYON), node("lille", LILLE, services=())]
    tomorrow = date("2026-11-28")
    assert reasons(decided(order(("A", 5), deliver_on=tomorrow), facts(nodes=nodes))) == [
        Reason(code="other_day", units=2),
        Reason(code="unreachable", units=2),
        Reason(code="not_enough", units=1),
    ]


def test_kept_back_names_the_rules_that_keep():
    rules = [
        "then: {keep: 1}",
        "when: {node.id: lille}, then: {protect: {channel: app, units: 9}}",
        "then: {hold: 1 h}",
    ]
    assert reasons(decided(order(("A", 4)), facts(), *rules)) == [
        Reason(code="kept_back", units=3, rules=("test/r1", "test/r2")),
    ]


def test_unreachable_is_where_no_service_goes_from():
    far = [node("lyon", LYON, services=("short",)), node("lille", LILLE)]
    services = [service(), service("short", max_distance=1_000)]
    assert reasons(decided(order(("A", 4)), facts(nodes=far, services=services))) == [
        Reason(code="unreachable", units=2),
    ]


def test_where_it_is_too_heavy_the_reason_is_the_weight():
    scenario = facts(services=[service(max_weight=500)], products=[product("A", weight=501)])
    assert reasons(decided(order(), scenario)) == [Reason(code="shipment_limits", units=4)]


def test_where_no_unit_can_be_used_the_places_are_the_whole_reason():
    decision = decided(order(("A", 4)), facts(), "then: {exclude: true}", "then: {keep_together: true}")
    assert reasons(decision) == [Reason(code="excluded", units=4, rules=("test/r1",))]


def test_excluded_names_the_rules_that_exclude():
    rules = ["when: {node.type: store}, then: {exclude: true}", "then: {prefer: 1}"]
    assert reasons(decided(order(("A", 4)), facts(), *rules)) == [
        Reason(code="excluded", units=2, rules=("test/r1",)),
    ]


def test_a_node_with_one_way_left_is_not_excluded():
    nodes = [node("lyon", LYON, services=("parcel", "van")), NODES[1]]
    scenario = facts(nodes=nodes, services=[service(), service("van", mode="van")])
    decision = decided(order(("A", 5)), scenario, "when: {service.mode: van}, then: {exclude: true}")
    assert reasons(decision) == [Reason(code="not_enough", units=1)]


def test_node_full_names_the_rules_that_bound_the_day():
    rules = ["when: {node.id: lyon}, then: {daily_orders: 5}", "then: {daily_orders: 50}"]
    assert reasons(decided(order(("A", 4)), facts(loads={"lyon": 5}), *rules)) == [
        Reason(code="node_full", units=2, rules=("test/r1", "test/r2")),
    ]


def test_resting_names_the_rules_by_which_the_nodes_rest():
    scenario = facts(loads={"lyon": 5}, resting={"lyon": rest(NOW + 1, "busy/r1", "busy/r2"), "lille": rest(NOW + 1)})
    assert reasons(decided(order(("A", 4)), scenario, "then: {daily_orders: 5}")) == [
        Reason(code="resting", units=4, rules=("busy/r1", "busy/r2", "busy/r7")),
    ]


def test_node_full_is_why_two_services_of_a_node_with_room_for_one_do_not_both_ship():
    services = [service("small", max_unit_weight=500), service("large")]
    scenario = snapshot(
        [node("lyon", services=("small", "large"))],
        {"A": {"lyon": 2}, "B": {"lyon": 1}},
        services=services,
        products=[product("A", weight=500), product("B", weight=900)],
    )
    rules = ["when: {product.sku: A, service.id: large}, then: {exclude: true}", "then: {daily_orders: 1}"]
    decision = decided(order(("A", 2), ("B", 1)), scenario, *rules)
    assert decision.unfilled[0].line == "2"
    assert reasons(decision) == [Reason(code="node_full", units=1, rules=("test/r2",))]


def test_kept_together_names_the_rule_and_the_units_missing():
    decision = decided(order(("A", 3)), facts(), "then: {keep_together: true}")
    assert reasons(decision) == [Reason(code="kept_together", units=3, rules=("test/r1",))]


def test_max_shipments_names_the_rule_and_the_units_missing():
    decision = decided(order(("A", 4)), facts(), "then: {max_shipments: 1}")
    assert reasons(decision) == [Reason(code="max_shipments", units=2, rules=("test/r1",))]


def test_what_is_bound_and_what_there_is_not_add_up_to_what_was_ordered():
    rules = ["then: {max_shipments: 1}", "when: {node.id: lille}, then: {keep: 1}"]
    decision = decided(order(("A", 540)), facts(lyon=5, lille=4), *rules)
    assert (sum(shipped(decision).values()), decision.unfilled[0].quantity) == (5, 535)
    assert reasons(decision) == [
        Reason(code="kept_back", units=1, rules=("test/r2",)),
        Reason(code="max_shipments", units=3, rules=("test/r1",)),
        Reason(code="not_enough", units=531),
    ]


def test_more_than_all_that_is_held_is_not_there():
    scenario = facts(StockPosition(on_hand=2, held=2), StockPosition(on_hand=4, held=4))
    decision = decided(order(("A", 4), ("A", 5)), scenario)
    assert [list(item.reasons) for item in decision.unfilled] == [
        [Reason(code="held_for_others", units=6)],
        [Reason(code="held_for_others", units=6), Reason(code="not_enough", units=3)],
    ]


def test_ship_complete_is_why_lines_with_stock_wait_for_one_without():
    scenario = snapshot(NODES, {"A": {"lyon": 1}, "B": {"lyon": 0}})
    decision = decided(order(("A", 1), ("B", 1)), scenario, "then: {ship_complete: true}")
    assert [list(item.reasons) for item in decision.unfilled] == [
        [Reason(code="ship_complete", units=1, rules=("test/r1",))],
        [Reason(code="no_stock", units=1)],
    ]


def test_several_reasons_stand_together():
    nodes = [node("a"), node("b"), node("c"), node("d", services=("none",))]
    scenario = snapshot(
        nodes,
        {"A": {"a": 3, "b": 4, "c": 5, "d": 6}},
        services=[service(), service("none", transit=((0, 1),))],
        loads={"c": 1},
    )
    rules = [
        "when: {node.id: a}, then: {keep: 1}",
        "when: {node.id: b}, then: {exclude: true}",
        "when: {node.id: c}, then: {daily_orders: 1}",
    ]
    assert reasons(decided(order(("A", 20)), scenario, *rules)) == [
        Reason(code="kept_back", units=1, rules=("test/r1",)),
        Reason(code="excluded", units=4, rules=("test/r2",)),
        Reason(code="node_full", units=5, rules=("test/r3",)),
        Reason(code="unreachable", units=6),
        Reason(code="not_enough", units=2),
    ]


def test_units_at_nodes_that_rejected_them_are_said_to_be_there():
    remainder = Remainder(
        whole_order=order(("A", 4)), units={"1": 3}, barred={"A": frozenset({"lyon"}), "B": frozenset({"lyon"})}
    )

    def remainder_reasons(scenario):
        with contextlib.closing(Matcher(policies())) as matcher:
            return reasons(decide_remainder(remainder, scenario, matcher, NOW, held_from=NOW))

    assert remainder_reasons(facts()) == [Reason(code="rejected", units=2)]
    assert remainder_reasons(facts(2, 0)) == [Reason(code="rejected", units=2), Reason(code="not_enough", units=1)]
    assert remainder_reasons(facts(0, 0)) == [Reason(code="no_stock", units=3)]


def test_what_makes_no_multiple_or_lacks_the_rest_of_its_set_says_so():
    decision = decided(order(("A", 4)), facts(4, 0), "then: {multiple_of: 3}")
    assert reasons(decision) == [Reason(code="not_a_multiple", units=1, rules=("test/r1",))]
    lines = [Line(id="1", sku="A", quantity=1, set_name="s"), Line(id="2", sku="B", quantity=1, set_name="s")]
    decision = decided(order(*lines), snapshot(NODES, {"A": {"lyon": 4}, "B": {"lille": 0}}))
    assert [list(item.reasons) for item in decision.unfilled] == [
        [Reason(code="set_apart", units=1)],
        [Reason(code="no_stock", units=1)],
    ]


def test_what_a_node_may_not_ship_today_says_so():
    rules = ["when: {node.id: lyon}, then: {daily_units: 3}", "when: {node.id: lille}, then: {exclude: true}"]
    decision = decided(order(("A", 4)), facts(4, 0), *rules)
    assert reasons(decision) == [Reason(code="capacity_used", units=1, rules=("test/r1",))]
    spent = facts(4, 0, loads={"lyon": 1, "lyon\tunits": 3})
    assert reasons(decided(order(("A", 4)), spent, *rules)) == [
        Reason(code="capacity_used", units=4, rules=("test/r1",))
    ]


def test_what_expires_too_soon_says_so():
    there = snapshot(NODES, {"A": {"lyon": 4}}, lots={"A": {"lyon": lots(a=(3, 1), b=(1, 9))}})
    decision = decided(order(("A", 4)), there, "then: {min_shelf_life: 5 days}")
    assert reasons(decision) == [Reason(code="expire_too_soon", units=3, rules=("test/r1",))]


def test_units_left_to_other_orders_of_the_batch_are_said_to_be_so():
    with contextlib.closing(Matcher(policies())) as matcher:
        left = LeftToOthers(units={("A", "lyon"): 3})
        decision = decide(order(("A", 9)), facts(4, 2), matcher, NOW, left=left)
    assert reasons(decision) == [Reason(code="left_to_others", units=3), Reason(code="not_enough", units=3)]


@pytest.mark.parametrize("code", REASON_CODES)
def test_every_reason_has_a_text_in_english_and_french(code):
    assert list(reason_texts(code)) == ["en", "fr"]
    assert all(reason_texts(code).values())


def test_every_reason_has_its_case_above():
    source = Path(__file__).read_text(encoding="utf-8")
    assert all(source.count(f'code="{code}"') for code in REASON_CODES)


def test_the_record_gives_each_reason_its_words_and_its_rules():
    decision = decided(order(("A", 4)), facts(), "then: {max_shipments: 1}")
    assert json.loads(to_json(DecisionRecord.of(decision, "d1", "0", b"{}")))["unfilled"] == [
        {
            "line": "1",
            "sku": "A",
            "quantity": 2,
            "reasons": [{"code": "max_shipments", "units": 2, "rules": ["test/r1"], **reason_texts("max_shipments")}],
        }
    ]
