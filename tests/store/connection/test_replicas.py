"""Reads that may be stale go to a replica, which is never written to, and say when it heard of its primary."""

import contextlib
import itertools
import json
import os
import re
import signal
import threading
from concurrent.futures import ThreadPoolExecutor

import pytest
import redis

from api.http.app import create_app
from engine.service import Pointsman
from engine.settings import Settings
from engine.store.connection import client
from engine.store.ledger import Key
from engine.store.replica import ANSWER_SECONDS, SILENT_SECONDS, Behind, age_of
from engine.store.stock import Count, Stamp
from tests.conftest import activate, contents_of
from tests.support.facts import LILLE, LYON, inventory, node, order
from tests.support.order_json import order_json
from tests.support.problem_json import problem_of
from tests.support.redis_topologies import HOST, is_linked, nodes
from tests.support.wait_until import wait_until

pytestmark = pytest.mark.slow

LONG = 1_000_000
ANY = {"Cache-Control": "max-stale"}
SHELF = "/v1/availability?sku=A&channel=web"
STOCK = "/v1/stock/A"


@pytest.fixture(scope="module")
def pair(tmp_path_factory):
    with nodes(tmp_path_factory.mktemp("pair"), 2, "--appendonly", "yes") as found:
        follow(*found)
        yield found


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
        activate(pointsman, "then: {hold: 1 h}", "when: {node.id: lille}, then: {exclude: true}")
        pointsman.decide(order(("A", 3)))
        pair[0].ask("WAIT", 1, 5_000)
        yield pointsman


@pytest.fixture
def http(shop):
    return create_app(shop).test_client()


def url(server):
    return f"redis://{HOST}:{server.port}"


def follow(primary, replica):
    replica.ask("REPLICAOF", HOST, primary.port)
    wait_until(lambda: is_linked(replica), "the replica has its primary's data")


def cut_off(replica):
    """It keeps what it has, and hears of nothing any more."""
    replica.ask("REPLICAOF", HOST, 1)


def scripts_run(server):
    """How often a read-only script was run."""
    with server.client as client:
        return sum(
            said["calls"] for name, said in client.info("commandstats").items() if re.search("eval(sha)?_ro", name)
        )


def free(shop, **more):
    (found,) = shop.stock.availability(["A"], "web", **more)
    return found.free, found.age


def test_only_who_allows_it_is_answered_by_a_replica_and_both_say_the_same(http, replica):
    before = scripts_run(replica)
    fresh = [http.get(path) for path in (SHELF, STOCK)]
    assert scripts_run(replica) == before
    for path, plain in zip((SHELF, STOCK), fresh, strict=True):
        stale = http.get(path, headers=ANY)
        assert (stale.status_code, stale.json) == (200, plain.json)
        assert "Age" not in plain.headers
        assert 1 <= int(stale.headers["Age"]) < SILENT_SECONDS
    assert scripts_run(replica) >= before + 2


def test_the_etag_of_a_shelf_does_not_hang_on_who_told(http):
    tag = http.get(SHELF).headers["ETag"]
    same = http.get(SHELF, headers={**ANY, "If-None-Match": tag})
    assert (same.status_code, "Age" in same.headers) == (304, True)


def test_a_replica_that_is_behind_answers_if_it_may_be_that_old_and_says_so(shop, http, replica):
    cut_off(replica)
    shop.stock.put(Count(node="lyon", sku="A", on_hand=4, stamp=Stamp(kind="s", number=1)))
    assert http.get(SHELF).json["skus"][0]["free"] == 11
    stale = http.get(SHELF, headers=ANY)
    assert (stale.json["skus"][0]["free"], int(stale.headers["Age"]) > SILENT_SECONDS) == (17, True)
    for said in ("max-stale=30", "max-stale=0", "max-age=0", "no-cache, max-stale", "max-stale=soon", ""):
        response = http.get(SHELF, headers={"Cache-Control": said})
        assert (response.json["skus"][0]["free"], "Age" in response.headers) == (11, False), said


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
        assert shop.availability("B", "web", max_stale=LONG).free == 5
        assert contents_of(inside, network) == before
    assert free(shop) == (20, None)


