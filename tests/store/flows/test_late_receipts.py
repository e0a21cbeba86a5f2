"""What becomes of promises on a receipt that gets late or short: they are matched again by priority, and told of."""

import dataclasses

import orjson
import pytest

from engine.actor import act_as
from engine.errors import StockConflict
from engine.events.event import START
from engine.promise_watch.progress import ProgressReport
from engine.store.flows.receipts import Receipts
from engine.store.log.decision_log import entries
from engine.store.script_keys import NOTE_OVERDUE
from engine.store.stock import Movement
from tests.conftest import activate
from tests.store.flows.conftest import DAY
from tests.support.decision_json import json_of
from tests.support.facts import HOUR, NOW, order

FROM_CONFIRMED = "then: {promise_from: confirmed}"
VIP = "when: {order.tags: {has: vip}}, then: {priority: 90}"


@pytest.fixture
def sells(shop):
    activate(shop, FROM_CONFIRMED, VIP, "then: {hold: 30 d}")
    return shop


def ordered(shop, units, **more):
    made = json_of(shop.decide(order(("A", units), **more)))
    assert made["status"] == "filled"
    return made


@pytest.fixture
def stored_risks(shop):
    """Why promises are at risk, as it is stored."""
    return lambda: shop._client.redis.hgetall(shop._keys.at_risk)


def told(shop, *types):
    return [event for event in shop.events._outbox.read(START, limit=1_000).events if event.type in types]


def chain(shop, made):
    return [link.record for link in shop.rerouting.chain(made["id"]).links]


def replays_alike(shop):
    return {item.outcome for item in shop.replays.between(None, None)} == {"identical"}


def test_a_receipt_that_gets_late_moves_its_promises_and_that_is_told_once(sells, announce, clock):
    announce()
    made = ordered(sells, 8)
    before = made["shipments"][0]["arrives_by"]
    announce(expected_at=NOW + 3 * DAY, sequence=2)
    turn = sells.flows.promise_watch.watch()
    assert [(risk.cause, risk.late) for risk in turn.raised] == [("receipt_late", True)]
    assert (turn.moved, turn.stay) == (0, 1)
    at_risk, moved = told(sells, "promise.at_risk", "promise.moved")
    assert (at_risk.data.cause, at_risk.data.expected_at) == ("receipt_late", "2026-12-02T09:00:00Z")
    assert (moved.data.arrived_by, moved.data.arrives_by) == (before, "2026-12-02T09:00:00Z")
    assert (moved.data.was, moved.data.decision) == (made["id"], made["id"])
    assert before == "2026-11-30T09:00:00Z"
    assert sells.flows.promise_watch.watch().raised == ()
    (shown,) = sells.flows.promise_watch.at_risk().shipments
    assert (shown.cause, shown.due) == ("receipt_late", NOW)
    assert sells.check(whole=True).clean


def expectations(shop):
    """When what is at risk arrives by now, as each promise.at_risk and promise.moved said in turn."""
    risks = [event.data.expected_at for event in told(shop, "promise.at_risk")]
    return risks, [event.data.arrives_by for event in told(shop, "promise.moved")]


def test_each_delay_of_a_receipt_is_told_and_matched_again(sells, announce, clock):
    announce()
    ordered(sells, 8)
    announce(expected_at=NOW + 3 * DAY, sequence=2)
    sells.flows.promise_watch.watch()
    announce(expected_at=NOW + 5 * DAY, sequence=3)  # in the same second
    turn = sells.flows.promise_watch.watch()
    assert ([risk.cause for risk in turn.raised], turn.stay) == (["receipt_late"], 1)
    assert sells.flows.promise_watch.watch().raised == ()
    clock.now += HOUR
    announce(expected_at=NOW + 4 * DAY, sequence=4)  # earlier, and still late
    turns = [sells.flows.promise_watch.watch()]
    clock.now = NOW + 5 * DAY  # nor did it come then
    turns.append(sells.flows.promise_watch.watch())
    assert [(len(turn.raised), turn.stay) for turn in turns] == [(1, 1), (1, 1)]
    days = ["2026-12-02T09:00:00Z", "2026-12-04T09:00:00Z", "2026-12-03T09:00:00Z", "2026-12-04T09:00:00Z"]
    assert expectations(sells) == (days, days)
    assert sells.check(whole=True).clean


@pytest.mark.parametrize("days", [1, 0.5])
def test_a_receipt_that_comes_in_time_after_all_is_no_risk(sells, announce, stored_risks, clock, days):
    announce()
    ordered(sells, 8)
    announce(expected_at=NOW + 3 * DAY, sequence=2)
    sells.flows.promise_watch.watch()
    announce(expected_at=NOW + int(days * DAY), sequence=3)
    assert sells.flows.promise_watch.at_risk().shipments == ()
    assert stored_risks() == {}
    assert sells.check(whole=True).clean
    clock.now += HOUR
    announce(expected_at=NOW + 3 * DAY, sequence=4)  # and late again
    assert len(sells.flows.promise_watch.watch().raised) == 1
    assert sells.check(whole=True).clean


