"""`ledger check` finds every difference between the ledger and the log, and changes nothing."""

import orjson
import pytest

from engine.errors import NotReady
from engine.store.entry_codec.codec import encode
from tests.support.clocks import date
from tests.support.facts import order
from tests.support.order_json import shipped_units
from tests.support.stored_bodies import stored_entry


def drifts(pointsman):
    return [str(drift) for drift in pointsman.check().drifts]


def test_an_undamaged_ledger_is_clean_and_its_sums_agree(pointsman, held):
    audit = pointsman.check()
    assert audit.clean
    assert (audit.decisions, audit.orders, audit.positions, audit.on_hand) == (2, 2, 8, 35)
    assert audit.shipped == audit.held == sum(map(shipped_units, held)) == 8
    assert audit.ended == 0


def test_a_check_changes_nothing(pointsman, held, contents):
    before = contents()
    pointsman.check()
    assert contents() == before


def test_a_network_without_facts_and_log_is_not_called_clean(bare):
    with pytest.raises(NotReady, match="has no facts yet"):
        bare.check()


@pytest.mark.parametrize("by", [1, -1])
def test_a_count_of_held_units_changed_by_hand_is_found(pointsman, held, redis_client, key, by):
    redis_client.hincrby(key("held:RARE"), "lyon", by)
    lines = drifts(pointsman)
    assert f"RARE at lyon: units held: {3 + by} found, 3 expected" in lines
    assert ("RARE at lyon: more held than on hand: 4 found, 3 expected" in lines) is (by == 1)


@pytest.mark.parametrize("day", [None, date("2026-12-10")], ids=["held", "reserved later"])
def test_units_of_an_order_that_are_in_two_states_by_the_log_are_found(pointsman, redis_client, key, day):
    made = pointsman.decide(order(("RARE", 3), id="o", deliver_on=day))
    body = encode(orjson.dumps({"order": "o", "units": {"1": 2}}))
    redis_client.xadd(key("log"), {"kind": "queued", "id": "another", "at": 1, "body": body})
    redis_client.hset(key("order:o"), "changes", 1)
    assert drifts(pointsman) == [
        f"units in two states of the order whose first decision is {made.id}: 2 found, 0 expected"
    ]


def test_units_held_without_a_hold_are_found(pointsman, held, redis_client, key):
    redis_client.hincrby(key("held:LAMP"), "lyon", 1)
    redis_client.hincrby(key("held:ÉTÉ 日本 ☂"), "paris", 1)
    assert drifts(pointsman) == [
        "LAMP at lyon: units held: 1 found, 0 expected",
        "ÉTÉ 日本 ☂ at paris: units held: 1 found, 0 expected",
        "ÉTÉ 日本 ☂ at paris: more held than on hand: 1 found, 0 expected",
    ]


def test_a_count_that_was_deleted_is_found(pointsman, held, redis_client, key):
    redis_client.delete(key("held:RARE"))
    assert drifts(pointsman) == ["RARE at lyon: units held: 0 found, 3 expected"]


def test_a_hold_that_was_deleted_is_found(pointsman, held, redis_client, key):
    redis_client.delete(key(f"hold:{held[0]['id']}"))
    assert drifts(pointsman) == [f"the hold of decision {held[0]['id']}: 0 found, 3 expected"]


def test_a_hold_that_was_deleted_with_its_units_is_found(pointsman, held, redis_client, key):
    redis_client.delete(key(f"hold:{held[0]['id']}"), key("held:RARE"))
    assert drifts(pointsman) == [
        f"the hold of decision {held[0]['id']}: 0 found, 3 expected",
        "RARE at lyon: units held: 0 found, 3 expected",
    ]


def test_a_hold_that_is_stored_after_the_log_ended_it_is_found(pointsman, held, redis_client, key):
    redis_client.xadd(key("log"), {"kind": "expired", "id": held[0]["id"], "at": 1})
    assert drifts(pointsman) == [
        f"hold {held[0]['id']} without a decision: 3 found, 0 expected",
        "open holds of caller '': 2 found, 1 expected",
        "RARE at lyon: units held: 3 found, 0 expected",
        "shipments of lyon on 2026-11-27: 2 found, 1 expected",
        f"endings of the shipments of decision {held[0]['id']}: 0 found, 1 expected",
    ]


def test_a_hold_changed_by_hand_is_found(pointsman, held, redis_client, key):
    name = held[0]["id"]
    redis_client.hset(key(f"hold:{name}"), "0", orjson.dumps(["lyon", "parcel", [["RARE", 2]]]))
    assert drifts(pointsman) == [f"the hold of decision {name}: 2 found, 3 expected"]


