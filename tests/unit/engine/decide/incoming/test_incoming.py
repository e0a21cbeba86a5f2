"""What is promised of goods that are to come: by which rules, from when on, of which receipts.

The parcel takes 48 hours; NOW is Friday, 27 November 2026, 10:00 in Paris.
"""

import datetime
import json

import pytest
from msgspec import UNSET

from engine.decide.decide import decide
from engine.decide.decision import Estimate
from engine.decide.facts_record import FactsRecord, facts_to_json
from engine.decide.matching.matcher import Matcher
from engine.decide.record import DecisionRecord, to_json
from engine.decide.record_parts import EstimateRecord
from engine.model.facts import StockPosition
from tests.support.facts import (
    EURO,
    HOUR,
    LILLE,
    LYON,
    NOW,
    TODAY,
    decided,
    lots,
    node,
    order,
    policies,
    receipt,
    shipped,
    snapshot,
)

DAY = 24 * HOUR
FROM_CONFIRMED = "then: {promise_from: confirmed}"
NODES = [node("lyon", LYON), node("lille", LILLE)]


def facts(*receipts, lyon=0, lille=None, **more):
    stock = {"lyon": lyon} | ({} if lille is None else {"lille": lille})
    return snapshot(NODES, {"A": stock}, receipts=receipts, **more)


def promised(decision):
    """Units by receipt."""
    return {
        name: units for shipment in decision.shipments for parcel in shipment.lines for name, units in parcel.receipts
    }


def instants(decision):
    return [(item.ready_at, item.ships_at, item.arrives_by) for item in decision.shipments]


def test_without_a_rule_only_what_is_on_hand_is_promised():
    decision = decided(order(("A", 3)), facts(receipt(units=5), lyon=1))
    assert (shipped(decision), promised(decision)) == ({"lyon": 1}, {})


def test_what_is_confirmed_is_promised_for_when_it_is_expected():
    decision = decided(order(("A", 2)), facts(receipt(units=5)), FROM_CONFIRMED)
    arrives = NOW + 10 * DAY
    assert promised(decision) == {"PO-7": 2}
    assert instants(decision) == [(arrives, arrives, arrives + 48 * HOUR)]


@pytest.mark.parametrize(
    ("promise_from", "promised_of"),
    [
        ("on_hand", {}),
        ("in_transit", {"T": 1}),
        ("confirmed", {"T": 1, "C": 1}),
        ("planned", {"T": 1, "C": 1, "P": 1}),
    ],
)
def test_a_rule_says_how_sure_it_must_be_that_goods_come(promise_from, promised_of):
    coming = [receipt(name[0].upper(), 1, status=name) for name in ("planned", "confirmed")]
    coming.append(receipt("T", 1, status="in_transit"))
    decision = decided(order(("A", 3)), facts(*coming), f"then: {{promise_from: {promise_from}}}")
    assert promised(decision) == promised_of


def test_the_most_cautious_of_several_rules_counts():
    rules = [
        "then: {promise_from: planned, slack: 1 day}",
        "then: {promise_from: in_transit, slack: 2 days, haircut: 10%}",
    ]
    coming = [receipt("T", 10, status="in_transit"), receipt("P", 10, status="planned")]
    decision = decided(order(("A", 20)), facts(*coming), *rules)
    assert promised(decision) == {"T": 9}
    assert instants(decision)[0][0] == NOW + 12 * DAY


def test_a_haircut_is_rounded_up_and_what_others_hold_is_not_promised():
    coming = facts(receipt(units=11, promised=3))
    assert promised(decided(order(("A", 20)), coming, "then: {promise_from: confirmed, haircut: 10%}")) == {"PO-7": 6}


def test_a_late_receipt_is_promised_to_nobody():
    assert promised(decided(order(("A", 1)), facts(receipt(days=0)), FROM_CONFIRMED)) == {}


