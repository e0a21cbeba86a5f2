"""Reads that may be stale go to a replica, which is never written to; they say how old what they answer may be."""

import contextlib
import dataclasses
import json
import os
import re
import signal
import threading
from concurrent.futures import ThreadPoolExecutor

import pytest
import redis

from engine.errors import HoldEnded, NotReplicated, StoreUnavailable
from engine.orders.amendment.plan import AmendRequest
from engine.orders.cancellation.plan import CancelRequest
from engine.orders.rejection import RejectionRequest
from engine.service import Pointsman
from engine.settings import Settings
from engine.store.connection import client
from engine.store.connection.replica_client import (
    ANSWER_SECONDS,
    LEFT_ALONE_SECONDS,
    SILENT_SECONDS,
    AskPrimary,
    ReplicaClient,
    age_of,
)
from engine.store.connection.shared_client import SharedClient
from engine.store.ledger import RequestKey
from engine.store.stock import Count, Stamp
from tests.conftest import Clock, activate, contents_of
from tests.support.batches import decide_batch
from tests.support.callers import client_of
from tests.support.decision_json import json_of
from tests.support.facts import LILLE, LYON, inventory, node, order
from tests.support.lossy_proxy import proxy
from tests.support.order_json import order_json
from tests.support.problem_json import problem_of
from tests.support.redis_topologies import HOST, is_linked, nodes
from tests.support.wait_until import wait_until

pytestmark = pytest.mark.slow

LONG = 1_000_000
ANY = {"Cache-Control": "max-stale"}
SHELF = "/v1/availability?sku=A&channel=web"
STOCK = "/v1/stock/A"
ECHO = ("ECHO", "here")


@pytest.fixture(scope="module")
def pair(tmp_path_factory):
    with nodes(tmp_path_factory.mktemp("pair"), 2, "--appendonly", "yes") as servers:
        follow(*servers)
        yield servers


@pytest.fixture
def primary(pair):
    return pair[0]


@pytest.fixture
def replica(pair):
    yield pair[1]
    follow(*pair)


@pytest.fixture
def shop(pair, clock, network):
    """Ten of A in Lyon and in Lille, of which an order took three from Lyon."""
    settings = Settings(redis_url=url(pair[0]), redis_replica_url=url(pair[1]), network=network)
    with Pointsman(settings, clock=clock) as pointsman:
        stock = {"A": {"lyon": 10, "lille": 10}, "B": {"lyon": 5}}
        pointsman.load(inventory([node("lyon", LYON), node("lille", LILLE)], stock))
        activate(
            pointsman, "then: {hold: 1 h}", "when: {node.id: lille, order.units: {at_least: 1}}, then: {exclude: true}"
        )
        pointsman.decide(order(("A", 3)))
        pair[0].ask("WAIT", 1, 5_000)
        yield pointsman


@pytest.fixture
def asking(pair):
    """A client of the replica, and its clock."""
    clock = Clock(now=0)
    client = ReplicaClient(url(pair[0]), replica_url=url(pair[1]), key="any", clock=clock)
    yield client, clock
    client.close()


@pytest.fixture
def http(shop):
    return client_of(shop)


def url(server):
    return f"redis://{HOST}:{server.port}"


def follow(primary, replica):
    replica.ask("REPLICAOF", HOST, primary.port)
    wait_until(lambda: is_linked(replica), "the replica has its primary's data")


def cut_off(replica):
    """The replica keeps its data, and gets no more from its primary."""
    replica.ask("REPLICAOF", HOST, 1)


def scripts_run(server):
    """How many read-only scripts the server has run."""
    with server.client as client:
        return sum(
            stats["calls"] for name, stats in client.info("commandstats").items() if re.search("eval(sha)?_ro", name)
        )


def free(shop, **more):
    answer = shop.stock.availability(["A"], "web", **more)
    return answer.skus[0].free, answer.age


def test_a_replica_answers_only_who_allows_it_and_as_the_primary_does(http, replica):
    before = scripts_run(replica)
    fresh = [http.get(path) for path in (SHELF, STOCK)]
    assert scripts_run(replica) == before
    for path, plain in zip((SHELF, STOCK), fresh, strict=True):
        stale = http.get(path, headers=ANY)
        assert (stale.status_code, stale.json) == (200, plain.json)
        assert "Age" not in plain.headers
        assert 1 <= int(stale.headers["Age"]) < SILENT_SECONDS
    assert scripts_run(replica) >= before + 2


