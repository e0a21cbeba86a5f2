"""The server acts and its reply is lost; redis-py sends the request again, and it is done once and answered."""

import pytest

from engine.orders.rejection import RejectionRequest
from engine.service import Pointsman
from engine.settings import Settings
from engine.store.ledger import RequestKey
from engine.store.stock import Count, Movement, Stamp
from tests.conftest import activate
from tests.support.decision_json import json_of
from tests.support.facts import LYON, inventory, node, order
from tests.support.ledger_entries import ledger_kinds
from tests.support.lossy_proxy import proxy


@pytest.fixture
def lossy(server_url):
    with proxy(server_url) as before:
        yield before


@pytest.fixture
def shop(lossy, network, clock, bare):
    """Behind the proxy: ten of A in Lyon."""
    with Pointsman(Settings(redis_url=lossy.url, network=network), clock=clock) as pointsman:
        pointsman.load(inventory([node("lyon", LYON)], {"A": {"lyon": 10}}))
        activate(pointsman)
        pointsman.ready()
        yield pointsman


def position(pointsman):
    (item,) = pointsman.stock.show("A").nodes
    return item.position.on_hand, item.position.held


def kinds(redis_client, network):
    return [kind.decode() for kind in ledger_kinds(redis_client, network)]


@pytest.mark.parametrize("key", [None, RequestKey(caller="http", name="k")])
def test_a_decision_holds_once(shop, lossy, redis_client, network, key):
    lossy.lose_reply_to = b":open"
    assert json_of(shop.decide(order(("A", 3)), key=key))["status"] == "filled"
    assert (lossy.lost_replies, position(shop)) == (1, (10, 3))
    assert kinds(redis_client, network) == ["decided"]
    assert shop.check().clean


@pytest.fixture
def overtaken(shop, bare, lossy, monkeypatch):
    """Before each of the first three commits, others take one more SKU of an order; then replies get lost."""
    bare.load(inventory([node("lyon", LYON)], {sku: {"lyon": 10} for sku in "ABCD"}))
    commit, taken = shop._ledger.commit, iter("ABC")

    def after_others(*given, **more):
        sku = next(taken, None)
        if sku is not None:
            (item,) = bare.stock.show(sku).nodes
            bare.decide(order((sku, item.position.available)))
            # not of the first try's commit, which sets nothing aside
            lossy.lose_reply_to = b"set-aside:"
        return commit(*given, **more)

    monkeypatch.setattr(shop._ledger, "commit", after_others)


@pytest.mark.usefixtures("overtaken")
def test_units_are_set_aside_once_and_taken_once(shop, lossy, redis_client, network):
    made = json_of(shop.decide(order(*((sku, 4) for sku in "ABCD"))))
    assert {line["sku"] for line in made["shipments"][0]["lines"]} == {"C", "D"}
    assert lossy.lost_replies == 2
    assert kinds(redis_client, network).count("set_aside") == 1
    assert kinds(redis_client, network)[-2:] == ["released", "decided"]
    audit = shop.check()
    assert (audit.clean, audit.held) == (True, 10 + 10 + 6 + 8)


@pytest.mark.parametrize(("verb", "done", "left"), [("confirm", "confirmed", (7, 0)), ("release", "released", (10, 0))])
def test_a_hold_ends_once(shop, lossy, verb, done, left):
    for op in (None, "mine"):
        shop.stock.set_count(
            Count(node="lyon", sku="A", on_hand=10, stamp=Stamp(kind="s", number=1 + (op is not None)))
        )
        name = json_of(shop.decide(order(("A", 3))))["id"]
        lossy.lose_reply_to = b":open"
        state = getattr(shop.holds, verb)(name, op=op)
        assert [item.state for item in state.shipments] == [done]
        assert position(shop) == left
    assert lossy.lost_replies == 2
    audit = shop.check()
    assert (audit.clean, audit.ended, audit.held) == (True, 6, 0)


def test_a_hold_is_extended_once(shop, lossy, redis_client, network):
    name = json_of(shop.decide(order(("A", 3))))["id"]
    lossy.lose_reply_to = b":operation:"
    until = shop.holds.extend(name, minutes=5_000).until
    assert (lossy.lost_replies, shop.holds.state(name).until) == (1, until)
    assert kinds(redis_client, network) == ["decided", "extended"]


def test_a_hold_expires_once(shop, lossy, clock, redis_client, network):
    shop.decide(order(("A", 3)))
    clock.now += 2 * 86_400
    lossy.lose_reply_to = b":open"
    assert shop.availability("A", "web").free == 10
    assert lossy.lost_replies == 1
    assert kinds(redis_client, network) == ["decided", "expired"]
    assert shop.check().clean


def test_units_move_once(shop, lossy):
    lossy.lose_reply_to = b":movements:"
    (moved,) = shop.stock.move([Movement(op="a", node="lyon", sku="A", delta=5)])
    assert (lossy.lost_replies, moved.on_hand, position(shop)) == (1, 15, (15, 0))
    assert shop.check().clean


def test_a_count_counts_once(shop, lossy):
    lossy.lose_reply_to = b":stamp:"
    placed = shop.stock.set_count(Count(node="lyon", sku="A", on_hand=4, stamp=Stamp(kind="s", number=1)))
    assert (lossy.lost_replies, placed.position.on_hand, placed.older) == (1, 4, False)


def test_an_order_waits_once_is_served_once_and_withdrawn_once(shop, lossy, redis_client, network):
    for number, units in enumerate((12, 4)):
        lossy.lose_reply_to = b":chain:"
        assert json_of(shop.decide(order(("A", units), id=f"{number}"), wait=True))["waiting"]
    lossy.lose_reply_to = b":chain:"
    shop.stock.move([Movement(op="a", node="lyon", sku="A", delta=2)])
    (place,) = shop.backlog.page(limit=9).places
    assert (place.entry.order.id, place.entry.units, position(shop)) == ("1", {"1": 4}, (12, 12))
    lossy.lose_reply_to = b":backlog"
    shop.backlog.withdraw(place.entry.decision)
    assert (lossy.lost_replies, shop.backlog.page(limit=9).waiting) == (4, 0)
    assert kinds(redis_client, network) == ["decided", "decided", "moved", "decided", "withdrawn"]
    assert shop.check().clean


@pytest.mark.parametrize("op", [None, "mine"])
def test_a_node_rejects_once(shop, lossy, redis_client, network, op):
    name = json_of(shop.decide(order(("A", 3))))["id"]
    lossy.lose_reply_to = b":rejections"
    made = shop.rerouting.reject(
        RejectionRequest(decision=name, node="lyon", reason="not_in_stock", on_hand=4, lines={"A": 2}, op=op)
    )
    assert (lossy.lost_replies, json_of(made)["status"], position(shop)) == (1, "unfilled", (4, 1))
    assert kinds(redis_client, network) == ["decided", "decided", "rejected"]
    assert shop.rerouting.chain(name).follow_ups == 1
    assert shop.check().clean
