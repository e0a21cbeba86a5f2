"""One network replaces another whole, in scripts that are each short, wherever the load is interrupted."""

import contextlib
import dataclasses
import threading

import pytest
import redis
from redis.connection import AbstractConnection

from engine.actor import signature
from engine.errors import Contended, NotReady, StoreUnavailable
from engine.orders.rejection import RejectionRequest
from engine.service import Pointsman
from engine.settings import Settings
from engine.store import policy_versions
from engine.store.connection.client import Client
from engine.store.connection.server import open_server
from engine.store.keys import Keys
from engine.store.network import load as network_load
from engine.store.stock import Count, Movement, Stamp
from tests.conftest import activate, contents_of
from tests.support.decision_json import json_of
from tests.support.facts import LILLE, LYON, inventory, node, order
from tests.support.forked_script import ForkedScript
from tests.support.lossy_proxy import proxy, script_call
from tests.support.order_json import shipped_units
from tests.support.wait_until import wait_until

pytestmark = pytest.mark.slow

WEEK = 7 * 24 * 60
"""Minutes: longer than a hold lasts if no policy says so."""


@pytest.fixture
def three_skus_at_once(monkeypatch):
    """Each script loads the stock of three SKUs, so that even a small network takes several scripts."""
    monkeypatch.setattr(network_load, "SKUS_AT_ONCE", 3)


@pytest.fixture
def shop(bare, three_skus_at_once):
    """Ten SKUs with one unit each in Lyon; OLD is one of them."""
    bare.load(stocked(1, "OLD"))
    activate(bare)
    return bare


def stocked(units, own, count=9, **more):
    """A network with so many units of each SKU S0, S1, ..., and of one SKU that only this network has."""
    skus = [*(f"S{number}" for number in range(count)), own]
    return inventory([node("lyon", LYON), node("lille", LILLE)], {sku: {"lyon": units} for sku in skus}, **more)


def interrupted_load(pointsman, loaded, batches):
    """What a loader leaves that was killed after it had loaded the stock of so many batches of SKUs."""
    client, keys = pointsman._client, pointsman._keys
    verify_policies = lambda: pointsman.versions.verify_network(loaded.network)  # noqa: E731 - as the service passes it
    network_load.begin(client, keys, loaded, verify_policies=verify_policies, micros=lambda: pointsman.micros)
    name = client.redis.hget(keys.facts, "load").decode()
    for _ in range(batches):
        network_load.load_next_stock(client, keys, client.script("load_stock"), name)


def on_hand(redis_client, network):
    start = f"{{{network}}}:on_hand:"
    return {key.decode().removeprefix(start): redis_client.hgetall(key) for key in redis_client.keys(f"{start}*")}


def units(**counts):
    return {sku: {b"lyon": str(count).encode()} for sku, count in counts.items()}


def all_of(count, own):
    return units(**{f"S{number}": count for number in range(9)}, **{own: count})


def leftovers(redis_client, network):
    """The keys that a load has staged, or that it has swapped in and that would still expire."""
    patterns = ("staged:*", "facts", "products", "on_hand:*")
    keys = [key for pattern in patterns for key in redis_client.keys(f"{{{network}}}:{pattern}")]
    return [key for key in keys if b":staged:" in key or redis_client.ttl(key) >= 0]


@dataclasses.dataclass
class ScriptCall:
    """A call of a script as the server saw it."""

    name: str
    keys: int
    arguments: int


def script_calls(redis_client, act):
    """The calls of the scripts of a load while `act` runs."""
    names = {script_call(name).decode(): name for name in ("load_swap", "load_stock")}
    calls = []
    with redis_client.monitor() as monitor:
        act()
        redis_client.echo("the end")
        while (command := monitor.next_command()["command"]) != "ECHO the end":
            verb, _, call = command.partition(" ")
            digest, _, words = call.partition(" ")
            if verb == "EVALSHA" and digest in names:
                keys, *others = words.split(" ")
                calls.append(ScriptCall(name=names[digest], keys=int(keys), arguments=len(others) - int(keys)))
    return calls


def test_no_script_takes_on_more_than_so_many_skus_however_many_are_loaded(bare, redis_client):
    loads = [stocked(2, own, count=2_600) for own in ("OLD", "NEW")]
    bare.load(stocked(1, "FIRST"))  # the server has the scripts from now on
    calls = script_calls(redis_client, lambda: [bare.load(load) for load in loads])
    assert max(call.keys for call in calls) == 7 + 5 * network_load.SKUS_AT_ONCE
    besides = 2 + len(signature())
    assert max(call.arguments for call in calls) == besides + network_load.SKUS_AT_ONCE
    assert [call.name for call in calls].count("load_stock") == 2 * 6
    assert {call.keys for call in calls if call.name == "load_swap"} == {14}