def test_a_receipt_that_comes_later_than_last_said_and_no_later_than_promised_is_no_risk(sells, announce):
    announce(expected_at=NOW + 3 * DAY)
    ordered(sells, 8)
    announce(expected_at=NOW + DAY, sequence=2)
    announce(expected_at=NOW + 2 * DAY, sequence=3)
    assert sells.flows.promise_watch.watch().raised == ()
    assert sells.flows.promise_watch.at_risk().shipments == ()
    announce(expected_at=NOW + 4 * DAY, sequence=4)
    assert len(sells.flows.promise_watch.watch().raised) == 1
    assert sells.check(whole=True).clean


def test_slack_is_kept_when_the_receipt_is_late(shop, announce):
    activate(shop, FROM_CONFIRMED, "then: {slack: 1 day, hold: 30 d}")
    announce()
    made = ordered(shop, 8)
    assert made["shipments"][0]["arrives_by"] == "2026-12-01T09:00:00Z"
    announce(expected_at=NOW + 3 * DAY, sequence=2)
    shop.flows.promise_watch.watch()
    (moved,) = told(shop, "promise.moved")
    assert moved.data.arrives_by == "2026-12-03T09:00:00Z"


def test_free_units_go_to_the_highest_priority_first(sells, announce, clock):
    announce()
    usual, vip = ordered(sells, 4), ordered(sells, 5, tags=frozenset({"vip"}))
    assert usual["shipments"][0].get("ready_at") is None  # the five on hand were for the first
    other = ordered(sells, 3)
    assert vip["shipments"][0]["ready_at"] == other["shipments"][0]["ready_at"]
    announce(expected_at=NOW + 3 * DAY, sequence=2)
    sells.stock.move([Movement(op="found", sku="A", node="paris", delta=5)])
    turn = sells.flows.promise_watch.watch()
    assert (len(turn.raised), turn.moved, turn.stay) == (2, 1, 1)
    _, matched = chain(sells, vip)
    assert [item.node for item in matched.shipments] == ["paris"]
    assert matched.follows.late.cause == "receipt_late"
    assert len(chain(sells, other)) == 1
    moved = {event.data.was: event.data for event in told(sells, "promise.moved")}
    assert moved[vip["id"]].decision == matched.id
    assert moved[vip["id"]].arrives_by == "2026-11-29T09:00:00Z"
    assert moved[other["id"]].decision == other["id"]
    assert sells.flows.inbound.find("PO-1").promised == 3
    assert replays_alike(sells)
    assert sells.check(whole=True).clean


def test_the_units_of_another_receipt_serve_what_a_short_one_lacks(sells, announce, receive, clock):
    announce()
    announce("PO-2", expected_at=NOW + 2 * DAY, quantity=6)
    sells.holds.confirm(ordered(sells, 5)["id"])  # what was on hand
    usual, vip = ordered(sells, 4), ordered(sells, 3, tags=frozenset({"vip"}))
    clock.now = NOW + DAY
    receive(5, closes=True)
    turn = sells.flows.promise_watch.watch()
    assert [(risk.shipment.decision, risk.cause) for risk in turn.raised] == [(usual["id"], "receipt_short")]
    assert (turn.moved, turn.stay) == (1, 0)
    _, matched = chain(sells, usual)
    assert matched.shipments[0].lines[0].receipts[0].receipt == "PO-2"
    (moved,) = told(sells, "promise.moved")
    assert (moved.data.arrived_by, moved.data.arrives_by) == (None, "2026-12-01T09:00:00Z")
    assert sells.holds.state(vip["id"]).shipments[0].state == "held"
    assert sells.flows.promise_watch.at_risk().shipments == ()
    assert replays_alike(sells)
    assert sells.check(whole=True).clean


def test_a_cancelled_receipt_is_told_and_what_nothing_serves_stays(sells, announce):
    announce()
    made = ordered(sells, 8)
    announce(status="cancelled", sequence=2)
    turn = sells.flows.promise_watch.watch()
    assert [(risk.cause, risk.expected) for risk in turn.raised] == [("receipt_short", None)]
    assert turn.stay == 1
    (moved,) = told(sells, "promise.moved")
    assert moved.data.arrives_by is None
    assert len(chain(sells, made)) == 1


def test_what_has_arrived_after_all_is_at_risk_no_more(sells, announce, receive, clock):
    announce()
    ordered(sells, 8)
    assert sells.flows.promise_watch.at_risk().shipments == ()
    announce(expected_at=NOW + 2 * DAY, sequence=2)
    assert len(sells.flows.promise_watch.at_risk().shipments) == 1
    clock.now = NOW + HOUR
    receive(10)
    assert sells.flows.promise_watch.at_risk().shipments == ()
    assert sells.flows.promise_watch.watch().raised == ()