def test_the_etag_of_an_availability_is_the_same_from_either_server(http):
    tag = http.get(SHELF).headers["ETag"]
    same = http.get(SHELF, headers={**ANY, "If-None-Match": tag})
    assert (same.status_code, "Age" in same.headers) == (304, True)


def test_a_replica_that_is_behind_answers_only_who_allows_that_age_and_says_so(shop, http, replica):
    cut_off(replica)
    shop.stock.set_count(Count(node="lyon", sku="A", on_hand=4, stamp=Stamp(kind="s", number=1)))
    assert http.get(SHELF).json["skus"][0]["free"] == 11
    stale = http.get(SHELF, headers=ANY)
    assert (stale.json["skus"][0]["free"], int(stale.headers["Age"]) > SILENT_SECONDS) == (17, True)
    for directive in ("max-stale=30", "max-stale=0", "max-age=0", "no-cache, max-stale", "max-stale=soon", ""):
        response = http.get(SHELF, headers={"Cache-Control": directive})
        assert (response.json["skus"][0]["free"], "Age" in response.headers) == (11, False), directive


def test_holds_whose_time_has_come_are_left_out_and_nothing_is_written(shop, clock, primary, replica, network):
    for _ in range(5):
        shop.decide(order(("B", 1)))
    primary.ask("WAIT", 1, 5_000)
    cut_off(replica)
    with redis.Redis(host=HOST, port=replica.port) as inside:
        before = contents_of(inside, network)
        clock.now += 3_599
        assert free(shop, max_stale=LONG)[0] == 17
        clock.now += 1
        assert free(shop, max_stale=LONG)[0] == 20
        (lille, lyon) = shop.stock.show("A", max_stale=LONG).nodes
        assert (lille.position.held, lyon.position.held) == (0, 0)
        assert shop.stock.availability(["B"], "web", max_stale=LONG).skus[0].free == 5
        assert contents_of(inside, network) == before
    assert free(shop) == (20, None)


def test_a_tag_from_before_a_hold_ran_out_is_not_that_of_a_replica_that_leaves_it_out(http, clock):
    tag = http.get(SHELF, headers=ANY).headers["ETag"]
    assert http.get(SHELF, headers={**ANY, "If-None-Match": tag}).status_code == 304
    clock.now += 3_600
    ended = http.get(SHELF, headers={**ANY, "If-None-Match": tag})
    assert (ended.status_code, ended.json["skus"][0]["free"], "Age" in ended.headers) == (200, 20, True)


def test_a_floor_that_depends_on_the_load_of_the_day_is_the_same_from_either_server(shop, clock):
    activate(shop, "when: {node.load: {at_least: 1}}, then: {keep: 5}", "then: {hold: 1 h}")
    shop.decide(order(("B", 1)))
    shop._client.redis.execute_command("WAIT", 1, 5_000)
    assert free(shop, max_stale=LONG)[0] == 12
    clock.now += 3_600
    units, age = free(shop, max_stale=LONG)
    assert (units, age is not None) == (20, True)
    assert free(shop) == (20, None)


def test_expired_holds_of_another_day_do_not_lower_the_load_of_this_one(shop, clock):
    clock.now += 14 * 3_600 - 1_800  # in Paris, half an hour to midnight
    activate(shop, "when: {node.load: {at_least: 1}}, then: {keep: 5}", "then: {hold: 1 h}")
    shop.decide(order(("B", 1)))
    clock.now += 2_400
    shop.decide(order(("B", 1), id="the next day"))
    shop._client.redis.execute_command("WAIT", 1, 5_000)
    clock.now += 1_200
    units, age = free(shop, max_stale=LONG)
    assert (units, age is not None) == (free(shop)[0], True)
    assert units == 15


