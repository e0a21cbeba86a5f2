"""What is promised is watched: progress is taken in, what is about to miss a milestone is listed, and raised once."""

import dataclasses

import orjson
import pytest

from engine.errors import HoldEnded, InputInvalid, KeyReused, NotFound
from engine.promise_watch import at_risk, promise_watch
from engine.promise_watch.progress import ProgressReport
from engine.promise_watch.promised_shipments import PromisedShipments
from engine.store.flows.promise_index import Due, PromiseIndex
from engine.store.log.decision_log import entries
from tests.conftest import activate
from tests.support.clocks import hours
from tests.support.decision_json import json_of
from tests.support.facts import HOUR, LILLE, LYON, NOW, inventory, node, order, service
from tests.support.wait_until import wait_until

DAY = 24 * HOUR
SHARES = {"released": 0, "picked": 5_000, "packed": 8_000}
"""Of three hours of preparation: 90 and 144 minutes."""


def warehouses(**of_lyon):
    """Both take three hours to prepare; Lyon reports its milestones, and costs less."""
    lyon = node("lyon", LYON, preparation=180, milestones=SHARES, **of_lyon)
    lille = node("lille", LILLE, preparation=180, handling=1_000_000)
    services = [service(transit=((2_000_000, 24 * 60),))]
    return inventory([lyon, lille], {"A": {"lyon": 50, "lille": 50}}, services=services)


@pytest.fixture
def shop(bare):
    bare.load(warehouses())
    activate(bare)
    return bare


def ordered(shop, promise=NOW + 2 * DAY, **more):
    """The id of the decision of an order that is promised by then."""
    return json_of(shop.decide(order(("A", 1), promise_by=promise, **more)))["id"]


def report(shop, decision, milestone, *, at=None, number=0, op=None):
    return shop.flows.promise_watch.report(
        ProgressReport(decision=decision, number=number, milestone=milestone, at=at, op=op)
    )


def listed(shop, **more):
    """(decision, cause) of what is at risk."""
    page = shop.flows.promise_watch.at_risk(**more)
    return [(risk.shipment.decision, risk.cause) for risk in page.shipments]


def raised(shop):
    return [
        (entry.decision, entry.details["cause"])
        for entry in entries(shop._client, shop._keys)
        if entry.kind == "promise_at_risk"
    ]


def test_a_shipment_is_at_risk_of_its_next_milestone_until_that_is_passed(shop, clock):
    # to arrive in 48 hours, it has to be handed over in 24, packed 36 minutes before, picked 90 before, released in 21
    decision = ordered(shop)
    release = NOW + 21 * HOUR
    assert listed(shop, within=21 * 60 - 1) == []
    assert listed(shop, within=21 * 60) == [(decision, "not_released")]
    shown = report(shop, decision, "released")
    assert dict(shown.milestones) == {
        "released": release,
        "picked": release + 90 * 60,
        "packed": release + 144 * 60,
        "handed_over": release + 3 * HOUR,
    }
    assert listed(shop, within=22 * 60 + 30) == [(decision, "not_picked")]
    report(shop, decision, "packed")
    assert listed(shop, within=24 * 60 - 1) == []
    assert listed(shop, within=24 * 60) == [(decision, "not_handed_over")]
    clock.now += 23 * HOUR
    shown = report(shop, decision, "picked", at=NOW)  # told out of order
    assert (shown.next, shown.due) == ("handed_over", NOW + 24 * HOUR)
    report(shop, decision, "handed_over")
    assert listed(shop, within=30 * 24 * 60) == []
    assert shop.check(whole=True).clean


def test_what_left_or_was_let_go_is_at_risk_no_more(shop):
    kept, confirmed, released, undone = (ordered(shop) for _ in range(4))
    assert len(listed(shop, within=24 * 60)) == 4
    shop.holds.confirm(confirmed)
    shop.holds.release(released)
    shop.holds.confirm(undone)
    assert listed(shop, within=24 * 60) == [(kept, "not_released")]
    shop.holds.undo(undone)
    assert {name for name, _ in listed(shop, within=24 * 60)} == {kept, undone}


def test_a_promise_at_risk_is_raised_once_for_each_cause(shop, clock):
    decision = ordered(shop)
    watch = shop.flows.promise_watch
    clock.now += 21 * HOUR - 31 * 60
    assert watch.watch().raised == ()
    clock.now += 60
    assert [risk.cause for risk in watch.watch().raised] == ["not_released"]
    assert watch.watch().raised == ()
    report(shop, decision, "released")
    clock.now += 2 * HOUR
    assert [risk.cause for risk in watch.watch().raised] == ["not_picked"]
    clock.now += HOUR
    assert watch.watch().raised == ()  # the next milestone is due, but it is the one before that was not passed
    report(shop, decision, "packed")
    assert [risk.cause for risk in watch.watch().raised] == ["not_handed_over"]
    assert raised(shop) == [(decision, "not_released"), (decision, "not_picked"), (decision, "not_handed_over")]
    assert shop.check(whole=True).clean


def test_a_node_that_says_nothing_of_milestones_only_hands_over_until_it_reports_one(shop, clock):
    bare = ordered(shop, place=LILLE)
    record = shop.decision(bare).record
    assert record.shipments[0].node == "lyon"
    shop.load(inventory([node("lyon", LYON, preparation=180)], {"A": {"lyon": 50}}))
    assert listed(shop, within=60 * 24) == [(bare, "not_handed_over")]
    report(shop, bare, "released")
    assert listed(shop, within=60 * 24) == [(bare, "not_picked")]


