"""Damaged units are there and may not be sold: they are blocked, until they are on hand again or written off."""

import pytest
from msgspec import UNSET
from msgspec.structs import replace

from engine.orders.rejection import RejectionRequest
from engine.store.entry_codec.codec import encode
from engine.store.log.stored_entry import parse_entry
from engine.store.outcomes import BlockedTooLow, MovementApplied, MovementIdReused, MovementRepeated, StockTooLow
from engine.store.reconcile.log_replay import LogReplay
from engine.store.stock import Count, Movement, Stamp
from tests.conftest import activate
from tests.support.decision_json import json_of
from tests.support.facts import LYON, inventory, node, order

SHOPS = [node("lyon", LYON), node("lille")]


@pytest.fixture
def shop(bare):
    """Five of A in Lyon, of which a decision holds three that turn out to be damaged."""
    bare.load(inventory(SHOPS, {"A": {"lyon": 5}}))
    activate(bare)
    name = json_of(bare.decide(order(("A", 3))))["id"]
    bare.rerouting.reject(RejectionRequest(decision=name, node="lyon", reason="damaged"))
    return bare


def move(shop, op, delta, blocked, **more):
    (outcome,) = shop.stock.move([Movement(op=op, node="lyon", sku="A", delta=delta, blocked=blocked, **more)])
    return outcome


def there(shop):
    """On hand, held, blocked and free to any channel, in Lyon."""
    (item,) = shop.stock.show("A").nodes
    return item.position.on_hand, item.position.held, item.blocked, item.free["*"]


def test_damaged_units_are_blocked_and_free_to_nobody(shop):
    assert there(shop) == (2, 0, 3, 2)
    assert shop.availability("A", "web").free == 2
    assert json_of(shop.decide(order(("A", 3), id="next")))["unfilled"][0]["quantity"] == 1
    assert shop.check().clean


def test_a_movement_brings_blocked_units_back_to_sale(shop):
    assert move(shop, "1", 2, -2, reason="repaired") == MovementApplied(on_hand=4, blocked=1)
    assert move(shop, "1", 2, -2, reason="repaired") == MovementRepeated(on_hand=4, blocked=1)
    assert move(shop, "1", 2, 0) == MovementIdReused(on_hand=4, blocked=1)
    assert there(shop) == (4, 0, 1, 4)
    assert shop.check().clean


def test_a_movement_writes_blocked_units_off_and_blocks_others(shop, redis_client, network):
    assert move(shop, "1", 0, -3, reason="scrapped") == MovementApplied(on_hand=2, blocked=0)
    assert redis_client.exists(f"{{{network}}}:blocked:A") == 0
    assert move(shop, "2", -1, 1) == MovementApplied(on_hand=1, blocked=1)
    assert shop.check().clean


def test_no_fewer_than_none_are_blocked(shop, contents):
    before = contents()
    assert move(shop, "1", 4, -4) == BlockedTooLow(on_hand=2, blocked=3)
    assert move(shop, "2", -3, 3) == StockTooLow(on_hand=2, blocked=3)
    assert contents() == before


def test_blocked_units_stay_blocked_when_the_network_is_loaded_and_counted(shop, clock):
    shop.load(inventory(SHOPS, {"B": {"lyon": 5}, "A": {}}))
    assert there(shop) == (0, 0, 3, 0), "a place that has nothing else of it is shown"
    shop.stock.set_count(Count(node="lyon", sku="A", on_hand=9, stamp=Stamp(kind="s", number=1)))
    assert there(shop) == (9, 0, 3, 9)
    audit = shop.check()
    assert (audit.clean, audit.blocked) == (True, 3)


def test_a_later_count_has_the_damaged_units_as_gone_from_sale_and_an_earlier_one_has_not(bare, clock):
    bare.load(inventory(SHOPS, {"A": {"lyon": 5}}))
    activate(bare)
    name, start = json_of(bare.decide(order(("A", 3))))["id"], clock.now
    clock.now += 60
    bare.rerouting.reject(RejectionRequest(decision=name, node="lyon", reason="damaged"))
    for seconds, on_hand in ((30, 20 - 3), (60, 20)):
        stamp = Stamp(kind="t", number=(start + seconds) * 1_000_000)
        bare.stock.set_count(Count(node="lyon", sku="A", on_hand=20, stamp=stamp))
        assert there(bare)[:3] == (on_hand, 0, 3)
    assert bare.check().clean


def test_what_is_blocked_otherwise_than_by_the_log_is_a_drift_that_can_be_repaired(shop, redis_client, network):
    redis_client.hset(f"{{{network}}}:blocked:A", "lyon", 1)
    redis_client.hset(f"{{{network}}}:blocked:A", "lille", 4)
    assert [str(drift) for drift in shop.check().drifts] == [
        "A at lille: units blocked: 4 found, 0 expected",
        "A at lyon: units blocked: 1 found, 3 expected",
    ]
    shop.repair(who="eve")
    assert shop.check().clean
    assert there(shop) == (2, 0, 3, 2)


def test_the_log_of_an_earlier_release_blocked_nothing(shop, redis_client, network):
    replayed = {}
    for blocks in (True, UNSET):
        replay = LogReplay()
        for entry_id, fields in redis_client.xrange(f"{{{network}}}:log"):
            if fields[b"kind"] == b"rejected":
                body = replace(parse_entry(entry_id, fields).rejection, blocks=blocks)
                fields[b"body"] = encode(body.encode())
            replay.add((entry_id, fields))
        replayed[blocks] = dict(replay.stock.blocked)
    assert replayed == {True: {("A", "lyon"): 3}, UNSET: {}}
