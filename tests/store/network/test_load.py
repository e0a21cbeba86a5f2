"""A network takes the place of another whole, in scripts that are each short, whatever cuts it short on the way."""

import contextlib
import signal
import subprocess
import sys
import threading

import pytest
import redis
from redis.connection import AbstractConnection

from engine.errors import Contended, NotReady, StoreUnavailable
from engine.orders.rejection import Refusal
from engine.service import Pointsman
from engine.settings import Settings
from engine.store import policy_versions
from engine.store.connection import client as store
from engine.store.connection.server import open_server
from engine.store.keys import Keys
from engine.store.network import load as network_load
from engine.store.stock import Count, Movement, Stamp
from tests.conftest import activate, contents_of
from tests.support.facts import LILLE, LYON, inventory, node, order
from tests.support.lossy_proxy import proxy
from tests.support.order_json import shipped_units
from tests.support.wait_until import wait_until

pytestmark = pytest.mark.slow

FEW = 3
WEEK = 7 * 24 * 60
"""Minutes: longer than a hold lasts if no policy says so."""


@pytest.fixture
def in_threes(monkeypatch):
    """Three SKUs a script, so that few of them take many."""
    monkeypatch.setattr(network_load, "SKUS_AT_ONCE", FEW)


@pytest.fixture
def shop(bare, in_threes):
    """Ten SKUs with one unit each in Lyon; OLD is one of them."""
    bare.load(stocked(1, "OLD"))
    activate(bare)
    return bare


def stocked(units, own, count=9, **more):
    """So many units of each SKU, and of one that only this network has."""
    skus = [*(f"S{number}" for number in range(count)), own]
    return inventory([node("lyon", LYON), node("lille", LILLE)], {sku: {"lyon": units} for sku in skus}, **more)


def cut_short(pointsman, found, batches):
    """As a loader that was killed after so many."""
    client, keys = pointsman._client, pointsman._keys
    assert network_load.begin(client, keys, found, checked=lambda: pointsman.versions.verify_fit(found.network))
    load = client.redis.hget(keys.facts, "load").decode()
    for _ in range(batches):
        network_load.bring(client, keys, client.script("load_stock"), load)


def on_hand(redis_client, network):
    start = f"{{{network}}}:on_hand:"
    return {key.decode().removeprefix(start): redis_client.hgetall(key) for key in redis_client.keys(f"{start}*")}


def units(**counts):
    return {sku: {b"lyon": str(count).encode()} for sku, count in counts.items()}


def all_of(count, own):
    return units(**{f"S{number}": count for number in range(9)}, **{own: count})


def leftovers(redis_client, network):
    """What of a load is still beside, or in its place but not for good."""
    loaded = ("staged:*", "facts", "products", "on_hand:*")
    found = [key for name in loaded for key in redis_client.keys(f"{{{network}}}:{name}")]
    return [key for key in found if b":staged:" in key or redis_client.ttl(key) >= 0]


def test_no_script_takes_on_more_than_so_many_skus_however_many_are_loaded(bare, monkeypatch):
    sizes = []
    made = store.Client.script

    def script(self, name, **more):
        run = made(self, name, **more)

        def counted(*, keys, args):
            sizes.append((name, len(keys), len(args)))
            return run(keys=keys, args=args)

        return counted

    monkeypatch.setattr(store.Client, "script", script)
    for own in ("OLD", "NEW"):
        bare.load(stocked(2, own, count=2_600))
    assert {name for name, *_ in sizes} == {"load_swap", "load_stock"}
    assert max(keys for _, keys, _ in sizes) == 2 + 4 * network_load.SKUS_AT_ONCE
    assert max(args for *_, args in sizes) == 1 + network_load.SKUS_AT_ONCE
    assert [name for name, *_ in sizes].count("load_stock") == 2 * 6
    assert {keys for name, keys, _ in sizes if name == "load_swap"} == {8}


def test_a_load_cut_short_before_it_takes_its_place_leaves_the_old_facts_and_the_next_one_mends_it(
    shop, opened, redis_client, network
):
    before = shop.network().version
    network_load.stage(shop._client, Keys(network, staged="dead"), stocked(2, "NEW"), "dead")
    worker = opened()
    assert worker.network().version == before
    assert shipped_units(worker.decide(order(("OLD", 9))).record) == 1
    assert on_hand(redis_client, network) == all_of(1, "OLD")
    assert all(redis_client.ttl(key) > 0 for key in redis_client.keys(f"{{{network}}}:staged:*")), "it goes by itself"
    shop.load(stocked(2, "NEW"))
    assert on_hand(redis_client, network) == all_of(2, "NEW")
    assert shipped_units(worker.decide(order(("S0", 9))).record) == 2