def test_the_safety_stock_is_filled_first():
    rules = [FROM_CONFIRMED, "then: {keep: 4}"]
    decision = decided(order(("A", 9)), facts(receipt("PO-1", 5, days=1), receipt("PO-2", 5, days=2), lyon=1), *rules)
    assert promised(decision) == {"PO-1": 2, "PO-2": 5}


def test_more_held_than_there_is_is_filled_first():
    stock = StockPosition(on_hand=0, held=3)
    assert promised(decided(order(("A", 9)), facts(receipt(units=5), lyon=stock), FROM_CONFIRMED)) == {"PO-7": 2}


def test_what_is_there_ships_at_once_and_the_rest_waits_only_if_that_costs_nothing_more():
    # one shipment costs less than two: it waits for what is to come
    decision = decided(order(("A", 3)), facts(receipt(units=5), lyon=1), FROM_CONFIRMED)
    assert [item.ready_at for item in decision.shipments] == [NOW + 10 * DAY]
    assert promised(decision) == {"PO-7": 3}


def test_waiting_may_count_as_dearer_than_a_second_shipment():
    rules = [FROM_CONFIRMED, "when: {route.arrives: {more_than: 5 d}}, then: {avoid: 6.00}"]
    decision = decided(order(("A", 3)), facts(receipt(units=5), lyon=1), *rules)
    assert [item.ready_at for item in decision.shipments] == [0, NOW + 10 * DAY]
    assert promised(decision) == {"PO-7": 2}


def test_it_ships_from_afar_at_once_if_waiting_counts_as_dearer():
    rules = [FROM_CONFIRMED, "when: {route.arrives: {more_than: 5 d}}, then: {avoid: 3.00}"]
    far = facts(receipt(units=5), lille=5)
    assert shipped(decided(order(("A", 2)), far, *rules)) == {"lille": 2}
    dear = ["when: {node.id: lille}, then: {avoid: 4.00}"]
    assert shipped(decided(order(("A", 2)), far, *rules, *dear)) == {"lyon": 2}


def test_of_equal_choices_one_that_waits_for_nothing_is_preferred():
    nodes = [node("a", LYON), node("b", LYON)]
    stock = snapshot(nodes, {"A": {"a": 0, "b": 5}}, receipts=[receipt(place="a")])
    assert shipped(decided(order(("A", 2)), stock, FROM_CONFIRMED)) == {"b": 2}


def test_a_line_waits_for_another_if_that_saves_a_shipment():
    coming = snapshot(NODES, {"A": {"lyon": 0}, "B": {"lyon": 5}}, receipts=[receipt()])
    decision = decided(order(("A", 1), ("B", 1)), coming, FROM_CONFIRMED)
    assert [len(item.lines) for item in decision.shipments] == [2]
    assert [claim.units for claim in decision.claims] == [0, 1]


def test_units_promised_for_later_are_not_promised_sooner():
    coming = facts(receipt("PO-1", 4, days=2), receipt("PO-2", 4, days=9, promised=4))
    assert promised(decided(order(("A", 6)), coming, FROM_CONFIRMED)) == {"PO-1": 4}


def test_the_claim_names_the_receipts_that_count():
    coming = facts(receipt("PO-1", 4, days=2), receipt("PO-2", 4, days=9), receipt("PO-3", 4, status="planned"))
    (claim,) = decided(order(("A", 6)), coming, "then: {promise_from: confirmed, haircut: 25%}").claims
    assert (claim.units, claim.receipts, claim.haircut) == (0, (("PO-1", 3), ("PO-2", 3)), 2_500)
    assert [(item.id, item.status, item.expected_at) for item in claim.counted] == [
        ("PO-1", "confirmed", NOW + 2 * DAY),
        ("PO-2", "confirmed", NOW + 9 * DAY),
    ]


def test_what_waits_counts_in_no_load_and_needs_no_room_of_today():
    full = facts(receipt(), loads={"lyon": 7})
    decision = decided(order(("A", 1)), full, FROM_CONFIRMED, "then: {daily_orders: 7}")
    assert (promised(decision), decision.load_claims) == ({"PO-7": 1}, ())