def test_a_shipment_that_waits_has_milestones_from_when_its_goods_are_there(sells, announce):
    announce()
    made = ordered(sells, 8)
    (risk,) = sells.flows.promise_watch.at_risk(within=60 * 24 * 30).shipments
    assert risk.shipment.decision == made["id"]
    assert dataclasses.asdict(risk.shipment)["ready_at"] == NOW + DAY
    # it is there on the 30th, by the last minute of the day in Paris
    assert risk.shipment.milestones["handed_over"] == NOW + DAY + 13 * HOUR + 59 * 60
    assert risk.cause == "not_handed_over"


def test_nobody_picks_what_is_still_to_come(sells, announce, receive):
    announce()
    made = ordered(sells, 8)

    def report(milestone):
        sells.flows.promise_watch.report(ProgressReport(decision=made["id"], number=0, milestone=milestone))

    report("released")
    for milestone in ("picked", "packed", "handed_over"):
        with pytest.raises(StockConflict, match="still to come to lyon, by receipt 'PO-1', which is expected at"):
            report(milestone)
    receive(10)
    report("packed")
    assert [event.data.milestone for event in told(sells, "shipment.progressed")] == ["released", "packed"]


def test_what_stands_on_a_receipt_that_did_not_come_in_time_is_at_risk_and_matched_again(sells, announce, clock):
    announce()
    sells.holds.confirm(ordered(sells, 5)["id"])  # what was on hand
    usual, vip = ordered(sells, 4), ordered(sells, 3, tags=frozenset({"vip"}))
    clock.now = NOW + DAY
    sells.stock.move([Movement(op="found", sku="A", node="paris", delta=3)])
    turn = sells.flows.promise_watch.watch()
    assert {risk.cause for risk in turn.raised} == {"receipt_late"}
    assert (len(turn.raised), turn.moved, turn.stay) == (2, 1, 1)
    _, matched = chain(sells, vip)
    assert [item.node for item in matched.shipments] == ["paris"]
    (shown,) = sells.flows.promise_watch.at_risk(cause="receipt_late").shipments
    assert (shown.shipment.decision, shown.due) == (usual["id"], clock.now)
    assert shown.expected == clock.now + 2 * DAY, "as if it came now"
    clock.now += HOUR
    (shown,) = sells.flows.promise_watch.at_risk(cause="receipt_late").shipments
    assert shown.expected == clock.now + 2 * DAY
    assert sells.flows.promise_watch.watch().raised == ()
    assert [event.data.receipt for event in told(sells, "inbound.late")] == ["PO-1"]
    assert replays_alike(sells)
    assert sells.check(whole=True).clean


def test_what_came_late_is_at_risk_no_more(sells, announce, receive, clock):
    announce()
    ordered(sells, 8)
    clock.now = NOW + DAY
    assert len(sells.flows.promise_watch.at_risk(cause="receipt_late").shipments) == 1
    receive(10)
    assert sells.flows.promise_watch.at_risk(cause="receipt_late").shipments == ()
    assert sells.check(whole=True).clean


def test_who_lists_or_reads_what_is_late_does_not_sign_that_it_is(sells, announce, clock):
    announce()
    announce("PO-2", expected_at=NOW + 2 * DAY)
    act_as("reader", through="http")
    try:
        clock.now = NOW + DAY
        sells.flows.promise_watch.at_risk()
        clock.now = NOW + 2 * DAY
        told(sells)
        sells.events.log_what_is_due()
    finally:
        act_as("")
    noted = [entry for entry in entries(sells._client, sells._keys) if entry.kind == "overdue"]
    assert [(entry.decision, entry.by) for entry in noted] == [("PO-1", ""), ("PO-2", "")]


def test_a_worker_notes_what_is_late_though_nobody_reads_events(sells, announce, clock):
    announce()
    clock.now = NOW + DAY
    sells.flows.promise_watch._take_turn()
    noted = [entry for entry in entries(sells._client, sells._keys) if entry.kind == "overdue"]
    assert [entry.decision for entry in noted] == ["PO-1"]


def test_slack_counts_from_now_where_the_receipt_is_overdue(shop, announce, clock):
    activate(shop, FROM_CONFIRMED, "then: {slack: 1 day, hold: 30 d}")
    announce()
    shop.holds.confirm(ordered(shop, 5)["id"])  # what was on hand
    ordered(shop, 3)
    clock.now = NOW + DAY + HOUR
    (shown,) = shop.flows.promise_watch.at_risk(cause="receipt_late").shipments
    assert shown.expected == clock.now + 3 * DAY


def test_a_receipt_that_is_expected_later_by_the_time_it_is_noted_is_not_overdue(sells, announce, clock):
    announce()
    keys = sells._keys
    request = {"now": str(NOW), "receipts": ["PO-1", "gone"], "skus": ["A"]}
    script, script_keys = Receipts(sells._client, keys)._note_overdue, [(keys.receipts("A"), keys.pegs("A"))]
    assert script(keys=NOTE_OVERDUE.keys(keys, script_keys), args=[orjson.dumps(request)]) == 0
    assert [entry for entry in entries(sells._client, keys) if entry.kind == "overdue"] == []
    assert sells.check(whole=True).clean