def test_a_load_interrupted_while_it_stages_changes_nothing_and_the_next_load_succeeds(
    shop, opened, redis_client, network
):
    before = shop.network().version
    network_load.stage(shop._client, Keys(network, staged="dead"), stocked(2, "NEW"), "dead")
    worker = opened()
    assert worker.network().version == before
    assert shipped_units(json_of(worker.decide(order(("OLD", 9))))) == 1
    assert on_hand(redis_client, network) == all_of(1, "OLD")
    assert all(redis_client.ttl(key) > 0 for key in redis_client.keys(f"{{{network}}}:staged:*")), "they expire"
    shop.load(stocked(2, "NEW"))
    assert on_hand(redis_client, network) == all_of(2, "NEW")
    assert shipped_units(json_of(worker.decide(order(("S0", 9))))) == 2


@pytest.mark.parametrize("batches", range(5))
@pytest.mark.parametrize("does", ["decides", "counts", "loads again", "loads another", "asks"])
def test_a_load_interrupted_later_is_completed_by_whoever_needs_the_network(
    *, shop, opened, redis_client, network, batches, does
):
    worker, load = opened(), stocked(2, "NEW")
    worker.ready()
    interrupted_load(shop, load, batches)
    expected = all_of(2, "NEW")
    match does:
        case "decides":
            assert shipped_units(json_of(worker.decide(order(("S0", 1), ("NEW", 9))))) == 3
        case "counts":
            worker.stock.set_count(Count(node="lille", sku="NEW", on_hand=4, stamp=Stamp(kind="s", number=1)))
            assert worker.stock.move([Movement(op="a", node="lille", sku="NEW", delta=1)])[0].on_hand == 5
            expected["NEW"][b"lille"] = b"5"
        case "loads again":
            assert worker.load(load) is (batches < 4)
        case "loads another":
            assert worker.load(stocked(3, "NEWER"))
            expected = all_of(3, "NEWER")
        case "asks":
            assert worker.availability("NEW", "web").free == 2
    assert on_hand(redis_client, network) == expected
    assert leftovers(redis_client, network) == []
    assert worker.check().clean


def test_nothing_is_decided_on_facts_that_are_being_replaced(shop, proxied):
    """The network is replaced after a decision was made on the old one, and before it is committed."""
    before, worker = proxied
    new = stocked(2, "NEW")

    def replace_network_once():
        before.before = None
        interrupted_load(shop, new, 1)

    before.before, before.act = b":open", replace_network_once
    record = json_of(worker.decide(order(("S8", 9))))
    assert before.before is None
    assert (shipped_units(record), record["network_version"]) == (2, new.network.version)
    assert worker.check().held == 2


@pytest.mark.parametrize("batches", range(5))
def test_units_confirmed_during_a_load_are_taken_from_the_stock_that_it_loads(
    *, shop, opened, redis_client, network, batches
):
    """One hold has the SKU loaded first and the one loaded last; the other is confirmed shipment by shipment."""
    both, one = (json_of(shop.decide(order(*lines)))["id"] for lines in ([("S0", 1), ("S8", 1)], [("S3", 1)]))
    worker = opened()
    interrupted_load(shop, stocked(5, "NEW"), batches)
    worker.holds.confirm(both, op="twice")
    worker.holds.confirm(one, shipments=[("lyon", "parcel")])
    worker.holds.confirm(both, op="twice")
    left = units(S0=4, S3=4, S8=4)
    assert on_hand(redis_client, network) == {**all_of(5, "NEW"), **left}
    assert [worker.availability(sku, "web").free for sku in ("S0", "S1", "S3", "S8")] == [4, 5, 4, 4]
    audit = worker.check()
    assert (audit.clean, audit.held, audit.confirmed) == (True, 0, 3)