@pytest.mark.parametrize("batches", range(5))
@pytest.mark.parametrize("meets", ["decides", "counts", "loads again", "loads another", "asks"])
def test_a_load_cut_short_later_is_brought_to_its_end_by_whoever_meets_it(
    *, shop, opened, redis_client, network, batches, meets
):
    worker, found = opened(), stocked(2, "NEW")
    worker.ready()
    cut_short(shop, found, batches)
    expected = all_of(2, "NEW")
    match meets:
        case "decides":
            assert shipped_units(worker.decide(order(("S0", 1), ("NEW", 9))).record) == 3
        case "counts":
            worker.stock.put(Count(node="lille", sku="NEW", on_hand=4, stamp=Stamp(kind="s", number=1)))
            assert worker.stock.move([Movement(op="a", node="lille", sku="NEW", delta=1)])[0].on_hand == 5
            expected["NEW"][b"lille"] = b"5"
        case "loads again":
            assert worker.load(found) is (batches < 4)
        case "loads another":
            assert worker.load(stocked(3, "NEWER"))
            expected = all_of(3, "NEWER")
        case "asks":
            assert worker.availability("NEW", "web").free == 2
    assert on_hand(redis_client, network) == expected
    assert leftovers(redis_client, network) == []
    assert worker.check().clean


def test_nothing_is_decided_on_facts_that_are_being_replaced(shop, opened, redis_client, network, monkeypatch):
    """A decision is made on the old ones, and they go before it is committed."""
    worker = opened()
    worker.ready()
    commit = worker._ledger.commit

    def meanwhile(*args, **more):
        if not redis_client.hexists(f"{{{network}}}:facts", "load") and not more.get("along"):
            monkeypatch.undo()
            monkeypatch.setattr(network_load, "SKUS_AT_ONCE", FEW)
            cut_short(shop, stocked(2, "NEW"), 1)
        return commit(*args, **more)

    monkeypatch.setattr(worker._ledger, "commit", meanwhile)
    record = worker.decide(order(("S8", 9))).record
    assert (shipped_units(record), record["network_version"]) == (2, stocked(2, "NEW").network.version)
    assert worker.check().held == 2


@pytest.mark.parametrize("batches", range(5))
def test_goods_that_leave_in_the_midst_of_a_load_leave_the_shelf_it_brings_in(
    *, shop, opened, redis_client, network, batches
):
    """One hold has a SKU that is brought in first and one that is last, the other ends by shipment."""
    both, one = (shop.decide(order(*lines)).record["id"] for lines in ([("S0", 1), ("S8", 1)], [("S3", 1)]))
    worker = opened()
    cut_short(shop, stocked(5, "NEW"), batches)
    worker.holds.confirm(both, op="twice")
    worker.holds.confirm(one, shipments=[("lyon", "parcel")])
    worker.holds.confirm(both, op="twice")
    left = units(S0=4, S3=4, S8=4)
    assert on_hand(redis_client, network) == {**all_of(5, "NEW"), **left}
    assert [worker.availability(sku, "web").free for sku in ("S0", "S1", "S3", "S8")] == [4, 5, 4, 4]
    audit = worker.check()
    assert (audit.clean, audit.held, audit.confirmed) == (True, 0, 3)


def test_what_is_let_go_or_lasts_longer_in_the_midst_of_a_load_does_not_wait_for_it(
    shop, opened, redis_client, network, clock
):
    """None of it changes what is on hand, and the load changes nothing of what is held."""
    released, extended, expired = (shop.decide(order((sku, 1))).record["id"] for sku in ("S0", "S4", "S8"))
    worker = opened()
    cut_short(shop, stocked(5, "NEW"), 1)
    redis_client.delete(*redis_client.keys(f"{{{network}}}:staged:*:on_hand:*"))
    worker.holds.release(released)
    worker.holds.extend(extended, minutes=WEEK)
    clock.now = worker.holds.state(expired).until
    assert worker.holds.state(expired).shipments[0].state == "expired"
    assert worker.check().held == 1
    with pytest.raises(NotReady, match=r"cut short.*pointsman load DIR"):
        worker.holds.confirm(extended)
    worker.load(stocked(5, "NEWER"))
    worker.holds.confirm(extended)
    assert on_hand(redis_client, network) == {**all_of(5, "NEWER"), **units(S4=4)}
    assert worker.check().clean