def test_a_floor_that_goes_by_the_load_of_the_day_is_as_the_primary_would_say(shop, clock):
    activate(shop, "when: {node.load: {at_least: 1}}, then: {keep: 5}", "then: {hold: 1 h}")
    shop.decide(order(("B", 1)))
    shop._client.redis.execute_command("WAIT", 1, 5_000)
    assert free(shop, max_stale=LONG)[0] == 12
    clock.now += 3_600
    units, age = free(shop, max_stale=LONG)
    assert (units, age is not None) == (20, True)
    assert free(shop) == (20, None)


def test_holds_of_another_day_leave_the_load_of_this_one(shop, clock):
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


def test_a_hold_that_was_extended_while_it_was_looked_at_is_not_left_out(shop, clock):
    (hold,) = shop.holds.living(limit=9).holds
    looks = itertools.count(1)

    def extend_after_the_first():
        if next(looks) == 2:
            clock.now -= 1
            shop.holds.extend(hold.id, minutes=600)
            clock.now += 1
            shop._client.redis.execute_command("WAIT", 1, 5_000)
        return 0.0

    clock.now += 3_600
    shop._replica._clock = extend_after_the_first
    units, age = free(shop, max_stale=LONG)
    assert (units, age is not None) == (17, True)
    assert next(looks) == 3


def test_a_replica_with_very_many_expired_holds_leaves_them_to_the_primary(shop, clock, replica, monkeypatch):
    monkeypatch.setattr("engine.store.replica._MOST_EXPIRED", 1)
    assert free(shop, max_stale=LONG)[1] is not None
    clock.now += 3_600
    assert free(shop, max_stale=LONG) == (20, None)


def test_a_replica_that_has_another_network_leaves_it_to_the_primary(shop, replica):
    cut_off(replica)
    shop.load(inventory([node("lyon", LYON)], {"A": {"lyon": 6}}))
    assert free(shop) == (3, None)
    assert free(shop, max_stale=LONG) == (3, None)


def test_a_replica_decides_by_the_policies_it_has_heard_of(shop, replica):
    cut_off(replica)
    activate(shop, "then: {keep: 2}")
    assert free(shop) == (13, None)
    assert free(shop, max_stale=LONG)[0] == 17


def test_a_logged_decision_is_read_from_a_replica_and_one_it_does_not_have_from_the_primary(shop, http, replica):
    known = shop.decide(order(("B", 1)))
    shop._client.redis.execute_command("WAIT", 1, 5_000)
    cut_off(replica)
    new = shop.decide(order(("B", 1)))
    for answer in (known, new):
        response = http.get(f"/v1/decisions/{answer.record['id']}", headers=ANY)
        assert (response.data, "Age" in response.headers) == (answer.body, False)
    problem_of(http.get("/v1/decisions/nobody", headers=ANY), 404)


def test_where_the_replica_does_not_answer_the_primary_does_and_the_replica_is_left_alone(shop, primary, replica):
    found = []
    shop._replica._clock = lambda: float(len(found))
    replica.kill()
    try:
        found += [free(shop, max_stale=LONG) for _ in range(3)]
    finally:
        replica.start()
    assert found == [(17, None)] * 3
    follow(primary, replica)
    assert free(shop, max_stale=LONG) == (17, None), "it is left alone"
    found += [None] * 5
    assert free(shop, max_stale=LONG)[1] is not None


def test_a_read_that_fails_takes_nothing_from_those_of_other_threads(shop):
    replica, over = shop._replica, threading.Event()
    replica._clock = itertools.count(step=1_000).__next__  # nobody waits until it is asked again

    def fail():
        while not over.wait(0.002):
            with contextlib.suppress(Behind), replica._answering():
                raise redis.ConnectionError

    def read():
        return [free(shop, max_stale=LONG) for _ in range(60)]

    with ThreadPoolExecutor(7) as threads:
        failing = threads.submit(fail)
        try:
            answers = [answer for read in [threads.submit(read) for _ in range(6)] for answer in read.result()]
        finally:
            over.set()
        failing.result()
    assert {units for units, _ in answers} == {17}
    assert None not in {age for _, age in answers}, "the primary was asked"