def test_a_hold_that_is_extended_between_two_looks_is_not_left_out(shop, clock, pair):
    (hold,) = shop.holds.list_open(limit=9).holds
    looks = []

    def extend_before_the_second():
        looks.append(hold)
        if len(looks) == 2:
            clock.now -= 1
            shop.holds.extend(hold.id, minutes=600)
            clock.now += 1
            shop._client.redis.execute_command("WAIT", 1, 5_000)

    with proxy(url(pair[1])) as before:
        settings = Settings(redis_url=url(pair[0]), redis_replica_url=before.url, network=shop.settings.network)
        with Pointsman(settings, clock=clock) as reader:
            assert free(reader, max_stale=LONG)[0] == 17
            clock.now += 3_600
            before.before, before.act = b"EVALSHA_RO", extend_before_the_second
            units, age = free(reader, max_stale=LONG)
    assert len(looks) >= 2
    assert (units, age is not None) == (17, True)


def test_a_replica_with_very_many_expired_holds_leaves_them_to_the_primary(shop, clock, replica, monkeypatch):
    monkeypatch.setattr("engine.store.replica.MOST_EXPIRED", 1)
    assert free(shop, max_stale=LONG)[1] is not None
    clock.now += 3_600
    assert free(shop, max_stale=LONG) == (20, None)


def test_a_replica_that_has_another_network_is_not_asked_for_stock(shop, replica):
    cut_off(replica)
    shop.load(inventory([node("lyon", LYON)], {"A": {"lyon": 6}}))
    assert free(shop) == (3, None)
    assert free(shop, max_stale=LONG) == (3, None)


def test_a_replica_answers_by_the_policies_it_has(shop, replica):
    cut_off(replica)
    activate(shop, "then: {keep: 2}")
    assert free(shop) == (13, None)
    assert free(shop, max_stale=LONG)[0] == 17


def test_a_logged_decision_is_read_from_a_replica_and_one_it_does_not_have_from_the_primary(shop, http, replica):
    old = shop.decide(order(("B", 1)))
    shop._client.redis.execute_command("WAIT", 1, 5_000)
    cut_off(replica)
    new = shop.decide(order(("B", 1)))
    for answer in (old, new):
        response = http.get(f"/v1/decisions/{json_of(answer)['id']}", headers=ANY)
        assert (response.data, "Age" in response.headers) == (answer.body, False)
    problem_of(http.get("/v1/decisions/nobody", headers=ANY), 404)


def test_where_the_replica_does_not_answer_the_primary_does(shop, replica):
    replica.kill()
    try:
        answers = [free(shop, max_stale=LONG) for _ in range(3)]
    finally:
        replica.start()
    assert answers == [(17, None)] * 3


def test_a_replica_that_failed_is_left_alone_for_some_seconds(asking, primary, replica):
    client, clock = asking
    replica.kill()
    with pytest.raises(AskPrimary):
        client.ask([ECHO], max_age=LONG)
    replica.start()
    follow(primary, replica)
    with pytest.raises(AskPrimary):
        client.ask([ECHO], max_age=LONG)
    clock.now += LEFT_ALONE_SECONDS
    assert client.ask([ECHO], max_age=LONG)[0] == [b"here"]


def test_a_read_that_fails_does_not_disturb_those_of_other_threads(asking, monkeypatch):
    client, _ = asking
    monkeypatch.setattr("engine.store.connection.replica_client.LEFT_ALONE_SECONDS", 0)
    over = threading.Event()

    def fail():
        while not over.wait(0.002):
            with pytest.raises(AskPrimary):
                client.ask([("NO-SUCH-COMMAND",)], max_age=LONG)

    def read():
        return [client.ask([ECHO], max_age=LONG)[0] for _ in range(60)]

    with ThreadPoolExecutor(7) as threads:
        failing = threads.submit(fail)
        try:
            answers = [answer for reads in [threads.submit(read) for _ in range(6)] for answer in reads.result()]
        finally:
            over.set()
        failing.result()
    assert answers == [[b"here"]] * 360


def test_a_shared_client_is_closed_when_its_last_user_releases_it(replica):
    def connections():
        return replica.ask("INFO", "clients")["connected_clients"]

    before = connections()
    shared = SharedClient(redis.Redis(host=HOST, port=replica.port))
    shared.acquire()
    with shared.released_after() as other_user:
        assert other_user.ping()
        shared.release()
        assert connections() == before + 1
    assert connections() == before


