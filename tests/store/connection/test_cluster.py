"""A Redis Cluster of three primaries and three replicas, each network on one of them, all networks served at once."""

import os
import signal
import threading

import pytest

from engine.errors import NotReady, StoreUnavailable
from engine.service import Pointsman
from engine.settings import Settings
from engine.store.ledger import RequestKey
from engine.store.stock import Count, Movement, Stamp
from tests.conftest import activate
from tests.support.batches import decide_batch
from tests.support.callers import client_of
from tests.support.decision_json import json_of
from tests.support.facts import LILLE, LYON, inventory, node, order
from tests.support.order_json import order_json
from tests.support.problem_json import problem_of
from tests.support.recovery_time import AGAIN_WITHIN, repeated, seconds_until_served
from tests.support.redis_topologies import HOST, cluster, is_linked, is_well
from tests.support.wait_until import wait_until

pytestmark = pytest.mark.slow

NETWORKS = [f"brand-{number}" for number in range(12)]


@pytest.fixture(scope="module")
def members(tmp_path_factory):
    with cluster(tmp_path_factory.mktemp("cluster")) as nodes:
        yield nodes


@pytest.fixture(scope="module")
def url(members):
    # a node that is gone does not matter as long as another answers
    return f"redis+cluster://{HOST}:1,{HOST}:{members[0].port}"


def home_of(network, members):
    """The primary that has the slot of the network's keys."""
    slot = members[0].ask("CLUSTER", "KEYSLOT", f"{{{network}}}")
    (port,) = [primary[1] for first, last, primary, *_ in members[0].ask("CLUSTER", "SLOTS") if first <= slot <= last]
    return next(member for member in members if member.port == port)


def replica_of(primary, members):
    roles = {member: member.ask("ROLE") for member in members}
    return next(member for member, (role, *more) in roles.items() if role == "slave" and more[1] == primary.port)


@pytest.fixture
def on(url, clock):
    """A Pointsman on a network of the cluster, with stock and a policy."""
    made = []

    def opened(name):
        made.append(Pointsman(Settings(redis_url=url, network=name), clock=clock))
        return made[-1]

    yield opened
    for pointsman in made:
        pointsman.close()


def shop(pointsman):
    stock = {"A": {"lyon": 9, "lille": 9}, "B": {"lyon": 9}}
    pointsman.load(inventory([node("lyon", LYON), node("lille", LILLE)], stock), counts=True)
    activate(pointsman, "then: {hold: 1 h}")


def busy(pointsman, clock_moves):
    """Make requests of every kind to a network, and return what `ledger check` finds then."""
    shop(pointsman)
    sent, key = order(("A", 10), ("B", 1)), RequestKey(caller="c", name="once")
    names = [json_of(pointsman.decide(sent, key=key))["id"] for _ in range(2)]
    assert names[0] == names[1]
    pointsman.holds.confirm(names[0], shipments=[("lyon", "parcel")])
    pointsman.holds.extend(names[0], minutes=90)
    pointsman.stock.set_count(Count(node="lyon", sku="A", on_hand=4, stamp=Stamp(kind="s", number=1)))
    pointsman.stock.move([Movement(op=sku, node="lille", sku=sku, delta=5) for sku in "AB"])
    pointsman.decide(order(("B", 1)))
    pointsman.holds.release(json_of(pointsman.decide(order(("B", 2))))["id"])
    assert pointsman.holds.list_open(limit=10).holds
    clock_moves()
    assert pointsman.availability("A", "web").free > 0  # this ends holds that have expired
    return pointsman.check()


def test_twelve_networks_are_served_at_once_each_on_one_node(on, members, clock):
    shops = [on(name) for name in NETWORKS]
    audits = {}

    def run(number):
        audits[number] = busy(shops[number], lambda: None)

    threads = [threading.Thread(target=run, args=(number,)) for number in range(12)]
    for thread in threads:
        thread.start()
    for thread in threads:
        thread.join()
    assert [audits[number].clean for number in range(12)] == [True] * 12
    clock.now += 7_200
    for pointsman in shops:
        pointsman.ready()
        assert (pointsman.check().clean, pointsman.check().held) == (True, 0)
    key_sets = [set(member.client.scan_iter("*", count=1_000)) for member in members[:3]]
    assert all(key_sets), "each primary has networks"
    for name in NETWORKS:
        homes = [number for number, keys in enumerate(key_sets) if any(key.startswith(f"{{{name}}}:") for key in keys)]
        assert len(homes) == 1, "a network lives on one node"