@pytest.mark.parametrize("batches", range(5))
def test_a_node_that_counts_what_it_rejects_in_the_midst_of_a_load_is_believed_and_not_the_load(
    *, shop, opened, redis_client, network, batches
):
    both = shop.decide(order(("S0", 1), ("S8", 1))).record["id"]
    worker = opened()
    cut_short(shop, stocked(5, "NEW"), batches)
    for sku in ("S0", "S8"):
        said = Refusal(decision=both, node="lyon", reason="not_in_stock", on_hand=2, lines={sku: 1}, op=sku)
        worker.rerouting.reject(said)
    assert on_hand(redis_client, network) == {**all_of(5, "NEW"), **units(S0=2, S8=2)}
    assert worker.check().clean


def test_goods_do_not_leave_while_one_load_follows_another_and_who_asks_is_told(shop, opened, monkeypatch):
    name = shop.decide(order(("S0", 1))).record["id"]
    worker, finish, followed = opened(), network_load.finish, []

    def and_another_begins(client, keys):
        finish(client, keys)
        if not followed or followed[-1] != "begins":  # the one that begins finishes the one before
            followed.append("begins")
            cut_short(shop, stocked(5, "NEW"), 0)
            followed.append("begun")

    cut_short(shop, stocked(5, "NEW"), 0)
    with monkeypatch.context() as meanwhile:
        meanwhile.setattr(network_load, "finish", and_another_begins)
        with pytest.raises(Contended, match="over and over"):
            worker.holds.confirm(name)
    assert followed.count("begun") == network_load.MOST_TRIES
    assert worker.holds.confirm(name).until is None
    assert worker.availability("S0", "web").free == 4


def test_readers_see_one_network_or_the_other_while_they_take_turns(shop, opened):
    over, seen, faults = threading.Event(), set(), []
    skus = [f"S{number}" for number in range(9)]

    def read(worker):
        try:
            while not over.is_set():
                seen.add(tuple(found.free for found in worker.stock.availability(skus, "web")))
        except BaseException as error:  # noqa: BLE001 - told below
            faults.append(error)

    threads = [threading.Thread(target=read, args=(opened(),)) for _ in range(3)]
    for thread in threads:
        thread.start()
    try:
        for number in range(30):
            shop.load(stocked(1 + number % 2, f"OWN{number % 2}"))
    finally:
        over.set()
        for thread in threads:
            thread.join()
    assert faults == []
    assert seen == {(1,) * 9, (2,) * 9}


def test_a_load_whose_goods_are_gone_says_so_and_the_next_one_mends_it(shop, opened, redis_client, network):
    cut_short(shop, stocked(2, "NEW"), 1)
    redis_client.delete(*redis_client.keys(f"{{{network}}}:staged:*:on_hand:*"))
    worker = opened()
    for ask in (worker.network, lambda: worker.decide(order(("S0", 1))), worker.ready):
        with pytest.raises(NotReady, match=r"cut short.*pointsman load DIR"):
            ask()
    assert worker.load(stocked(3, "NEWER"))
    assert on_hand(redis_client, network) == all_of(3, "NEWER")
    assert worker.availability("S0", "web").free == 3

    assert leftovers(redis_client, network) == []


def test_of_two_loads_that_mend_a_broken_one_the_second_does_not_take_it_for_the_broken_one_still(
    shop, opened, redis_client, network, monkeypatch
):
    """The first has begun to mend it, and is killed, after the second has looked at it."""
    cut_short(shop, stocked(2, "NEW"), 1)
    redis_client.delete(*redis_client.keys(f"{{{network}}}:staged:*:on_hand:*"))
    worker, stage, staged = opened(), network_load.stage, []

    def meanwhile(client, beside, found, name):
        stage(client, beside, found, name)
        staged.append(name)
        if len(staged) == 1:
            cut_short(worker, stocked(7, "FIRST"), 1)

    monkeypatch.setattr(network_load, "stage", meanwhile)
    assert shop.load(stocked(3, "SECOND"))
    assert len(staged) == 3, "it is brought in anew, the first's SKUs considered"
    assert on_hand(redis_client, network) == all_of(3, "SECOND")
    assert leftovers(redis_client, network) == []


def test_a_load_that_loses_the_race_leaves_nothing_beside(shop, opened, redis_client, network, monkeypatch):
    worker, stage, lost = opened(), network_load.stage, []

    def meanwhile(client, beside, found, name):
        stage(client, beside, found, name)
        if "OWN" in found.stock:
            lost.append(name)
            worker.load(stocked(2, f"OTHER{len(lost)}"))

    monkeypatch.setattr(network_load, "stage", meanwhile)
    with pytest.raises(Contended, match="over and over"):
        shop.load(stocked(5, "OWN"))
    assert len(lost) == network_load.MOST_TRIES
    assert redis_client.keys(f"{{{network}}}:staged:*") == []
    assert on_hand(redis_client, network) == all_of(2, f"OTHER{len(lost)}")


