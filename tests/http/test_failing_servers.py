"""A server that takes no writes, or takes its time: a problem that says try again, and nothing half done."""

import os
import signal

import pytest
import redis

from api.files.inventory_folder import load_inventory
from api.http.app import create_app
from engine.service import Pointsman
from engine.settings import Settings
from engine.store.connection.server import open_server
from tests.conftest import SMALL, activate, contents_of
from tests.support.order_json import order_json
from tests.support.problem_json import problem_of

KEY = {"Idempotency-Key": "one"}


@pytest.fixture
def server(tmp_path):
    with open_server(Settings(data=tmp_path / "data")) as found:
        yield found


@pytest.fixture
def client(server):
    with redis.Redis.from_url(server.url) as found:
        yield found


@pytest.fixture
def pointsman(server, clock):
    with Pointsman(Settings(redis_url=server.url, network="main"), clock=clock) as found:
        found.load(load_inventory(SMALL))
        activate(found)
        found.ready()
        yield found


@pytest.fixture
def http(pointsman):
    return create_app(pointsman).test_client()


def test_a_read_only_replica_answers_what_it_knows_and_decides_nothing(http, client, pointsman):
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
    assert http.get(made.headers["Location"]).data == made.data
    assert http.get("/v1/availability?sku=SHIRT&channel=web").status_code == 200
    assert contents_of(client, "main") == before
    client.replicaof("NO", "ONE")
    assert http.get("/readyz").status_code == 200
    assert http.post("/v1/decisions", json=order_json()).status_code == 201
    assert pointsman.check().clean


def test_being_asked_whether_it_is_ready_writes_nothing(http, client):
    before = contents_of(client, "main")
    assert http.get("/readyz").status_code == 200
    assert contents_of(client, "main") == before


@pytest.mark.slow
def test_a_server_that_hangs_at_the_commit_is_a_problem_and_what_it_did_then_is_done_once(
    server, client, clock, monkeypatch
):
    """The commit is in its socket by the time the caller is told to try again: it may be done later, but once."""
    monkeypatch.setattr(
        "engine.store.connection.client.ANSWER_SECONDS", 0.7
    )  # it is waited for three times, by two requests
    running, armed = client.info("server")["process_id"], []

    def stopping():
        # once the snapshot was read, and before the commit is sent
        if armed and client.info("commandstats")["cmdstat_evalsha"]["calls"] > armed[0]:
            armed.clear()
            os.kill(running, signal.SIGSTOP)
        return clock()

    with Pointsman(Settings(redis_url=server.url, network="main"), clock=stopping) as pointsman:
        pointsman.load(load_inventory(SMALL))
        activate(pointsman)
        http = create_app(pointsman).test_client()
        body = order_json(("RARE", 2))
        armed.append(client.info("commandstats").get("cmdstat_evalsha", {"calls": 0})["calls"])
        try:
            response = http.post("/v1/decisions", json=body, headers=KEY)
            assert "does not answer" in problem_of(response, 503)["detail"]
            assert response.headers["Retry-After"]
            problem_of(http.get("/readyz"), 503)
            assert http.get("/healthz").status_code == 200
        finally:
            os.kill(running, signal.SIGCONT)
        assert http.post("/v1/decisions", json=body, headers=KEY).status_code in (200, 201)
        audit = pointsman.check()
        assert (audit.clean, audit.decisions, audit.held) == (True, 1, 2)