def test_what_is_let_go_of_is_closed_when_the_last_has_done_with_it(shop, replica):
    replica_of_shop = shop._replica
    free(shop, max_stale=LONG)
    connected = replica.ask("INFO", "clients")["connected_clients"]
    with replica_of_shop._server():
        with contextlib.suppress(Behind), replica_of_shop._answering():
            raise redis.ConnectionError
        assert replica.ask("INFO", "clients")["connected_clients"] == connected
    assert replica.ask("INFO", "clients")["connected_clients"] == connected - 1


def test_where_the_primary_does_not_answer_the_replica_does_and_nothing_is_decided(tmp_path, clock):
    with nodes(tmp_path, 2) as (primary, replica):
        follow(primary, replica)
        settings = Settings(redis_url=url(primary), redis_replica_url=url(replica))
        with Pointsman(settings, clock=clock) as shop:
            shop.load(inventory([node("lyon", LYON)], {"A": {"lyon": 9}}))
            activate(shop)
            made = shop.decide(order(("A", 2)))
            assert free(shop) == (7, None)
            primary.ask("WAIT", 1, 5_000)
            primary.kill()
            assert free(shop, max_stale=LONG)[0] == 7
            assert shop.decision(made.record["id"], max_stale=LONG).body == made.body
            http = create_app(shop).test_client()
            problem_of(http.get(SHELF), 503)
            problem_of(http.post("/v1/decisions", json=order_json(("A", 1)), headers=ANY), 503)


def test_the_scripts_of_a_replica_that_forgot_them_are_sent_whole(shop, replica):
    assert free(shop, max_stale=LONG)[1] is not None
    replica.ask("SCRIPT", "FLUSH")
    assert free(shop, max_stale=LONG)[1] is not None


def test_a_server_that_follows_nobody_is_no_replica(pair, shop):
    settings = Settings(redis_url=url(pair[0]), redis_replica_url=url(pair[0]), network=shop.settings.network)
    with Pointsman(settings, clock=lambda: shop.now) as pointsman:
        assert free(pointsman, max_stale=LONG) == (17, None)


def test_without_a_replica_the_primary_answers(pointsman):
    assert pointsman.stock.show("SHIRT", max_stale=LONG).age is None
    assert pointsman.availability("SHIRT", "web", max_stale=LONG).age is None


@pytest.mark.parametrize(
    ("said", "age"),
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
def test_the_age_is_what_the_replica_knows_rounded_up(said, age):
    assert age_of(said) == age


def test_the_command_line_says_that_a_replica_told(shop, pair, command):
    given = {
        "POINTSMAN_REDIS_URL": url(pair[0]),
        "POINTSMAN_REDIS_REPLICA_URL": url(pair[1]),
        "POINTSMAN_NETWORK": shop.settings.network,
    }
    for words, facts in ((["availability"], ["A", "web"]), (["stock", "show"], ["A"])):
        plain = command(*words, *facts, "--json", **given)
        stale = command(*words, *facts, "--json", "--max-stale", 60, **given)
        assert (plain.returncode, plain.stderr, json.loads(stale.stdout)) == (0, "", json.loads(plain.stdout))
        promised = " ".join(command(*words, "--help").stdout.split())
        assert "heard from its primary in the last so many seconds" in promised
        assert re.fullmatch(r"answered by a replica, which heard from its primary at most \d+ s ago\n", stale.stderr)


def test_a_key_that_came_before_is_answered_by_the_primary_alone(shop, replica):
    cut_off(replica)
    key = Key(caller="c", name="once")
    assert shop.decide(order(("B", 1)), key=key).body == shop.decide(order(("B", 1)), key=key).body


def test_a_replica_that_hangs_is_given_up_before_a_primary_would_be(shop, replica):
    assert ANSWER_SECONDS < client.ANSWER_SECONDS
    os.kill(replica.process.pid, signal.SIGSTOP)
    try:
        assert free(shop, max_stale=LONG) == (17, None)
    finally:
        os.kill(replica.process.pid, signal.SIGCONT)
