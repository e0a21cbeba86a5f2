"""`ledger check --repair` makes the ledger as the log says, and logs every repair once."""

import contextlib
import threading

import hypothesis.strategies as st
import orjson
import pytest
from hypothesis import HealthCheck, given

from engine.errors import HoldEnded
from engine.orders.amendment.plan import AmendRequest
from engine.orders.cancellation.plan import CancelRequest
from engine.service import Pointsman
from engine.settings import Settings
from engine.store.connection.client import Client
from engine.store.keys import Keys
from engine.store.log.decision_log import entries
from engine.store.reconcile.check import Check
from tests.support.decision_json import json_of
from tests.support.examples import examples
from tests.support.facts import order
from tests.support.lossy_proxy import proxy

DAMAGES = {
    "held units without a hold": lambda r, key, _: r.hset(key("held:LAMP"), "lyon", 2),
    "held units too few": lambda r, key, _: r.hincrby(key("held:RARE"), "lyon", -2),
    "held units gone": lambda r, key, _: r.delete(key("held:RARE")),
    "a hold gone": lambda r, key, name: r.delete(key(f"hold:{name}")),
    "a hold altered": lambda r, key, name: r.hset(key(f"hold:{name}"), "0", '["paris","parcel",[["RARE",1]]]'),
    "a hold that is damaged": lambda r, key, name: r.hset(key(f"hold:{name}"), "0", "?"),
    "a hold without a decision": lambda r, key, _: r.hset(key("hold:stray"), "0", '["lyon","parcel",[["RARE",2]]]'),
    "a hold of another day and caller": lambda r, key, name: r.hset(
        key(f"hold:{name}"), mapping={"day": "2020-01-01", "caller": "x", "until": "5"}
    ),
    "an expiry gone": lambda r, key, name: r.zrem(key("expiring"), name),
    "an expiry too late": lambda r, key, name: r.zadd(key("expiring"), {name: 9_999_999_999}),
    "an expiry without a hold": lambda r, key, _: r.zadd(key("expiring"), {"stray": 9_999_999_999}),
    "open holds miscounted": lambda r, key, _: r.hincrby(key("open"), "", 5),
    "open holds of a stranger": lambda r, key, _: r.hset(key("open"), "stranger", 1),
    "a load too high": lambda r, key, _: r.hincrby(key("load:2026-11-27"), "lyon", 7),
    "a load gone": lambda r, key, _: r.delete(key("load:2026-11-27")),
    "a load without a decision": lambda r, key, _: r.hset(key("load:2026-11-28"), "lyon", 3),
    "a decision out of the index": lambda r, key, name: r.hdel(key("decisions"), name),
    "a decision misplaced in the index": lambda r, key, name: r.hset(key("decisions"), name, "1-1"),
    "an order id that is free again": lambda r, key, _: r.delete(*r.keys(key("order:*"))),
    "an order out of the list": lambda r, key, _: r.delete(key("orders")),
    "an order misplaced in the list": lambda r, key, _: r.zadd(key("orders"), {r.zrange(key("orders"), 0, 0)[0]: 5}),
    "an order that nobody sent": lambda r, key, _: r.zadd(key("orders"), {"stray": 5}),
    "an order parked by nobody": lambda r, key, _: r.zadd(key("parked"), {"stray": 5}),
    "an order changed by nobody": lambda r, key, _: r.hset(r.keys(key("order:*"))[0], "changes", 3),
}


@pytest.fixture
def state(contents, key):
    """Everything stored except the log, the note of what changed, and counts of zero."""
    noted = {key(name).encode() for name in ("log", "changed")}
    return lambda: without_zeros({name: value for name, value in contents().items() if name not in noted})


def without_zeros(contents):
    return {
        name: {field: count for field, count in value.items() if count != b"0"} if isinstance(value, dict) else value
        for name, value in contents.items()
        if not (isinstance(value, dict) and set(value.values()) == {b"0"})
    }


def repairs(pointsman):
    keys = Keys(pointsman.settings.network)
    return [entry for entry in entries(pointsman._client, keys) if entry.kind == "repaired"]


@pytest.fixture
def harm(redis_client, key):
    return lambda damage, name: DAMAGES[damage](redis_client, key, name)


