"""An embedded server that runs and does not answer is given up as soon as any other, not waited for like one that
starts.
"""

import contextlib
import os
import signal
import time

import pytest
import redis

from api.files.inventory_folder import load_inventory
from engine.errors import StoreUnavailable
from engine.service import Pointsman
from engine.settings import Settings
from engine.store.connection.client import RETRIES
from engine.store.connection.embedded import socket_of
from engine.store.connection.server import open_server
from tests.conftest import SMALL, activate
from tests.support.callers import client_of
from tests.support.order_json import order_json
from tests.support.problem_json import problem_of

pytestmark = pytest.mark.slow

SHORT = 0.7
"""Seconds for one answer; three requests wait for it."""
TOO_LONG = 5 * (1 + RETRIES) * SHORT
"""Seconds; far more than a given server gets, and far less than an embedded one that starts."""


@pytest.fixture
def short_timeouts(monkeypatch):
    monkeypatch.setattr("engine.store.connection.client.ANSWER_SECONDS", SHORT)


@pytest.fixture
def pointsman(tmp_path, clock):
    with Pointsman(Settings(data=tmp_path / "data"), clock=clock) as pointsman:
        pointsman.load(load_inventory(SMALL))
        activate(pointsman)
        pointsman.ready()
        yield pointsman


@pytest.fixture
def http(pointsman):
    return client_of(pointsman)


@contextlib.contextmanager
def frozen(data):
    with redis.Redis(unix_socket_path=str(socket_of(data.resolve()))) as client:
        process = client.info("server")["process_id"]
    os.kill(process, signal.SIGSTOP)
    try:
        yield
    finally:
        os.kill(process, signal.SIGCONT)


def seconds(act):
    began = time.monotonic()
    answer = act()
    return time.monotonic() - began, answer


@pytest.mark.usefixtures("short_timeouts")
def test_a_request_to_a_frozen_server_is_refused_about_as_soon_as_with_a_given_server(http, pointsman):
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


def test_a_readiness_check_is_answered_sooner_than_an_order_is_given_up(http, pointsman):
    with frozen(pointsman.settings.data):
        taken, response = seconds(lambda: http.get("/readyz"))
        problem_of(response, 503)
        given_up, _ = seconds(lambda: http.post("/v1/decisions", json=order_json()))
    assert taken < given_up / 2
    assert http.get("/readyz").status_code == 200


def test_a_frozen_server_can_not_be_opened_and_the_error_says_that_it_runs(pointsman):
    data = pointsman.settings.data
    with frozen(data):
        with pytest.raises(StoreUnavailable, match="runs, but has given no answer for") as caught:
            open_server(Settings(data=data))
        assert str(data) in str(caught.value)
    with open_server(Settings(data=data)) as server:
        assert server.ensure_running()
