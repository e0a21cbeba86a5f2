"""A server that was away, hung, full or read-only is used again within a second after it is back."""

import contextlib
import os
import signal
import statistics
import time

import pytest
import redis

from engine.service import Pointsman
from engine.settings import Settings
from tests.conftest import activate
from tests.support.callers import client_of
from tests.support.facts import LYON, inventory, node
from tests.support.order_json import order_json
from tests.support.recovery_time import AGAIN_WITHIN, ROUNDS, repeated, seconds_until_served
from tests.support.redis_topologies import HOST, nodes
from tests.support.wait_until import wait_until

pytestmark = pytest.mark.slow

HANGS = 2.3
"""Seconds; longer than the client waits for one answer, so that it has tried again."""


@pytest.fixture(scope="module")
def server(tmp_path_factory):
    with nodes(tmp_path_factory.mktemp("server"), 1, "--appendonly", "yes", "--appendfsync", "always") as (started,):
        yield started


@pytest.fixture
def pointsman(server, clock, network):
    with Pointsman(Settings(redis_url=f"redis://{HOST}:{server.port}", network=network), clock=clock) as pointsman:
        pointsman.load(inventory([node("lyon", LYON)], {"A": {"lyon": 1_000_000}}))
        activate(pointsman)
        yield pointsman


def killed(server, _):
    server.kill()
    return server.start


def hung(server, requests):
    os.kill(server.process.pid, signal.SIGSTOP)
    time.sleep(2 * 0.05)
    wait_until(lambda: requests.waiting > HANGS, "a request has been waiting for it")
    return lambda: os.kill(server.process.pid, signal.SIGCONT)


def full(server, _):
    server.ask("CONFIG", "SET", "maxmemory", 1)
    return lambda: server.ask("CONFIG", "SET", "maxmemory", 0)


def read_only(server, _):
    server.ask("REPLICAOF", HOST, 1)
    return lambda: server.ask("REPLICAOF", "NO", "ONE")


def takes_writes(server):
    with contextlib.suppress(redis.RedisError):
        return server.ask("SET", "{elsewhere}:key", 1)
    return False


@pytest.mark.parametrize("away", [killed, hung, full, read_only])
def test_it_is_served_again_within_a_second_of_the_servers_return(server, pointsman, away):
    http = client_of(pointsman)
    statuses = []

    def served():
        response = http.post("/v1/decisions", json=order_json(("A", 1)))
        statuses.append((response.status_code, response.headers.get("Retry-After")))
        return response.status_code == 201

    with repeated(served) as requests:
        taken = []
        for _ in range(ROUNDS):
            wait_until(lambda: any(served for *_, served in requests.answers), "it is served")
            gone = time.monotonic()
            back = away(server, requests)
            if away is not hung:
                wait_until(lambda gone=gone: requests.refused_since(gone), "it is refused")
            taken.append(seconds_until_served(requests, back, lambda: takes_writes(server)))
    assert statistics.median(taken) < AGAIN_WITHIN, taken
    assert set(statuses) <= {(201, None), (503, "1")}
    audit = pointsman.check()
    assert audit.clean
    assert audit.held == audit.decisions >= sum(status == 201 for status, _ in statuses)