def test_the_goods_of_a_preorder_leave_on_its_day_at_the_earliest():
    rule = "when: {product.sku: A}, then: {preorder_from: 2026-12-12}"
    decision = decided(order(("A", 1)), facts(lyon=5), rule)
    begins = int(datetime.datetime(2026, 12, 11, 23, tzinfo=datetime.UTC).timestamp())
    assert instants(decision) == [(begins, begins, begins + 48 * HOUR)]
    assert decision.shipments[0].lines[0].preorder_from == datetime.date(2026, 12, 12).toordinal()
    assert [claim.units for claim in decision.claims] == [1]


def test_a_preorder_may_be_of_what_is_to_come():
    rules = ["then: {preorder_from: 2026-12-12}", FROM_CONFIRMED]
    decision = decided(order(("A", 8)), facts(receipt("PO-1", 5, days=3), receipt("PO-2", 5, days=30)), *rules)
    assert promised(decision) == {"PO-1": 3, "PO-2": 5}
    assert instants(decision)[0][0] == NOW + 30 * DAY


def test_after_its_day_a_preorder_is_none():
    decision = decided(order(("A", 1)), facts(lyon=5), "then: {preorder_from: 2026-11-27}")
    assert decision.shipments[0].lines[0].preorder_from is None
    assert instants(decision) == [(0, NOW, NOW + 48 * HOUR)]


def test_the_hold_lasts_until_the_shipment_leaves():
    assert decided(order(("A", 1)), facts(receipt()), FROM_CONFIRMED).hold_until == NOW + 10 * DAY


def test_rules_know_what_is_to_come():
    soon = "when: {stock.next_arrival: {at_most: 10 d}, stock.incoming: 5}, then: {exclude: true}"
    assert shipped(decided(order(("A", 1)), facts(receipt(units=5), lyon=5), soon)) == {}
    assert shipped(decided(order(("A", 1)), facts(receipt(units=6), lyon=5), soon)) == {"lyon": 1}
    assert shipped(decided(order(("A", 1)), facts(receipt(units=5, days=11), lyon=5), soon)) == {"lyon": 1}
    assert shipped(decided(order(("A", 1)), facts(lyon=5), soon)) == {"lyon": 1}
    assert shipped(decided(order(("A", 1)), facts(receipt(units=5, status="in_transit"), lyon=5), soon)) == {"lyon": 1}


def test_a_hold_of_goods_that_are_to_come_lasts_from_when_they_are_there():
    rules = (FROM_CONFIRMED, "then: {slack: 1 day}", "then: {hold: 30m}")
    arrives, minutes = NOW + 8 * DAY, 30 * 60
    waits = decided(order(("A", 3)), facts(receipt(days=7), lyon=1), *rules)
    assert waits.hold_until == arrives + minutes
    at_once = decided(order(("A", 1)), facts(receipt(days=7), lyon=1), *rules)
    assert at_once.hold_until == NOW + minutes
    far = decided(order(("A", 3)), facts(receipt(days=200)), FROM_CONFIRMED, "then: {hold: until_shipped + 90 d}")
    assert far.hold_until == NOW + (200 + 90) * DAY


def test_a_hold_that_the_caller_asked_for_does_not_wait_for_goods():
    matcher = Matcher(policies(FROM_CONFIRMED))
    decision = decide(order(("A", 3)), facts(receipt(days=7)), matcher, NOW, requested_minutes=30)
    matcher.close()
    assert decision.hold_until == NOW + 30 * 60


def test_a_hold_of_a_preorder_lasts_from_its_day():
    decision = decided(order(("A", 1)), facts(lyon=1), "then: {preorder_from: 2026-12-12, hold: 30m}")
    (shipment,) = decision.shipments
    assert decision.hold_until == shipment.ready_at + 30 * 60


def estimates(decision):
    return {item.line: item.estimate for item in decision.unfilled}


