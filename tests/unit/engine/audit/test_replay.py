"""A decision is made again from its record and its facts, byte for byte."""

import dataclasses

from engine.audit.replay import Replay, replay, skus_of
from engine.decide.decide import decide
from engine.decide.decision import LeftToOthers, PromiseTerms
from engine.decide.facts_record import FactsRecord, facts_from_json, facts_to_json
from engine.decide.kept_facts.remainder_record import RemainderRecord
from engine.decide.matching.matcher import Matcher
from engine.decide.record import DecisionRecord, from_json, to_json
from engine.decide.record_parts import FollowsRecord
from engine.decide.rejected_stock import RejectedPosition
from engine.decide.remainder import Remainder, barred_record, decide_remainder
from engine.model.facts import NetworkCaches, Snapshot, StockPosition
from engine.model.node_loads import units_field
from tests.support.facts import HOUR, LILLE, LYON, NOW, PARIS, lots, node, order, policies, rest, service, snapshot

NODES = [
    node("lille", LILLE, type="store", services=("parcel", "van")),
    node("lyon", LYON, services=("parcel", "van")),
    node("nice", LYON, type="store"),
]
SERVICES = [service(), service("van", mode="van")]
STOCK = {
    "A": {"lille": 5, "lyon": StockPosition(on_hand=9, held=2), "nice": 0},
    "B": {"lille": 2, "lyon": StockPosition(on_hand=0, held=1, pace=500), "nice": 4},
}
CROWDED = "when: {node.load: {at_least: 3}}, then: {avoid: 2.00}"


def facts(**more: object) -> Snapshot:
    return snapshot(NODES, STOCK, services=SERVICES, **more)


def again(record: DecisionRecord, kept: FactsRecord, made_on: Snapshot, *rules: str) -> Replay:
    """Replays what was written, with the paces of STOCK."""
    written, read = from_json(to_json(record)), facts_from_json(facts_to_json(kept))
    paces = {
        sku: {name: item.pace for name, item in nodes.items() if item.pace is not None}
        for sku, nodes in made_on.positions.items()
    }
    products = {sku: (made_on.products[sku], paces[sku]) for sku in skus_of(written, read)}
    matcher = Matcher(policies(*rules))
    try:
        return replay(written, read, caches=NetworkCaches(made_on.network), products=products, matcher=matcher)
    finally:
        matcher.close()


def verify_same(made_on: Snapshot, *rules: str, sku: str = "A", units: int = 3, **how: object) -> FactsRecord:
    """Decides an order, and replays it."""
    matcher = Matcher(policies(*rules))
    made = decide(order((sku, units), ("B", 1), place=PARIS), made_on, matcher, NOW, **how)
    matcher.close()
    kept = FactsRecord.of(made)
    record = DecisionRecord.of(made, "d1", "0.0.9", facts_to_json(kept))
    replayed = again(record, kept, made_on, *rules)
    assert replayed.logged_facts == facts_to_json(kept)
    assert replayed.body == to_json(record)
    assert replayed.decision.score == made.score
    return kept


def test_positions_without_stock_count_among_those_that_rules_acted_on():
    kept = verify_same(facts(), "when: {node.type: store}, then: {keep: 1}", "when: {stock.held: 1}, then: {keep: 2}")
    assert kept.stock["A"].empty == ["nice"]
    assert kept.stock["B"].held_of_empty == {"lyon": 1}


def test_loads_that_rules_ask_for_are_kept_in_the_order_of_the_nodes():
    loads = {"lyon": 4, "nice": 1, "elsewhere": 9, units_field("lyon"): 7}
    kept = verify_same(facts(loads=loads), CROWDED, "when: {node.type: store}, then: {daily_orders: 1}")
    assert kept.loads.shipments == [0, 4, 1]
    assert kept.loads.units == {}, "no rule limits them"
    limited = verify_same(facts(loads=loads), "when: {node.id: lyon}, then: {daily_units: 8}")
    assert limited.loads.units == {"lyon": 7}


def test_an_hour_that_is_limited_is_kept_as_well():
    busy = dataclasses.replace(facts(loads={"lyon": 4}), hourly_loads={"lyon": 2})
    kept = verify_same(busy, "when: {node.id: lyon}, then: {hourly_orders: 2}")
    assert kept.loads.hourly == [0, 2, 0]


def test_rests_are_kept_with_their_reasons_of_another_version():
    resting = {"lyon": rest(NOW + HOUR), "elsewhere": rest(NOW + HOUR)}
    kept = verify_same(facts(resting=resting), sku="A", units=9)
    assert list(kept.resting) == ["lyon"]