def test_to_release_extend_or_expire_a_hold_during_a_load_does_not_wait_for_it(
    shop, opened, redis_client, network, clock
):
    """None of it changes what is on hand, and the load changes nothing of what is held."""
    released, extended, expired = (json_of(shop.decide(order((sku, 1))))["id"] for sku in ("S0", "S4", "S8"))
    worker = opened()
    interrupted_load(shop, stocked(5, "NEW"), 1)
    redis_client.delete(*redis_client.keys(f"{{{network}}}:staged:*:on_hand:*"))
    worker.holds.release(released)
    worker.holds.extend(extended, minutes=WEEK)
    clock.now = worker.holds.state(expired).until
    assert worker.holds.state(expired).shipments[0].state == "expired"
    assert worker.check().held == 1
    with pytest.raises(NotReady, match=r"was interrupted.*pointsman load DIR"):
        worker.holds.confirm(extended)
    worker.load(stocked(5, "NEWER"))
    worker.holds.confirm(extended)
    assert on_hand(redis_client, network) == {**all_of(5, "NEWER"), **units(S4=4)}
    assert worker.check().clean


@pytest.mark.parametrize("batches", range(5))
def test_what_a_node_counts_as_it_rejects_during_a_load_overrides_the_stock_that_it_loads(
    *, shop, opened, redis_client, network, batches
):
    both = json_of(shop.decide(order(("S0", 1), ("S8", 1))))["id"]
    worker = opened()
    interrupted_load(shop, stocked(5, "NEW"), batches)
    for sku in ("S0", "S8"):
        rejection = RejectionRequest(
            decision=both, node="lyon", reason="not_in_stock", on_hand=2, lines={sku: 1}, op=sku
        )
        worker.rerouting.reject(rejection)
    assert on_hand(redis_client, network) == {**all_of(5, "NEW"), **units(S0=2, S8=2)}
    assert worker.check().clean


def test_a_hold_is_not_confirmed_while_loads_follow_one_another_and_its_caller_is_told(shop, proxied, monkeypatch):
    monkeypatch.setattr(network_load, "MOST_TRIES", 10)
    before, worker = proxied
    name, begun = json_of(shop.decide(order(("S0", 1))))["id"], []

    def begin_another_load():
        interrupted_load(shop, stocked(5, "NEW"), 0)
        begun.append(name)

    before.before, before.act = b":open", begin_another_load
    with pytest.raises(Contended, match="over and over"):
        worker.holds.confirm(name)
    before.before = None
    assert len(begun) >= 10
    assert worker.holds.confirm(name).until is None
    assert worker.availability("S0", "web").free == 4


def test_readers_see_one_network_or_the_other_while_each_replaces_the_other(shop, opened):
    over, seen, faults = threading.Event(), set(), []
    skus = [f"S{number}" for number in range(9)]

    def read(worker):
        try:
            while not over.is_set():
                seen.add(tuple(answer.free for answer in worker.stock.availability(skus, "web").skus))
        except BaseException as error:  # noqa: BLE001 - asserted below
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


def test_readers_are_told_of_a_load_whose_staged_stock_is_gone_and_the_next_load_replaces_it(
    shop, opened, redis_client, network
):
    interrupted_load(shop, stocked(2, "NEW"), 1)
    redis_client.delete(*redis_client.keys(f"{{{network}}}:staged:*:on_hand:*"))
    worker = opened()
    for ask in (worker.network, lambda: worker.decide(order(("S0", 1))), worker.ready):
        with pytest.raises(NotReady, match=r"was interrupted.*pointsman load DIR"):
            ask()
    assert worker.load(stocked(3, "NEWER"))
    assert on_hand(redis_client, network) == all_of(3, "NEWER")
    assert worker.availability("S0", "web").free == 3

    assert leftovers(redis_client, network) == []


def test_of_two_loads_that_replace_a_broken_one_the_second_also_replaces_the_first(
    shop, opened, proxied, redis_client, network
):
    """The first is swapped in, and its loader killed, after the second has looked at what is there."""
    interrupted_load(shop, stocked(2, "NEW"), 1)
    redis_client.delete(*redis_client.keys(f"{{{network}}}:staged:*:on_hand:*"))
    other, (before, second) = opened(), proxied

    def first_is_swapped_in():
        before.before = None
        interrupted_load(other, stocked(7, "FIRST"), 1)

    before.before, before.act = script_call("load_swap"), first_is_swapped_in
    assert second.load(stocked(3, "SECOND"))
    assert before.before is None
    assert on_hand(redis_client, network) == all_of(3, "SECOND")
    assert leftovers(redis_client, network) == []


def test_a_load_that_others_overtake_again_and_again_still_succeeds(shop, opened, proxied, redis_client, network):
    other, (before, overtaken), times = opened(), proxied, []

    def overtake():
        if len(times) < 30:
            times.append(other.load(stocked(2, f"OTHER{len(times)}")))

    before.before, before.act = script_call("load_swap"), overtake
    assert overtaken.load(stocked(5, "OWN"))
    assert len(times) == 30
    assert on_hand(redis_client, network) == all_of(5, "OWN")
    assert leftovers(redis_client, network) == []