def test_what_stays_unfilled_has_an_estimate_if_what_is_to_come_would_fill_it():
    coming = facts(receipt("PO-1", 2, days=3), receipt("PO-2", 9, days=8, status="planned"), lyon=1)
    (estimate,) = estimates(decided(order(("A", 4)), coming, "then: {slack: 1 day}")).values()
    leaves = NOW + 9 * DAY
    assert estimate == Estimate(
        units=3,
        receipts=(("PO-2", 3),),
        expected={"PO-2": NOW + 8 * DAY},
        ships_at=leaves,
        arrives_by=leaves + 48 * HOUR,
    )


def test_there_is_no_estimate_of_what_nothing_is_expected_for():
    assert estimates(decided(order(("A", 1)), facts())) == {"1": None}
    assert estimates(decided(order(("A", 1)), facts(receipt(days=-1, promised=10)))) == {"1": None}
    assert estimates(decided(order(("A", 1)), facts(receipt(promised=10)))) == {"1": None}


def test_a_late_receipt_is_an_estimate_without_an_instant():
    late = receipt("PO-1", 2, days=-3)
    (estimate,) = estimates(decided(order(("A", 4)), facts(late, lyon=1), FROM_CONFIRMED)).values()
    assert estimate == Estimate(
        units=2, receipts=(("PO-1", 2),), expected={"PO-1": NOW - 3 * DAY}, ships_at=None, arrives_by=None
    )
    record = json.loads(to_json(EstimateRecord.of(estimate)))
    assert (record["late"], record["receipts"][0]["receipt"]) == (True, "PO-1")
    assert not {"ships_at", "arrives_by"} & set(record)


def test_what_comes_in_time_is_estimated_before_what_is_late():
    both = facts(receipt("PO-1", 9, days=-3), receipt("PO-2", 2, days=3))
    decision = decided(order(("A", 4)), both)
    (estimate,) = estimates(decision).values()
    assert (estimate.units, estimate.receipts, estimate.expected) == (2, (("PO-2", 2),), {"PO-2": NOW + 3 * DAY})
    assert [reason.code for reason in decision.unfilled[0].reasons] == ["not_promised", "no_stock"]


def test_no_estimate_names_a_late_receipt_of_a_place_that_is_excluded():
    late = facts(receipt("PO-1", 2, days=-3))
    assert estimates(decided(order(("A", 4)), late, "when: {node.id: lyon}, then: {exclude: true}")) == {"1": None}


def test_an_estimate_of_part_of_a_line_says_of_how_many():
    assert estimates(decided(order(("A", 12)), facts(receipt(units=5))))["1"].units == 5


def test_units_on_backorder_wait_though_the_caller_did_not_ask():
    stock = snapshot(NODES, {"A": {"lyon": 0}, "B": {"lyon": 0}}, receipts=[receipt()])
    decision = decided(order(("A", 2), ("B", 3)), stock, "when: {product.sku: A}, then: {backorder: true}")
    assert [item.backorder for item in decision.unfilled] == [True, False]
    assert decision.waits(may_wait=False)
    assert decision.waiting_units(may_wait=False) == {"1": 2}
    assert decision.waiting_units(may_wait=True) == {"1": 2, "2": 3}
    record = DecisionRecord.of(decision, "d1", "0", b"{}")
    assert (record.waiting, record.waiting_lines, record.units_waiting) == (True, ["1"], 2)
    asked = DecisionRecord.of(decision, "d1", "0", b"{}", may_wait=True)
    assert (asked.waiting, asked.waiting_lines, asked.units_waiting) == (True, UNSET, 5)


def test_an_order_without_receipts_of_its_own_is_recorded_as_before():
    decision = decided(
        order(("B", 1)), snapshot(NODES, {"A": {}, "B": {"lyon": 1}}, receipts=[receipt()]), FROM_CONFIRMED
    )
    facts_kept = json.loads(facts_to_json(FactsRecord.of(decision)))
    assert "receipts" not in facts_kept["stock"]["B"]
    (shipment,) = json.loads(to_json(DecisionRecord.of(decision, "d1", "0", b"{}")))["shipments"]
    assert "ready_at" not in shipment
    assert shipment["lines"] == [{"line": "1", "quantity": 1, "sku": "B"}]


