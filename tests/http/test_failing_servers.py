"""A server that refuses writes, or hangs: the answer is a problem that says try again, and nothing is half done."""

import os
import signal

import pytest
import redis

from api.files.inventory_folder import load_inventory
from engine.service import Pointsman
from engine.settings import Settings
from engine.store.audit.accesses import AccessFilter
from engine.store.connection.server import open_server
from tests.conftest import SMALL, activate, contents_of
from tests.support.callers import client_of
from tests.support.lossy_proxy import proxy
from tests.support.order_json import order_json
from tests.support.problem_json import problem_of
from tests.support.wait_until import wait_until

KEY = {"Idempotency-Key": "one"}


@pytest.fixture
def server(tmp_path):
    with open_server(Settings(data=tmp_path / "data")) as opened:
        yield opened


@pytest.fixture
def client(server):
    with redis.Redis.from_url(server.url) as client:
        yield client


@pytest.fixture
def pointsman(server, clock):
    with Pointsman(Settings(redis_url=server.url, network="main"), clock=clock) as pointsman:
        pointsman.load(load_inventory(SMALL))
        activate(pointsman)
        pointsman.ready()
        yield pointsman


@pytest.fixture
def http(pointsman):
    return client_of(pointsman)


def test_a_read_only_replica_answers_reads_and_decides_nothing(http, client, pointsman):
    pointsman.accesses.start()  # who reads is recorded once that can be written
    made = http.post("/v1/decisions", json=order_json())
    before = contents_of(client, "main")
    client.replicaof("127.0.0.1", 1)
    for response in (
        http.get("/readyz"),
        http.post("/v1/decisions", json=order_json()),
        http.post(f"{made.headers['Location']}/confirm", json={}),
        http.put("/v1/stock/lyon/SHIRT", json={"on_hand": 5, "sequence": 1}),
    ):
        assert "read-only replica" in problem_of(response, 503)["detail"]
        assert response.headers["Retry-After"]
    nobody = http.application.test_client().get("/v1/orders")
    problem_of(nobody, 401)
    assert "RateLimit" not in nobody.headers  # it could not be counted
    assert http.get(made.headers["Location"]).data == made.data
    assert http.get("/v1/availability?sku=SHIRT&channel=web").status_code == 200
    assert contents_of(client, "main") == before
    client.replicaof("NO", "ONE")
    assert http.get("/readyz").status_code == 200
    assert http.post("/v1/decisions", json=order_json()).status_code == 201
    wait_until(lambda: accesses_of(pointsman) == ["decisions_read"], "the read is recorded")
    assert pointsman.check().clean


def accesses_of(pointsman):
    return [access.what for access in pointsman.accesses.page(AccessFilter(), limit=9).accesses]


def test_a_readiness_check_writes_nothing(http, client):
    before = contents_of(client, "main")
    assert http.get("/readyz").status_code == 200
    assert contents_of(client, "main") == before


@pytest.mark.slow
def test_a_commit_that_hangs_is_answered_by_a_problem_and_done_at_most_once(server, client, clock, monkeypatch):
    """The commit is in the server's socket when the caller is told to try again: it may be done later, but once."""
    # two requests wait for the answer, each of them three times
    monkeypatch.setattr("engine.store.connection.client.ANSWER_SECONDS", 0.7)
    process = client.info("server")["process_id"]
    with (
        proxy(server.url) as before,
        Pointsman(Settings(redis_url=before.url, network="main"), clock=clock) as pointsman,
    ):
        pointsman.load(load_inventory(SMALL))
        activate(pointsman)
        http = client_of(pointsman)
        body = order_json(("RARE", 2))

        def freeze_once():
            before.before = None
            os.kill(process, signal.SIGSTOP)

        before.before, before.act = b":open", freeze_once
        try:
            response = http.post("/v1/decisions", json=body, headers=KEY)
            assert "does not answer" in problem_of(response, 503)["detail"]
            assert response.headers["Retry-After"]
            problem_of(http.get("/readyz"), 503)
            assert http.get("/healthz").status_code == 200
        finally:
            os.kill(process, signal.SIGCONT)
        # until the worker could say that it has ended, the request is taken for one that is being carried out
        wait_until(lambda: http.post("/v1/decisions", json=body, headers=KEY).status_code != 409, "the key is free")
        assert http.post("/v1/decisions", json=body, headers=KEY).status_code in (200, 201)
        audit = pointsman.check()
        assert (audit.clean, audit.decisions, audit.held) == (True, 1, 2)