def test_lots_are_kept():
    stocked = snapshot(
        NODES, STOCK, services=SERVICES, lots={"A": {"lille": lots(a=(2, 1), b=(1, None)), "lyon": lots(c=(5, -1))}}
    )
    verify_same(stocked, "then: {min_shelf_life: 2}", units=9)


def test_the_instant_of_the_hold_what_is_left_and_what_was_promised_are_kept():
    kept = verify_same(facts(), held_from=NOW + 7, requested_minutes=20)
    assert kept.held_from == "2026-11-27T09:00:07Z"
    assert verify_same(facts(), held_from=NOW).held_from is not kept.held_from


def test_what_a_batch_leaves_to_others_is_taken_from_the_record():
    left = LeftToOthers(units={("A", "lyon"): 5, ("B", "nice"): 1}, loads={"lille": 1, units_field("lyon"): 3})
    rule = "when: {node.type: store}, then: {daily_orders: 1}"
    verify_same(facts(), rule, "when: {node.id: lyon}, then: {daily_units: 8}", left=left, units=9)


def remainder_of(**more: object) -> Remainder:
    whole = order(("A", 4), ("B", 2), place=PARIS)
    return Remainder(
        whole_order=whole,
        units={"1": 4},
        barred={"A": frozenset({"lyon"})},
        standing_shipments=1,
        promised=True,
        **more,
    )


def verify_follow_up(remainder: Remainder, follows: FollowsRecord, *rules: str, amends: bool = False) -> FactsRecord:
    matcher, made_on = Matcher(policies(*rules)), facts(loads={"lyon": 4}, resting={"lyon": rest(NOW + 60)})
    made = decide_remainder(remainder, made_on, matcher, NOW, held_from=NOW)
    matcher.close()
    rejecting = None if follows.node is None or amends else "lyon"
    kept = FactsRecord.of(
        made,
        policies_at=NOW + 1,
        remainder=RemainderRecord.of(remainder, made_on, amends=amends, parked=amends, rejecting=rejecting),
        rejecting={"lyon": made_on.resting["lyon"]} if rejecting else {},
    )
    record = DecisionRecord.of(made, "d2", "0.0.9", facts_to_json(kept), follows=follows, may_wait=bool(made.unfilled))
    if amends:
        record = record.as_amendment(remainder.whole_order, parked=True)
    replayed = again(record, kept, made_on, *rules)
    assert (replayed.body, replayed.logged_facts) == (to_json(record), facts_to_json(kept))
    return kept


def test_a_rejection_is_decided_again_on_the_rest_of_the_order():
    position = RejectedPosition(sku="A", node="lyon", rejected=2, counted=True, on_hand=1)
    remainder = remainder_of(rejected=(position,))
    follows = FollowsRecord(
        decision="d1",
        first="d1",
        because="rejected",
        node="lyon",
        reason="no_capacity",
        skus=["A"],
        barred=barred_record(remainder.barred),
    )
    rules = ["when: {order.units: {at_least: 5}}, then: {split_penalty: 3.00}", "then: {max_shipments: 2}"]
    kept = verify_follow_up(remainder, follows, *rules)
    assert (kept.remainder.rejecting_load, list(kept.resting)) == (4, ["lyon"])
    assert kept.remainder.barred["A"]["lyon"].on_hand == 1, "as the node counted"


def test_an_amendment_has_the_whole_order_in_its_record_and_its_units_among_the_facts():
    remainder = remainder_of()
    follows = FollowsRecord(decision="d1", first="d1", because="amended", barred=barred_record(remainder.barred))
    kept = verify_follow_up(remainder, follows, amends=True)
    assert (kept.remainder.units, kept.remainder.parked) == ({"1": 4}, True)


def test_other_policies_decide_otherwise_on_the_same_facts():
    matcher = Matcher(policies())
    made = decide(order(("A", 3), place=LYON), facts(), matcher, NOW, terms=PromiseTerms(arrives_by=NOW + 90 * HOUR))
    matcher.close()
    kept = FactsRecord.of(made)
    record = DecisionRecord.of(made, "d1", "0.0.9", facts_to_json(kept))
    other = again(record, kept, facts(), "when: {node.id: lille}, then: {exclude: true}")
    assert ([item.node for item in made.shipments], [item.node for item in other.decision.shipments]) == (
        ["lille"],
        ["lyon"],
    )
    assert other.record.policy_version != record.policy_version
