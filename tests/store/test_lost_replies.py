"""The server acts, its reply is lost, the client's library sends the request again: it is done once, and answered."""

import pytest

from engine.service import Pointsman
from engine.settings import Settings
from engine.store.ledger import Key
from engine.store.stock import Count, Movement, Stamp
from tests.building import LYON, inventory, node, order
from tests.conftest import activate
from tests.proxying import proxy


@pytest.fixture
def lossy(server_url):
    with proxy(server_url) as found:
        yield found


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
    return [fields[b"kind"].decode() for _, fields in redis_client.xrange(f"{{{network}}}:log")]


@pytest.mark.parametrize("key", [None, Key(caller="http", name="k")])
def test_a_decision_holds_once(shop, lossy, redis_client, network, key):
    lossy.marker = b":open"
    assert shop.decide(order(("A", 3)), key=key).record["status"] == "filled"
    assert (lossy.lost, position(shop)) == (1, (10, 3))
    assert kinds(redis_client, network) == ["decided"]
    assert shop.check().clean


@pytest.mark.parametrize(("verb", "done", "left"), [("confirm", "confirmed", (7, 0)), ("release", "released", (10, 0))])
def test_a_hold_ends_once(shop, lossy, verb, done, left):
    for op in (None, "mine"):
        shop.stock.put(Count(node="lyon", sku="A", on_hand=10, stamp=Stamp(kind="s", number=1 + (op is not None))))
        name = shop.decide(order(("A", 3))).record["id"]
        lossy.marker = b":open"
        state = getattr(shop.holds, verb)(name, op=op)
        assert [item.state for item in state.shipments] == [done]
        assert position(shop) == left
    assert lossy.lost == 2
    audit = shop.check()
    assert (audit.clean, audit.ended, audit.held) == (True, 6, 0)


def test_a_hold_is_extended_once(shop, lossy, redis_client, network):
    name = shop.decide(order(("A", 3))).record["id"]
    lossy.marker = b":operation:"
    until = shop.holds.extend(name, minutes=5_000).until
    assert (lossy.lost, shop.holds.state(name).until) == (1, until)
    assert kinds(redis_client, network) == ["decided", "extended"]


def test_a_hold_expires_once(shop, lossy, clock, redis_client, network):
    shop.decide(order(("A", 3)))
    clock.now += 2 * 86_400
    lossy.marker = b":open"
    assert shop.availability("A", "web").free == 10
    assert lossy.lost == 1
    assert kinds(redis_client, network) == ["decided", "expired"]
    assert shop.check().clean


def test_units_move_once(shop, lossy):
    lossy.marker = b":movements:"
    (found,) = shop.stock.move([Movement(op="a", node="lyon", sku="A", delta=5)])
    assert (lossy.lost, found.on_hand, position(shop)) == (1, 15, (15, 0))
    assert shop.check().clean


def test_a_count_counts_once(shop, lossy):
    lossy.marker = b":stamp:"
    placed = shop.stock.put(Count(node="lyon", sku="A", on_hand=4, stamp=Stamp(kind="s", number=1)))
    assert (lossy.lost, placed.position.on_hand, placed.older) == (1, 4, False)