class Killed(BaseException):
    """Not an error that anybody answers to."""


@pytest.fixture
def dying(monkeypatch):
    """Loaders that send so many bytes and then no more: how many they sent."""
    sent, most = [0], [0]
    send = AbstractConnection.send_packed_command

    def counted(self, command, check_health=True):  # noqa: FBT002 - as redis-py calls it
        said = b"".join([command] if isinstance(command, bytes) else command)
        left = most[0] - sent[0]
        sent[0] += len(said)
        if left < len(said):
            send(self, [said[:left]], check_health=check_health)
            self.disconnect()
            raise Killed
        send(self, [said], check_health=check_health)

    def load(url, keys, found, *, bytes_sent):
        sent[0], most[0] = 0, bytes_sent
        loader = store.Client(url)
        with monkeypatch.context() as context:
            context.setattr(AbstractConnection, "send_packed_command", counted)
            with contextlib.suppress(Killed):
                network_load.save(loader, keys, found, checked=lambda: policy_versions.stored(loader, keys).words)
        loader.close()
        return sent[0]

    return load


def test_a_loader_killed_after_whatever_byte_leaves_nothing_beside_that_has_no_end(
    shop, server_url, redis_client, network, dying
):
    keys = Keys(network)
    all_sent = dying(server_url, keys, stocked(1, "OLD"), bytes_sent=1_000_000)
    assert all_sent > 2_000
    for bytes_sent in range(0, all_sent, 53):
        dying(server_url, keys, stocked(bytes_sent, "NEW"), bytes_sent=bytes_sent)
    shop.load(stocked(2, "NEW"))
    assert on_hand(redis_client, network) == all_of(2, "NEW")
    beside = leftovers(redis_client, network)
    assert beside
    assert [key for key in beside if redis_client.ttl(key) < 0] == []


def test_a_load_too_large_for_the_server_leaves_nothing_in_it(tmp_path, clock):
    with (
        open_server(Settings(data=tmp_path / "data")) as server,
        redis.Redis.from_url(server.url) as client,
        Pointsman(Settings(redis_url=server.url, network="main"), clock=clock) as pointsman,
    ):
        pointsman.load(stocked(1, "OLD"))
        activate(pointsman)
        before = contents_of(client, "main")
        client.config_set("maxmemory", client.info("memory")["used_memory"] + 1_000_000)
        with pytest.raises(StoreUnavailable, match="no memory left"):
            pointsman.load(stocked(2, "NEW", count=20_000))
        assert contents_of(client, "main") == before
        assert shipped_units(pointsman.decide(order(("OLD", 1))).record) == 1


@pytest.mark.parametrize("marker", [b"HSET", b"RPUSH", b"EVALSHA", b":base:", b"LRANGE"])
def test_a_reply_lost_on_the_way_leaves_one_network_whole(*, shop, server_url, redis_client, network, clock, marker):
    with proxy(server_url) as lossy, Pointsman(Settings(redis_url=lossy.url, network=network), clock=clock) as loader:
        assert loader.network().nodes
        lossy.marker = marker
        assert loader.load(stocked(2, "NEW"))
        assert lossy.lost == 1
    assert on_hand(redis_client, network) == all_of(2, "NEW")
    assert shop.availability("NEW", "web").free == 2
    assert shop.check().clean


LOAD = """
import sys
from engine.service import Pointsman
from engine.settings import Settings
from engine.store.network import load
from tests.store.network.test_load import stocked
load.SKUS_AT_ONCE = 1
with Pointsman(Settings(redis_url=sys.argv[1], network=sys.argv[2])) as pointsman:
    pointsman.load(stocked(2, "NEW", count=2_000))
"""


def test_a_loader_killed_in_its_midst_leaves_the_rest_to_the_next_reader(bare, server_url, redis_client, network):
    bare.load(stocked(1, "OLD", count=2_000))
    activate(bare)

    def half_done():
        return any(redis_client.llen(key) < 1_500 for key in redis_client.keys(f"{{{network}}}:staged:*:todo"))

    def begun():
        return redis_client.hexists(f"{{{network}}}:facts", "load")

    with subprocess.Popen([sys.executable, "-c", LOAD, server_url, network]) as loader:
        wait_until(lambda: begun() and half_done(), "it has begun to take its place", seconds=60)
        loader.send_signal(signal.SIGKILL)
    assert begun(), "it was killed before its end"
    skus = [f"S{number}" for number in range(0, 2_000, 25)]
    assert {found.free for found in bare.stock.availability(skus, "web")} == {2}
    assert not begun()
    assert bare.check().positions == 2_001
