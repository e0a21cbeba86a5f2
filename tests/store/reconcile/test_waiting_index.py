"""`ledger check` compares the index of who waits for what with the backlog, and its repair lets waiting go on."""

import pytest

from engine.orders.decision_request import Decided, DecisionRequest, whole_order
from engine.store.stock import Movement
from tests.conftest import activate
from tests.support.decision_json import json_of
from tests.support.facts import HOUR, LYON, inventory, node, order

DAMAGES = {
    "an entry is not in it": lambda r, key, rank: r.zrem(key("waiting"), f"{key('on_hand:A')}\n{rank}"),
    "all of it is gone": lambda r, key, _: r.delete(key("waiting")),
    "it has an entry at another rank": lambda r, key, rank: r.zadd(
        key("waiting"), {f"{key('on_hand:A')}\n000{rank[3:]}": 0}
    ),
    "it has a decision that does not wait": lambda r, key, rank: r.zadd(
        key("waiting"), {f"{key('on_hand:B')}\n{rank}x": 0}
    ),
    "an instant is gone": lambda r, key, _: r.delete(key("due")),
    "an instant is another": lambda r, key, _: r.zincrby(key("due"), 7, _later(r, key)),
    "an instant is that of nobody": lambda r, key, _: r.zadd(key("due"), {"stray": 5}),
}


def _later(redis_client, key):
    ((decision, _),) = redis_client.zrange(key("due"), 0, -1, withscores=True)
    return decision


@pytest.fixture
def shop(bare, clock):
    """Two wait for A, which there is none of: one at once, one from an hour later on."""
    bare.load(inventory([node("lyon", LYON)], {"A": {"lyon": 0}, "B": {"lyon": 1}}))
    activate(bare)
    bare.decide(order(("A", 1), ("B", 2), id="now"), wait=True)
    later = DecisionRequest(
        remainder=whole_order(order(("A", 1), id="later")),
        instant=clock.now,
        caller="",
        most_holds=None,
        waits=True,
        not_before=clock.now + HOUR,
    )
    assert isinstance(bare._decide_and_commit.run(later), Decided)
    return bare


@pytest.mark.parametrize("damage", DAMAGES)
def test_what_differs_is_found_and_repaired(shop, redis_client, key, damage):
    assert shop.check().clean
    names = (key("waiting"), key("due"))
    before = [redis_client.zrange(name, 0, -1, withscores=True) for name in names]
    (rank,) = {place.entry.rank for place in shop.backlog.page(limit=9).places if place.entry.order.id == "now"}
    DAMAGES[damage](redis_client, key, rank)
    assert not shop.check().clean
    assert shop.repair(who="eve").repaired
    assert shop.check().clean
    assert [redis_client.zrange(name, 0, -1, withscores=True) for name in names] == before


def test_who_is_put_back_is_offered_what_has_come(shop, redis_client, key):
    redis_client.delete(key("waiting"))
    shop.stock.move([Movement(op="1", node="lyon", sku="A", delta=1)])
    (first,) = (place.entry.first for place in shop.backlog.page(limit=9).places if place.entry.order.id == "now")
    shop.repair(who="eve")
    assert json_of(shop.rerouting.chain(first).links[-1])["follows"]["because"] == "stock"


def test_units_that_a_repair_frees_are_offered(shop, redis_client, key):
    redis_client.hset(key("held:A"), "lyon", 5)
    shop.stock.move([Movement(op="1", node="lyon", sku="A", delta=1)])
    (first,) = (place.entry.first for place in shop.backlog.page(limit=9).places if place.entry.order.id == "now")
    assert len(shop.rerouting.chain(first).links) == 1
    shop.repair(who="eve")
    assert len(shop.rerouting.chain(first).links) == 2