def test_where_the_primary_does_not_answer_the_replica_does_and_nothing_is_decided(tmp_path, clock):
    with nodes(tmp_path, 2) as (primary, replica):
        follow(primary, replica)
        settings = Settings(redis_url=url(primary), redis_replica_url=url(replica))
        with Pointsman(settings, clock=clock) as shop:
            shop.load(inventory([node("lyon", LYON)], {"A": {"lyon": 9}}))
            activate(shop)
            http = client_of(shop)
            made = shop.decide(order(("A", 2)))
            assert free(shop) == (7, None)
            primary.ask("WAIT", 1, 5_000)
            primary.kill()
            assert free(shop, max_stale=LONG)[0] == 7
            assert shop.decision(json_of(made)["id"], max_stale=LONG).body == made.body
            problem_of(http.get(SHELF), 503)
            problem_of(http.post("/v1/decisions", json=order_json(("A", 1)), headers=ANY), 503)


def test_a_script_that_a_replica_does_not_have_is_sent_whole(shop, replica):
    assert free(shop, max_stale=LONG)[1] is not None
    replica.ask("SCRIPT", "FLUSH")
    assert free(shop, max_stale=LONG)[1] is not None


def test_a_server_that_follows_no_primary_is_not_asked(pair, shop):
    settings = Settings(redis_url=url(pair[0]), redis_replica_url=url(pair[0]), network=shop.settings.network)
    with Pointsman(settings, clock=lambda: shop.now) as pointsman:
        assert free(pointsman, max_stale=LONG) == (17, None)


def test_without_a_replica_the_primary_answers(pointsman):
    assert pointsman.stock.show("SHIRT", max_stale=LONG).age is None
    assert pointsman.stock.availability(["SHIRT"], "web", max_stale=LONG).age is None


@pytest.mark.parametrize(
    ("info", "age"),
    [
        ({"role": "master"}, None),
        ({}, None),
        ({"role": "slave", "master_link_status": "up", "master_last_io_seconds_ago": 3}, 4),
        ({"role": "slave", "master_link_status": "up", "master_last_io_seconds_ago": -1}, None),
        ({"role": "slave", "master_link_status": "down", "master_link_down_since_seconds": 2}, SILENT_SECONDS + 3),
        ({"role": "slave", "master_link_status": "down", "master_link_down_since_seconds": -1}, None),
        ({"role": "slave", "master_link_status": "down"}, None),
    ],
)
def test_the_age_is_what_the_replica_says_rounded_up(info, age):
    assert age_of(info) == age


def test_the_command_line_says_that_a_replica_answered(shop, pair, command):
    environment = {
        "POINTSMAN_REDIS_URL": url(pair[0]),
        "POINTSMAN_REDIS_REPLICA_URL": url(pair[1]),
        "POINTSMAN_NETWORK": shop.settings.network,
    }
    for words, facts in ((["availability"], ["A", "web"]), (["stock", "show"], ["A"])):
        plain = command(*words, *facts, "--json", **environment)
        stale = command(*words, *facts, "--json", "--max-stale", 60, **environment)
        assert (plain.returncode, plain.stderr, json.loads(stale.stdout)) == (0, "", json.loads(plain.stdout))
        promised = " ".join(command(*words, "--help").stdout.split())
        assert "heard from its primary in the last so many seconds" in promised
        assert re.fullmatch(r"answered by a replica, which heard from its primary at most \d+ s ago\n", stale.stderr)


def test_an_idempotency_key_is_looked_up_at_the_primary(shop, replica):
    cut_off(replica)
    sent, key = order(("B", 1)), RequestKey(caller="c", name="once")
    assert shop.decide(sent, key=key).body == shop.decide(sent, key=key).body


def test_a_replica_that_hangs_is_given_up_sooner_than_a_primary(shop, replica):
    assert ANSWER_SECONDS < client.ANSWER_SECONDS
    os.kill(replica.process.pid, signal.SIGSTOP)
    try:
        assert free(shop, max_stale=LONG) == (17, None)
    finally:
        os.kill(replica.process.pid, signal.SIGCONT)