def test_a_record_says_which_receipts_a_shipment_waits_for_and_what_is_a_preorder():
    rules = [FROM_CONFIRMED, "then: {preorder_from: 2026-12-02}"]
    decision = decided(order(("A", 6)), facts(receipt("PO-1", 4, days=2), receipt("PO-2", 4, days=9)), *rules)
    (shipment,) = json.loads(to_json(DecisionRecord.of(decision, "d1", "0", b"{}")))["shipments"]
    assert shipment["ready_at"] == "2026-12-06T09:00:00Z"
    assert shipment["lines"] == [
        {
            "line": "1",
            "sku": "A",
            "quantity": 6,
            "preorder_from": "2026-12-02",
            "receipts": [
                {"receipt": "PO-1", "units": 2, "expected_at": "2026-11-29T09:00:00Z"},
                {"receipt": "PO-2", "units": 4, "expected_at": "2026-12-06T09:00:00Z"},
            ],
        }
    ]


def test_the_example_of_the_page_on_inbound():
    nodes = [node("lyon", LYON), node("lille", LILLE, type="store", handling=3 * EURO)]
    coming = [receipt("PO-7", 10, days=8, promised=3), receipt("PO-8", 40, days=23, status="planned")]
    rules = [
        "when: {node.type: warehouse}, then: {promise_from: confirmed, slack: 2 days, haircut: 10%}",
        "when: {route.arrives: {more_than: 5 d}}, then: {avoid: 2.00}",
    ]
    stock = {"A": {"lyon": StockPosition(on_hand=2, held=1), "lille": 6}}
    facts_there = snapshot(nodes, stock, receipts=coming)
    assert shipped(decided(order(("A", 3)), facts_there, *rules)) == {"lille": 3}
    kept = "when: {node.id: lille}, then: {keep: 6}"
    decision = decided(order(("A", 3)), facts_there, *rules, kept)
    assert (promised(decision), decision.score.money) == ({"PO-7": 3}, 11 * EURO)
    assert [item.ready_at for item in decision.shipments] == [NOW + 10 * DAY]
    assert sum(shipped(decided(order(("A", 9)), facts_there, *rules, kept)).values()) == 7
    split = "when: {route.arrives: {more_than: 5 d}}, then: {avoid: 6.00}"
    decision = decided(order(("A", 3)), facts_there, *rules, kept, split)
    assert [item.ready_at for item in decision.shipments] == [0, NOW + 10 * DAY]


def test_of_an_article_with_lots_what_waits_is_of_receipts_alone():
    of_lots = lots(a=(3, 90))
    stock = snapshot(NODES, {"A": {"lyon": 3}}, receipts=[receipt(units=5)], lots={"A": {"lyon": of_lots}})
    decision = decided(order(("A", 7)), stock, FROM_CONFIRMED)
    assert [(item.ready_at, item.lines[0].quantity) for item in decision.shipments] == [(0, 3), (NOW + 10 * DAY, 4)]
    assert [sum(count for _, count in item.lines[0].lots) for item in decision.shipments] == [3, 0]
    assert shipped(decided(order(("A", 2)), stock, "then: {preorder_from: 2026-12-12}")) == {}


def test_for_a_nominated_day_goods_come_in_before_they_must_leave():
    coming = facts(receipt(days=3))
    too_soon = decided(order(("A", 1), deliver_on=TODAY + 4), coming, FROM_CONFIRMED)
    assert (too_soon.chosen, [item.quantity for item in too_soon.unfilled]) == ((), [1])
    (shipment,) = decided(order(("A", 1), deliver_on=TODAY + 8), coming, FROM_CONFIRMED).chosen
    assert shipment.lines[0].receipts == (("PO-7", 1),)
