"""An embedded server that is there and does not answer is given up like another's, not waited for as if it started."""

import contextlib
import os
import signal
import time

import pytest
import redis

from api.files.inventory_folder import load_inventory
from api.http.app import create_app
from engine.errors import StoreUnavailable
from engine.service import Pointsman
from engine.settings import Settings
from engine.store.connection.client import RETRIES
from engine.store.connection.embedded import socket_of
from engine.store.connection.server import open_server
from tests.conftest import SMALL, activate
from tests.support.order_json import order_json
from tests.support.problem_json import problem_of

pytestmark = pytest.mark.slow

SHORT = 0.7
"""Seconds for one answer, where three requests wait."""
TOO_LONG = 5 * (1 + RETRIES) * SHORT
"""Far more than another's server is given; far less than one that starts."""


@pytest.fixture
def short_of_patience(monkeypatch):
    monkeypatch.setattr("engine.store.connection.client.ANSWER_SECONDS", SHORT)


@pytest.fixture
def pointsman(tmp_path, clock):
    with Pointsman(Settings(data=tmp_path / "data"), clock=clock) as found:
        found.load(load_inventory(SMALL))
        activate(found)
        found.ready()
        yield found


@pytest.fixture
def http(pointsman):
    return create_app(pointsman).test_client()


@contextlib.contextmanager
def frozen(data):
    with redis.Redis(unix_socket_path=str(socket_of(data.resolve()))) as client:
        running = client.info("server")["process_id"]
    os.kill(running, signal.SIGSTOP)
    try:
        yield
    finally:
        os.kill(running, signal.SIGCONT)


def seconds(act):
    began = time.monotonic()
    answer = act()
    return time.monotonic() - began, answer


@pytest.mark.usefixtures("short_of_patience")
def test_whoever_asks_is_told_to_try_again_about_as_soon_as_of_anothers_server(http, pointsman):
    with frozen(pointsman.settings.data):
        for ask in (
            lambda: http.post("/v1/decisions", json=order_json()),
            lambda: http.get("/v1/availability?sku=SHIRT&channel=web"),
            lambda: http.put("/v1/stock/lyon/SHIRT", json={"on_hand": 5, "sequence": 1}),
        ):
            taken, response = seconds(ask)
            assert "does not answer" in problem_of(response, 503)["detail"]
            assert response.headers["Retry-After"] == "1"
            assert taken < TOO_LONG
    assert http.post("/v1/decisions", json=order_json()).status_code == 201
    audit = pointsman.check()
    assert (audit.clean, audit.decisions) == (True, 1)


def test_whether_it_is_ready_is_told_sooner_than_an_order_is_given_up(http, pointsman):
    with frozen(pointsman.settings.data):
        taken, response = seconds(lambda: http.get("/readyz"))
        problem_of(response, 503)
        given_up, _ = seconds(lambda: http.post("/v1/decisions", json=order_json()))
    assert taken < given_up / 2
    assert http.get("/readyz").status_code == 200


def test_a_frozen_one_is_not_opened_and_the_fault_says_that_it_runs(pointsman):
    data = pointsman.settings.data
    with frozen(data):
        with pytest.raises(StoreUnavailable, match="runs, but has given no answer for") as caught:
            open_server(Settings(data=data))
        assert str(data) in str(caught.value)
    with open_server(Settings(data=data)) as server:
        assert server.ensure_running()