def test_the_decisions_of_a_batch_wait_for_the_replica_once_for_all(shop, primary, replica, network, clock):
    with Pointsman(Settings(redis_url=url(primary), network=network, replicas=1), clock=clock) as waiting:
        orders = [order(("A", 1), id=name) for name in "abc"]
        before = waits(primary)
        batch = decide_batch(waiting, orders)
        assert (len(batch.answers), waits(primary) - before) == (3, 1)
        with alone(replica), pytest.raises(StoreUnavailable, match="0 replicas have it and 1 must"):
            decide_batch(waiting, orders)


@pytest.mark.parametrize(
    "call",
    [
        lambda worker, name: worker.holds.confirm(name, lines={"A": 1}, op="1"),
        lambda worker, name: worker.rerouting.reject(
            RejectionRequest(decision=name, node="lyon", reason="other", lines={"A": 1}, op="1")
        ),
        lambda worker, _: worker.cancellations.cancel(CancelRequest(order="O-1", lines={"A": 1}, op="1")),
        lambda worker, _: worker.amendments.amend(AmendRequest(order=order(("A", 1), id="O-1"), op="1")),
    ],
    ids=["confirm", "reject", "cancel", "amend"],
)
def test_a_call_that_is_sent_again_is_not_answered_before_the_replica_has_what_it_did(
    shop, primary, replica, clock, call
):
    settings = dataclasses.replace(shop.settings, replicas=1)
    with Pointsman(settings, clock=clock) as waiting:
        name = waiting.decide(order(("A", 3), id="O-1")).id
        for _ in range(2):
            with alone(replica), pytest.raises(StoreUnavailable, match="0 replicas have it and 1 must"):
                call(waiting, name)
    follow(primary, replica)
    with Pointsman(settings, clock=clock) as waiting:
        assert call(waiting, name) == call(waiting, name)


def test_where_too_few_replicas_have_a_decision_the_answer_says_what_stands_and_a_retry_settles_it(
    shop, primary, replica, clock
):
    settings = dataclasses.replace(shop.settings, replicas=1)
    body = order_json(("A", 3), id="replicated")
    keys = [{}, {"Idempotency-Key": "one"}]
    with Pointsman(settings, clock=clock) as waiting:
        http = client_of(waiting)
        assert http.get("/readyz").status_code == 200
        with alone(replica):
            assert "0 replicas follow the server, and 1 must" in problem_of(http.get("/readyz"), 503)["detail"]
            refused = problem_of(http.post("/v1/decisions", json=body, headers=keys[1]), 503)
            assert refused["type"].endswith("not-replicated")
            (stands,) = re.findall(r"decision '(\w+)' of order", refused["detail"])
            for headers in keys:
                again = problem_of(http.post("/v1/decisions", json=body, headers=headers), 503)
                assert again["type"].endswith("not-replicated")
        follow(primary, replica)
        for headers in keys:
            answer = http.post("/v1/decisions", json=body, headers=headers)
            assert (answer.status_code, answer.get_json()["id"]) == (200, stands)
        assert http.get("/readyz").status_code == 200
        audit = waiting.check()
        assert (audit.clean, audit.decisions, audit.held) == (True, 2, 6)


def test_that_a_hold_has_ended_is_not_said_before_the_replica_has_that(shop, primary, replica, clock):
    settings = dataclasses.replace(shop.settings, replicas=1)
    with Pointsman(settings, clock=clock) as waiting:
        name = waiting.decide(order(("A", 3), id="O-1")).id
        for _ in range(2):  # without an operation's name, the second one asks for what is so already
            with alone(replica), pytest.raises(NotReplicated):
                waiting.holds.confirm(name)
        with alone(replica), pytest.raises(NotReplicated):
            waiting.holds.release(name)
        follow(primary, replica)
        assert waiting.holds.confirm(name).shipments
        with pytest.raises(HoldEnded):
            waiting.holds.release(name)


@contextlib.contextmanager
def alone(replica):
    """It follows nobody from now on, so whoever waits for it meanwhile does so in vain, and not for long."""
    replica.ask("REPLICAOF", "NO", "ONE")
    with pytest.MonkeyPatch.context() as patch:
        patch.setattr(client, "REPLICA_MILLISECONDS", 50)
        yield


def waits(server):
    with server.client as connection:
        return connection.info("commandstats").get("cmdstat_wait", {"calls": 0})["calls"]