@pytest.mark.parametrize("damage", DAMAGES)
def test_damage_is_found_with_its_cause_repaired_and_logged(pointsman, held, state, harm, damage):
    before = state()
    harm(damage, held[0]["id"])
    audit = pointsman.check()
    assert not audit.clean
    assert all(drift.cause for drift in audit.drifts)
    repaired = pointsman.repair(who="eve").repaired
    assert repaired
    assert pointsman.check().clean
    assert state() == before
    logged = repairs(pointsman)
    assert [(entry.caller, entry.at) for entry in logged] == [("eve", pointsman.now)] * len(repaired)
    bodies = [orjson.loads(entry.body) for entry in logged]
    assert [body["what"] for body in bodies] == [drift.what for drift in repaired]
    assert all(write["before"] != write["after"] for body in bodies for write in body["writes"])


@examples(15, suppress_health_check=[HealthCheck.function_scoped_fixture])
@given(damages=st.sets(st.sampled_from(sorted(DAMAGES)), min_size=2, max_size=6))
def test_several_kinds_of_damage_are_repaired_at_once(pointsman, redis_client, network, damages):
    def name_of(name):
        return f"{{{network}}}:{name}"

    decided = json_of(pointsman.decide(order(("SHIRT", 1))))["id"]
    for damage in sorted(damages):
        DAMAGES[damage](redis_client, name_of, decided)
    pointsman.repair(who="eve")
    assert pointsman.check().clean
    assert pointsman.holds.release(decided).until is None


def test_orders_that_an_earlier_release_decided_get_their_ids_by_a_repair(pointsman, redis_client, key):
    twice = order(("SHIRT", 1), id="o")
    for _ in range(2):  # an earlier release wrote no order ids, and decided an order each time it came
        last = pointsman.decide(twice)
        redis_client.delete(key("order:o"), key("orders"))
    assert not pointsman.check().clean
    pointsman.repair(who="eve")
    assert pointsman.check().clean
    assert pointsman.orders.show("o").stored.first.id == last.id
    assert pointsman.decide(twice).id == last.id


def test_a_second_repair_finds_nothing_to_do(pointsman, held, redis_client, key, contents):
    redis_client.hincrby(key("held:RARE"), "lyon", 5)
    assert len(pointsman.repair(who="eve").repaired) == 1
    before = contents()
    assert pointsman.repair(who="eve").repaired == ()
    assert contents() == before


def test_an_undamaged_ledger_is_not_repaired(pointsman, held, contents):
    before = contents()
    assert pointsman.repair(who="eve").repaired == ()
    assert contents() == before


def test_a_hold_that_was_lost_can_be_confirmed_once_it_is_repaired(pointsman, held, redis_client, key):
    name = held[0]["id"]
    redis_client.delete(key(f"hold:{name}"))
    with pytest.raises(HoldEnded, match="ledger check"):
        pointsman.holds.confirm(name)
    pointsman.repair(who="eve")
    assert pointsman.holds.confirm(name).shipments[0].state == "confirmed"
    assert pointsman.check().clean


def test_units_on_hand_changed_by_hand_are_reported_and_left_for_a_count(pointsman, held, redis_client, key):
    pointsman.holds.confirm(held[1]["id"])
    node = held[1]["shipments"][0]["node"]
    redis_client.hincrby(key("on_hand:SHIRT"), node, 3)
    assert pointsman.repair(who="eve").repaired == ()
    (drift,) = pointsman.check().drifts
    assert (drift.what, drift.found - drift.expected) == ("units on hand", 3)
    assert "send the count" in drift.cause


def test_a_log_that_lost_an_entry_or_has_a_damaged_one_is_reported_and_nothing_is_lowered(
    pointsman, held, redis_client, key
):
    entry_id = redis_client.hget(key("decisions"), held[1]["id"])
    redis_client.xdel(key("log"), entry_id)
    damaged = redis_client.xadd(key("log"), {"kind": "decided", "id": "torn", "at": 1, "body": b"torn"})
    units = redis_client.hgetall(key("held:SHIRT"))
    redis_client.hincrby(key("held:RARE"), "lyon", -1)
    repaired = [(drift.what, drift.found, drift.expected) for drift in pointsman.repair(who="eve").repaired]
    assert ("units held", 2, 3) in repaired
    assert all(found < expected for _, found, expected in repaired)
    # what a customer was promised is still held, though the log has no entry of it any more
    assert redis_client.hgetall(key("held:SHIRT")) == units
    assert redis_client.exists(key(f"hold:{held[1]['id']}"))
    lines = [str(drift) for drift in pointsman.check().drifts]
    assert f"decision {held[1]['id']} in the log, at {entry_id.decode()}: 0 found, 1 expected" in lines
    assert f"entry {damaged.decode()} of the log that can be read: 0 found, 1 expected" in lines