def test_a_hold_moved_to_another_position_is_found(pointsman, held, redis_client, key):
    name = held[0]["id"]
    redis_client.hset(key(f"hold:{name}"), "0", orjson.dumps(["lyon", "parcel", [["LAMP", 3]]]))
    assert drifts(pointsman) == [f"the hold of decision {name}: 3 found, 3 expected"]


def test_a_hold_without_a_decision_is_found(pointsman, held, redis_client, key):
    redis_client.hset(key("hold:stray"), "0", orjson.dumps(["lyon", "parcel", [["RARE", 2]]]))
    assert drifts(pointsman) == ["hold stray without a decision: 2 found, 0 expected"]


def test_stock_counted_below_what_is_held_is_reported_and_no_drift(pointsman, held, redis_client, key):
    redis_client.hset(key("on_hand:RARE"), "lyon", 1)
    assert drifts(pointsman) == []
    assert pointsman.check().short == 2


@pytest.fixture
def below_the_floor(held, redis_client, key):
    """The log says that a safety stock of two was on the three RARE when the first decision took them all."""
    decision = held[0]["id"]
    entry_id = redis_client.hget(key("decisions"), decision)
    ((_, fields),) = redis_client.xrange(key("log"), entry_id, entry_id)
    assert fields[b"stood"] == b"3 0 0"
    later = redis_client.xrange(key("log"), b"(" + entry_id, "+")
    redis_client.delete(key("log"))
    redis_client.xadd(key("log"), {**fields, b"stood": b"3 0 2"}, id=entry_id)
    for later_id, others in later:
        redis_client.xadd(key("log"), others, id=later_id)
    return decision


def test_facts_that_are_not_those_which_their_decision_names_are_found(pointsman, held, redis_client, network, key):
    every = redis_client.xrange(key("log"))
    at = next(index for index, (_, fields) in enumerate(every) if fields[b"kind"] == b"decided")
    (first, fields), later = every[at], every[at + 1 :]
    entry = stored_entry(redis_client, network, first, fields)
    body, facts = entry.body, entry.logged_facts
    redis_client.delete(key("log"))
    for others, changed in ((facts.replace(b'"held":[0', b'"held":[1'), True), (b"", True), (facts, False)):
        redis_client.xadd(key("log"), {**fields, b"body": encode(body, others)}, id=first)
        for entry_id, others_fields in later:
            redis_client.xadd(key("log"), others_fields, id=entry_id)
        found = f"entry {first.decode()} of the log that can be read: 0 found, 1 expected"
        assert (others != facts, drifts(pointsman)) == (changed, [found] if changed else [])
        redis_client.delete(key("log"))


def test_units_taken_below_the_floor_are_found_and_no_repair_gives_them_back(pointsman, below_the_floor, contents):
    (drift,) = pointsman.check().drifts
    assert str(drift) == "RARE at lyon: units taken of those free above the floor: 3 found, 1 expected"
    assert drift.cause == (
        f"decision {below_the_floor} took units that safety stock or a protection kept back;"
        " to end this drift, release its hold"
    )
    before = contents()
    assert pointsman.repair(who="eve").repaired == ()
    assert contents() == before


@pytest.mark.parametrize("ends", ["release", "confirm"])
def test_units_taken_below_the_floor_are_no_drift_once_they_are_held_no_more(pointsman, below_the_floor, ends):
    getattr(pointsman.holds, ends)(below_the_floor)
    assert drifts(pointsman) == []


def test_a_hold_that_will_never_expire_is_found(pointsman, held, redis_client, key):
    redis_client.zrem(key("expiring"), held[0]["id"])
    assert drifts(pointsman) == [f"hold {held[0]['id']} never expires: 3 found, 0 expected"]


def test_a_hold_that_expired_is_no_drift(pointsman, held, clock):
    clock.now += 3 * 86_400
    pointsman.ready()  # reads a snapshot, which ends what has expired
    audit = pointsman.check()
    assert audit.clean
    assert (audit.held, audit.shipped, audit.ended) == (0, 8, 8)


@pytest.mark.slow
def test_a_log_longer_than_a_batch_is_read_whole_and_once(pointsman, redis_client, key):
    for _ in range(1_001):
        pointsman.decide(order(("NONE", 1)))
    pointsman.decide(order(("RARE", 1)))
    audit = pointsman.check()
    assert (audit.clean, audit.decisions, audit.shipped) == (True, 1_002, 1)