def test_the_ledger_of_a_network_in_a_cluster_is_repaired(on, clock):
    pointsman = on("repaired")
    shop(pointsman)
    name = json_of(pointsman.decide(order(("A", 3))))["id"]
    pointsman._client.redis.delete(f"{{repaired}}:hold:{name}")
    pointsman._client.redis.hset("{repaired}:held:B", "lyon", 4)
    assert len(pointsman.repair(who="eve").repaired) == 2
    assert pointsman.check().clean
    assert pointsman.forget() > 0
    with pytest.raises(NotReady, match="has no facts yet"):
        pointsman.check()


def test_stale_reads_of_each_network_go_to_the_replica_of_its_own_primary(on, members):
    for name in NETWORKS[:6]:
        pointsman = on(name)
        shop(pointsman)
        home = home_of(name, members)
        replica = replica_of(home, members)
        home.ask("WAIT", 1, 5_000)
        before = read_only_scripts(replica)
        stale = pointsman.stock.availability(["A"], "web", max_stale=60)
        assert (stale.skus[0].free, stale.age is None) == (18, False)
        assert read_only_scripts(replica) > before
        assert pointsman.stock.availability(["A"], "web").age is None


def test_an_answer_waits_until_the_replica_of_the_networks_primary_has_it(url, clock, members):
    name = "replicated"
    home = home_of(name, members)
    replica = replica_of(home, members)
    key = RequestKey(caller="c", name="once")
    with Pointsman(Settings(redis_url=url, network=name, replicas=1), clock=clock) as pointsman:
        shop(pointsman)
        made = pointsman.decide(order(("A", 1)))
        assert replica.ask("ROLE")[0] == "slave"
        assert replica_has(replica, name, json_of(made)["id"])
        os.kill(replica.process.pid, signal.SIGSTOP)
        try:
            with pytest.raises(StoreUnavailable, match="0 replicas have it and 1 must"):
                pointsman.decide(order(("A", 1), id="once"), key=key)
        finally:
            os.kill(replica.process.pid, signal.SIGCONT)
        wait_until(lambda: is_linked(replica), "the replica follows again")
        again = pointsman.decide(order(("A", 1), id="once"), key=key)
        assert replica_has(replica, name, json_of(again)["id"])
        audit = pointsman.check()
        assert (audit.clean, audit.decisions, audit.held) == (True, 2, 2)
        batch = decide_batch(pointsman, [order(("A", 1), id=item) for item in "ab"])
        assert all(replica_has(replica, name, json_of(answer)["id"]) for answer in batch.answers)


def read_only_scripts(server):
    with server.client as client:
        stats = client.info("commandstats")
    return sum(stats.get(f"cmdstat_{name}", {"calls": 0})["calls"] for name in ("eval_ro", "evalsha_ro"))


def replica_has(replica, network, decision):
    with replica.client as client:
        client.readonly()
        return client.hexists(f"{{{network}}}:decisions", decision)


def test_the_error_for_the_url_of_a_single_node_says_how_to_name_the_cluster(members):
    elsewhere = next(name for name in NETWORKS if home_of(name, members) is not members[0])
    with pytest.raises(StoreUnavailable, match=r"redis\+cluster://"):
        Pointsman(Settings(redis_url=f"redis://{HOST}:{members[0].port}", network=elsewhere))


def test_a_primary_that_dies_is_replaced_by_its_replica_with_everything_replicated_before(on, members, url):
    shops = {name: on(name) for name in NETWORKS[:6]}
    for pointsman in shops.values():
        shop(pointsman)
    home = home_of("brand-0", members)
    http = client_of(shops["brand-0"])
    body = order_json(("A", 1), destination={"country": "FR", "latitude": 48.85, "longitude": 2.35})
    made = http.post("/v1/decisions", json=body)
    assert made.status_code == 201
    home.ask("WAIT", 1, 5_000)
    heir, answers = replica_of(home, members), []

    def served():
        answers.append(http.post("/v1/decisions", json=body | {"id": f"W-{len(answers)} after"}))
        return answers[-1].status_code == 201

    try:
        with repeated(served) as requests:
            wait_until(lambda: requests.answers, "it is served")
            taken = seconds_until_served(requests, home.kill, lambda: heir.ask("ROLE")[0] == "master" and is_well(heir))
        assert taken < AGAIN_WITHIN
        for response in answers:
            if response.status_code != 201:
                problem_of(response, 503)
                assert response.headers["Retry-After"]
        assert http.get(made.headers["Location"]).data == made.data
        assert all(pointsman.check().clean for pointsman in shops.values())
    finally:
        home.start()