def test_a_repair_whose_reply_is_lost_is_done_once(*, pointsman, redis_client, key, server_url, network, clock):
    pointsman.decide(order(("RARE", 3)))
    redis_client.hset(key("held:RARE"), "lyon", 1)
    with proxy(server_url) as lossy, Pointsman(Settings(redis_url=lossy.url, network=network), clock=clock) as worker:
        worker.check()
        lossy.lose_reply_to = b"eve"
        worker.repair(who="eve")
        assert lossy.lost_replies == 1
    assert len(repairs(pointsman)) == 1
    assert pointsman.check().clean


def test_a_drift_is_found_though_a_hold_that_ended_meanwhile_made_up_for_it(pointsman, redis_client, key, network):
    name = json_of(pointsman.decide(order(("RARE", 1))))["id"]
    with contextlib.closing(Client(pointsman._server.url)) as client:
        check = Check(client, Keys(network))
        check._read_log()
        pointsman.holds.release(name)
        redis_client.hincrby(key("held:RARE"), "lyon", 1)
        redis_client.hincrby(key("open"), "", 1)
        for compare in (check._compare_callers, check._compare_positions):
            compare()
        assert not check._suspected
        check._suspect_what_changed_late()
        drifts = list(check.recheck_all())
    assert {(drift.what, drift.expected, drift.found) for drift in drifts} >= {("units held", 0, 1)}
    assert any(drift.suspect == ("callers", "") for drift in drifts)


@pytest.mark.slow
def test_while_decisions_are_made_the_check_finds_only_what_drifted_and_repairs_it(
    pointsman, opened, redis_client, key
):
    name = json_of(pointsman.decide(order(("RARE", 1))))["id"]
    over = threading.Event()

    def work(worker):
        while not over.is_set():
            made = json_of(worker.decide(order(("SHIRT", 1), ("LAMP", 1))))["id"]
            worker.holds.release(made)

    threads = [threading.Thread(target=work, args=(opened(),)) for _ in range(3)]
    for thread in threads:
        thread.start()
    try:
        assert all(pointsman.check().clean for _ in range(4))
        for _ in range(2):
            redis_client.hincrby(key("held:SHIRT"), "lyon", 3)
            redis_client.delete(key(f"hold:{name}"))
            drifts = {drift.what for drift in pointsman.check().drifts}
            assert drifts >= {"units held", f"the hold of decision {name}"}
            pointsman.repair(who="eve")
    finally:
        over.set()
        for thread in threads:
            thread.join()
    assert pointsman.check().clean


def test_cancelled_units_are_held_against_the_log_and_repaired(pointsman, held, redis_client, key):
    order = held[0]["order"]["id"]
    line = held[0]["order"]["lines"][0]["id"]
    pointsman.cancellations.cancel(CancelRequest(order=order, lines={line: 1}))
    assert pointsman.check().clean
    for damage in ('{"1": 9}', "{", None):
        if damage is None:
            redis_client.hdel(key(f"order:{order}"), "cancelled")
        else:
            redis_client.hset(key(f"order:{order}"), "cancelled", damage)
        (drift,) = pointsman.check().drifts
        assert drift.what == f"cancelled units of order {order}"
        assert len(pointsman.repair(who="eve").repaired) == 1
        assert pointsman.check().clean
    assert redis_client.hget(key(f"order:{order}"), "cancelled") == f'{{"{line}":1}}'.encode()
    redis_client.hset(key("order:nobody"), "cancelled", '{"1": 1}')
    assert [drift.found for drift in pointsman.check().drifts] == [1]


def test_an_amended_order_is_held_against_the_log_and_repaired(pointsman, redis_client, key):
    pointsman.decide(order(("SHIRT", 2), id="O-1"))
    pointsman.amendments.amend(AmendRequest(order=order(("SHIRT", 3), id="O-1")))
    stored = redis_client.hget(key("order:O-1"), "order")
    for damage in (stored.replace(b'"quantity":3', b'"quantity":4'), b"{", None):
        if damage is None:
            redis_client.hdel(key("order:O-1"), "order")
        else:
            redis_client.hset(key("order:O-1"), "order", damage)
        (drift,) = pointsman.check().drifts
        assert drift.what == "order O-1 in the index of orders"
        assert len(pointsman.repair(who="eve").repaired) == 1
        assert pointsman.check().clean
    assert redis_client.hget(key("order:O-1"), "order") == stored
