"""What an order of a batch leaves to others: it takes none of it, and says so; the commit checks the floor alone."""

import contextlib
import json

from engine.decide.decide import decide
from engine.decide.decision import NOTHING_LEFT, LeftToOthers, Reason
from engine.decide.matching.matcher import Matcher
from engine.decide.record import DecisionRecord, to_json
from tests.support.facts import LILLE, LYON, NOW, node, order, policies, service, shipped, snapshot

TWO_WAYS = [("A", "truck"), ("B", "parcel")]
PLACES = [node("lyon", LYON), node("lille", LILLE, daily_orders=3)]


def leaving(wanted, left, *rules, stock=None, loads=None):
    facts = snapshot(PLACES, {"A": stock or {"lyon": 4, "lille": 5}}, loads=loads)
    with contextlib.closing(Matcher(policies(*rules))) as matcher:
        return decide(wanted, facts, matcher, NOW, left=left)


def test_units_that_are_left_to_others_are_not_taken():
    left = LeftToOthers(units={("A", "lille"): 4, ("B", "lyon"): 4})
    decision = leaving(order(("A", 5)), left)
    assert shipped(decision) == {"lyon": 4, "lille": 1}
    assert decision.left == left


def test_units_that_are_left_come_on_top_of_the_floor():
    left = LeftToOthers(units={("A", "lille"): 1})
    decision = leaving(order(("A", 9)), left, "when: {node.id: lille}, then: {keep: 2}")
    assert shipped(decision) == {"lyon": 4, "lille": 2}
    assert [(reason.code, reason.units) for reason in decision.unfilled[0].reasons] == [
        ("kept_back", 2),
        ("left_to_others", 1),
    ]
    # the commit enforces floors: that the plan leaves something to others is no reason to lose a race
    assert {claim.node: claim.floor for claim in decision.claims} == {"lyon": 0, "lille": 2}


def test_shipments_that_are_left_to_others_are_not_taken():
    decision = leaving(order(("A", 5)), LeftToOthers(loads={"lille": 2}), loads={"lille": 1})
    assert shipped(decision) == {"lyon": 4}
    assert decision.unfilled[0].reasons == (Reason(code="left_to_others", units=5),)
    full = leaving(order(("A", 5)), LeftToOthers(loads={"lille": 2}), loads={"lille": 3})
    assert full.unfilled[0].reasons == (Reason(code="node_full", units=5),)


def test_a_shipment_that_the_order_needs_beside_its_own_may_be_left_to_others():
    facts = snapshot(
        [node("lille", LILLE, daily_orders=3, services=("parcel", "truck"))],
        {"A": {"lille": 5}, "B": {"lille": 5}},
        services=[service(), service("truck")],
    )
    apart = [f"when: {{product.sku: {sku}, service.id: {name}}}, then: {{exclude: true}}" for sku, name in TWO_WAYS]
    with contextlib.closing(Matcher(policies(*apart))) as matcher:
        left = LeftToOthers(loads={"lille": 2})
        decision = decide(order(("A", 2), ("B", 1)), facts, matcher, NOW, left=left)
    assert shipped(decision) == {"lille": 2}
    assert decision.unfilled[0].reasons == (Reason(code="left_to_others", units=5),)


def test_the_commit_may_fill_the_node_up_whatever_is_left_to_others():
    decision = leaving(order(("A", 5)), LeftToOthers(loads={"lille": 1}), stock={"lille": 5})
    assert [(claim.shipments, claim.most) for claim in decision.load_claims] == [(1, 3)]


def test_the_search_leaves_as_much_as_the_direct_choice():
    lines = [("A", 3), ("A", 2), ("A", 2)]  # several lines of one SKU with too little for all: no direct choice
    decision = leaving(order(*lines), LeftToOthers(units={("A", "lyon"): 3}, loads={"lille": 2}))
    assert shipped(decision) == {"lyon": 1, "lille": 5}


def test_what_was_left_is_on_record_only_if_it_is_something():
    left = LeftToOthers(units={("A", "lille"): 4, ("A", "lyon"): 1}, loads={"lille": 2})
    record = json.loads(to_json(DecisionRecord.of(leaving(order(), left), "d1", "0", b"{}")))
    assert record["left"] == {"units": {"A": {"lille": 4, "lyon": 1}}, "shipments": {"lille": 2}}
    assert "left" not in json.loads(to_json(DecisionRecord.of(leaving(order(), NOTHING_LEFT), "d1", "0", b"{}")))


def test_a_plan_may_name_nodes_that_have_gone_since():
    decision = leaving(order(), LeftToOthers(units={("A", "gone"): 4}, loads={"gone": 2}))
    assert decision.status == "filled"
