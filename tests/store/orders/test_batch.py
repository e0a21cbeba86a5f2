"""Orders decided in one batch: who goes first, who took what another lacked, and how a retry goes on."""

import random

import pytest

from engine.errors import KeyReused, OrderInvalid, QuotaExceeded, StoreUnavailable
from engine.service import Pointsman
from engine.settings import Settings
from engine.store.ledger import RequestKey
from tests.conftest import activate
from tests.support.decision_json import json_of
from tests.support.facts import HOUR, LILLE, LYON, NOW, inventory, node, order
from tests.support.lossy_proxy import proxy
from tests.support.order_json import shipped_units, unfilled_units

VIP = "when: {order.segment: vip}, then: {priority: 80}"


@pytest.fixture
def shop(bare):
    """Three of A in Lyon, two of B in Lille; customers of the segment vip go first."""
    bare.load(inventory([node("lyon", LYON), node("lille", LILLE)], {"A": {"lyon": 3}, "B": {"lille": 2}}))
    activate(bare, VIP)
    return bare


def keys(name):
    return lambda item: RequestKey(caller="oms", name=f"{name}/{item.id}")


def together(shop, *orders, **more):
    return [json_of(answer) for answer in shop.decide_batch(orders, **more).answers]


def test_the_order_of_the_highest_priority_gets_the_scarce_unit(shop):
    plain = order(("A", 3), id="plain")
    late = order(("A", 1), id="late", promise_by=NOW + 90 * HOUR)
    soon = order(("A", 1), id="soon", promise_by=NOW + 50 * HOUR)
    vip = order(("A", 1), id="vip", segment="vip", placed_at=NOW + 5)
    old = order(("A", 1), id="old", placed_at=NOW - HOUR)
    records = together(shop, plain, late, soon, vip, old)
    assert [record["order"]["id"] for record in records] == ["vip", "soon", "late", "old", "plain"]
    assert [shipped_units(record) for record in records] == [1, 1, 1, 0, 0]


def test_an_order_is_told_which_orders_took_the_units_it_lacked(shop):
    first = order(("A", 2), id="first", segment="vip")
    second = order(("A", 1), ("B", 2), id="second", placed_at=NOW - 1)
    third = order(("A", 2), ("B", 1), id="third")
    records = together(shop, third, second, first)
    ids = {record["order"]["id"]: record["id"] for record in records}
    assert [record["lacked"] for record in records[:2]] == [[], []]
    lacked = [
        {name: item[name] for name in ("sku", "node", "units", "took", "order", "priority", "decision")}
        for item in records[2]["lacked"]
    ]

    def took(sku, name, units, by, priority):
        return {"sku": sku, "node": name, "units": units, "took": "units"} | {
            "order": by,
            "priority": priority,
            "decision": ids[by],
        }

    # the order decided just before it comes first
    assert lacked == [
        took("A", "lyon", 1, "second", 50),
        took("A", "lyon", 1, "first", 80),
        took("B", "lille", 1, "second", 50),
    ]


def test_units_that_nobody_had_are_not_said_to_be_taken(shop):
    records = together(shop, order(("A", 1), id="small"), order(("A", 9), id="zlarge"))
    (lacked,) = records[1]["lacked"]
    assert (lacked["units"], unfilled_units(records[1])) == (1, 7)


def test_the_last_capacity_of_a_node_can_be_lacked_too(bare):
    bare.load(inventory([node("lyon", LYON, daily_orders=1)], {"A": {"lyon": 9}}))
    activate(bare)
    _, second = together(bare, order(id="a"), order(id="b"))
    (lacked,) = second["lacked"]
    assert (lacked["took"], lacked["order"], lacked["units"]) == ("room", "a", 1)


def test_the_sequence_in_which_orders_are_listed_does_not_matter(shop):
    orders = [order(("A", 1), id=f"W-{number}", segment="vip" if number % 3 else None) for number in range(6)]
    expected = None
    for seed in range(5):
        random.Random(seed).shuffle(orders)
        records = together(shop, *orders)
        shipped = [(record["order"]["id"], shipped_units(record)) for record in records]
        expected = expected or shipped
        assert shipped == expected
        for record in records:
            if record["shipments"]:
                shop.holds.release(record["id"])


def test_the_same_keys_are_answered_with_the_same_bytes(shop, contents):
    orders = [order(("A", 2), id="a"), order(("A", 2), id="b")]
    first = shop.decide_batch(orders, keys=keys("night"))
    before = contents()
    again = shop.decide_batch(orders[::-1], keys=keys("night"))
    assert [answer.body for answer in again.answers] == [answer.body for answer in first.answers]
    assert not any(answer.new for answer in again.answers)
    assert contents() == before
    with pytest.raises(KeyReused):
        shop.decide_batch([order(("A", 1), id="a")], keys=keys("night"))


def test_a_retry_goes_on_where_the_server_went_away(shop, server_url, network, clock):
    orders = [order(("A", 1), id=f"{number}") for number in range(4)]
    with proxy(server_url) as lossy:
        settings = Settings(redis_url=lossy.url, network=network)
        with Pointsman(settings, clock=clock) as worker:
            done = 0

            def cut():
                nonlocal done
                done += 1
                if done == 2:
                    raise StoreUnavailable("gone")

            with pytest.raises(StoreUnavailable):
                worker.decide_batch(orders, keys=keys("k"), progress=cut)
    assert shop.check().decisions == 2
    batch = shop.decide_batch(orders, keys=keys("k"))
    assert [answer.new for answer in batch.answers] == [False, False, True, True]
    last = json_of(batch.answers[3])
    assert [(item["order"], item["units"]) for item in last["lacked"]] == [("2", 1)]
    audit = shop.check()
    assert (audit.clean, audit.decisions, audit.held) == (True, 4, 3)


def test_all_mistakes_of_all_orders_are_reported_and_none_is_decided(shop, contents):
    before = contents()
    with pytest.raises(OrderInvalid) as caught:
        shop.decide_batch([order(id="a"), order(("C", 1), id="b"), order(id="a")])
    assert {mistake.field for mistake in caught.value.mistakes} == {
        "orders.0.id",
        "orders.1.lines.0.sku",
        "orders.2.id",
    }
    assert contents() == before


def test_no_order_is_decided_after_one_of_higher_priority_that_could_not_be(server_url, network, clock, bare):
    bare.load(inventory([node("lyon", LYON)], {"A": {"lyon": 9}}))
    activate(bare, VIP)
    with Pointsman(Settings(redis_url=server_url, network=network, max_holds=1), clock=clock) as shop:
        orders = [order(id="c"), order(id="a", segment="vip"), order(id="b")]
        batch = shop.decide_batch(orders, caller="oms")
        assert [json_of(answer)["order"]["id"] for answer in batch.answers] == ["a"]
        assert batch.undecided == ("b", "c")
        assert isinstance(batch.failure, QuotaExceeded)
        with pytest.raises(QuotaExceeded):
            shop.decide_batch(orders, caller="oms")