def test_a_load_that_others_never_stop_overtaking_is_refused_and_leaves_nothing_staged(
    *, shop, opened, proxied, redis_client, network, monkeypatch
):
    monkeypatch.setattr(network_load, "MOST_TRIES", 10)
    other, (before, overtaken), times = opened(), proxied, []

    def overtake():
        times.append(other.load(stocked(2, f"OTHER{len(times)}")))

    before.before, before.act = script_call("load_swap"), overtake
    with pytest.raises(Contended, match="over and over"):
        overtaken.load(stocked(5, "OWN"))
    assert len(times) >= 10
    assert redis_client.keys(f"{{{network}}}:staged:*") == []
    assert on_hand(redis_client, network) == all_of(2, f"OTHER{len(times) - 1}")


class Killed(BaseException):
    """Stands for a kill: nothing in the code under test catches it."""


@pytest.fixture
def killed_loader(monkeypatch):
    """Runs a loader that is killed once it has sent so many bytes; returns how many it sent."""
    sent, most = [0], [0]
    send = AbstractConnection.send_packed_command

    def counted(self, command, check_health=True):  # noqa: FBT002 - as redis-py calls it
        request = b"".join([command] if isinstance(command, bytes) else command)
        left = most[0] - sent[0]
        sent[0] += len(request)
        if left < len(request):
            send(self, [request[:left]], check_health=check_health)
            self.disconnect()
            raise Killed
        send(self, [request], check_health=check_health)

    def load(url, keys, loaded, *, bytes_sent):
        sent[0], most[0] = 0, bytes_sent
        loader = Client(url)
        verify_policies = lambda: policy_versions.stored_timeline(loader, keys).entries  # noqa: E731 - as the service passes it
        with monkeypatch.context() as context:
            context.setattr(AbstractConnection, "send_packed_command", counted)
            with contextlib.suppress(Killed):
                network_load.save(loader, keys, loaded, verify_policies=verify_policies, micros=lambda: 0)
        loader.close()
        return sent[0]

    return load


def test_a_loader_killed_after_any_byte_leaves_no_staged_key_that_does_not_expire(
    shop, server_url, redis_client, network, killed_loader
):
    keys = Keys(network)
    all_sent = killed_loader(server_url, keys, stocked(1, "OLD"), bytes_sent=1_000_000)
    assert all_sent > 2_000
    for bytes_sent in range(0, all_sent, 53):
        killed_loader(server_url, keys, stocked(bytes_sent, "NEW"), bytes_sent=bytes_sent)
    shop.load(stocked(2, "NEW"))
    assert on_hand(redis_client, network) == all_of(2, "NEW")
    left = leftovers(redis_client, network)
    assert left
    assert [key for key in left if redis_client.ttl(key) < 0] == []


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
        assert shipped_units(json_of(pointsman.decide(order(("OLD", 1))))) == 1


@pytest.mark.parametrize("request_with", [b"HSET", b"RPUSH", b"EVALSHA", b":base:", b"LRANGE"])
def test_a_load_survives_a_lost_reply(*, shop, server_url, redis_client, network, clock, request_with):
    with proxy(server_url) as lossy, Pointsman(Settings(redis_url=lossy.url, network=network), clock=clock) as loader:
        assert loader.network().nodes
        lossy.lose_reply_to = request_with
        assert loader.load(stocked(2, "NEW"))
        assert lossy.lost_replies == 1
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


def test_after_a_loader_is_killed_the_next_reader_loads_the_remaining_stock(bare, server_url, redis_client, network):
    bare.load(stocked(1, "OLD", count=2_000))
    activate(bare)

    def half_done():
        return any(redis_client.llen(key) < 1_500 for key in redis_client.keys(f"{{{network}}}:staged:*:todo"))

    def begun():
        return redis_client.hexists(f"{{{network}}}:facts", "load")

    with ForkedScript(LOAD, server_url, network) as loader:
        wait_until(lambda: begun() and half_done(), "it was swapped in and has loaded some stock")
        loader.kill()
    assert begun(), "it was killed before it was complete"
    skus = [f"S{number}" for number in range(0, 2_000, 25)]
    assert {answer.free for answer in bare.stock.availability(skus, "web").skus} == {2}
    assert not begun()
    assert bare.check().positions == 2_001