def test_other_hours_of_the_node_move_the_milestones(shop, clock):
    decision = ordered(shop)
    assert listed(shop, within=20 * 60) == []
    # from 8 to 20 o'clock in Paris, and closed over the weekend: it is to be released by 17 o'clock today
    shop.load(warehouses(hours=hours("08:00-20:00", saturday=[], sunday=[])))
    assert listed(shop, within=7 * 60 - 1) == []
    assert listed(shop, within=7 * 60) == [(decision, "not_released")]


def test_reports_of_what_is_not_there_or_can_not_be_are_refused(shop, clock):
    decision = ordered(shop)
    with pytest.raises(NotFound, match="its shipments are 0 to 0"):
        report(shop, decision, "picked", number=1)
    with pytest.raises(NotFound):
        report(shop, "unknown", "picked")
    with pytest.raises(InputInvalid):
        report(shop, decision, "picked", at=NOW - HOUR)
    with pytest.raises(InputInvalid):
        report(shop, decision, "picked", at=NOW + HOUR)
    report(shop, decision, "picked", op="one")
    report(shop, decision, "picked", op="one")
    with pytest.raises(KeyReused):
        report(shop, decision, "packed", op="one")
    assert [entry.details for entry in entries(shop._client, shop._keys) if entry.kind == "progressed"] == [
        {"shipment": 0, "milestone": "picked", "passed_at": NOW}
    ]
    shop.holds.confirm(decision)
    with pytest.raises(HoldEnded, match="not held any more"):
        report(shop, decision, "packed")
    other = ordered(shop)
    clock.now += 90 * DAY
    with pytest.raises(HoldEnded):
        report(shop, other, "packed")
    assert shop.check(whole=True).clean


def test_the_list_comes_in_pages_the_first_to_be_due_first(shop):
    decisions = [ordered(shop, promise=NOW + 2 * DAY + number * 60) for number in range(7)]
    found, after = [], None
    while True:
        page = shop.flows.promise_watch.at_risk(within=24 * 60, limit=3, after=after)
        found += [risk.shipment.decision for risk in page.shipments]
        after = page.after
        if after is None:
            break
    assert found == decisions
    assert listed(shop, within=24 * 60, node="lille") == []
    assert listed(shop, within=24 * 60, cause="not_picked") == []
    assert len(listed(shop, within=24 * 60, node="lyon", cause="not_released")) == 7


def test_a_page_reads_no_more_shipments_than_it_has(shop, monkeypatch):
    for number in range(7):
        ordered(shop, promise=NOW + 2 * DAY + number * 60)
    assert len(listed(shop, within=24 * 60)) == 7  # the index is made
    read, real = [], PromisedShipments.find
    monkeypatch.setattr(at_risk, "_AT_LEAST", 2)
    monkeypatch.setattr(
        PromisedShipments, "find", lambda its, keys: read.append(asked := list(keys)) or real(its, asked)
    )
    page = shop.flows.promise_watch.at_risk(within=24 * 60, limit=3)
    assert len(page.shipments) == 3
    assert list(map(len, read)) == [3]


def test_the_index_can_be_made_anew(shop, redis_client):
    decisions = [ordered(shop, promise=NOW + 2 * DAY + number * 60) for number in range(3)]
    report(shop, decisions[0], "released")
    before = listed(shop, within=30 * 60)
    keys = shop._keys
    redis_client.delete(keys.promises, keys.promises_unraised, keys.promises_read)
    assert listed(shop, within=30 * 60) == before
    assert len(before) == 3


def test_what_is_changed_beside_the_log_of_a_promise_is_found_and_repaired(shop, redis_client):
    decision = ordered(shop)
    report(shop, decision, "released")
    key = shop._keys.hold(decision)
    stored = redis_client.hget(key, "promise 0")
    assert orjson.loads(stored) == {"passed": {"released": NOW}}
    redis_client.hdel(key, "promise 0")
    assert [drift.what for drift in shop.check(whole=True).drifts] == [f"the promise 0 of hold {decision}"]
    shop.repair(who="ada")
    assert redis_client.hget(key, "promise 0") == stored
    assert shop.check(whole=True).clean


def test_of_two_processes_that_read_the_log_at_once_one_changes_the_index(shop):
    ordered(shop)
    listed(shop)
    index = PromiseIndex(shop._client, shop._keys)
    before = index.state()
    after = dataclasses.replace(before, cursor="9-9")
    late = Due(decision="x", number=0, at=NOW, unraised=True)
    assert index.change(before, after=after, dues=())
    assert not index.change(before, after=before, dues=[late])
    assert list(index.due(until=NOW)) == [[]]
    assert index.state() == after


def test_one_worker_has_its_turn_at_a_time(opened, shop, clock):
    first = ordered(shop)
    clock.now += 22 * HOUR
    shop.flows.promise_watch._take_turn()
    second = ordered(shop, promise=clock.now + 27 * HOUR)
    opened().flows.promise_watch._take_turn()
    assert raised(shop) == [(first, "not_released")]
    opened().flows.promise_watch.watch()
    assert [decision for decision, _ in raised(shop)] == [first, second]


def test_a_worker_watches_until_it_is_closed(opened, shop, monkeypatch):
    monkeypatch.setattr(promise_watch, "TURN_SECONDS", 0.01)
    decision = ordered(shop, promise=NOW + DAY + 180 * 60)
    worker = opened()
    worker.flows.promise_watch.start()
    wait_until(lambda: raised(shop), "the promise is raised")
    worker.close()
    assert raised(shop) == [(decision, "not_released")]
