"""What a worker of `pointsman serve` does before it answers."""

import contextlib
import subprocess
import sys

import pytest

from api.http import app as app_module
from api.http.addresses import Methods
from api.http.app import served_app
from engine.decide.address import countries
from engine.service import Pointsman
from engine.turn_thread import TurnThread
from tests.conftest import activate
from tests.support.clean_environment import clean_environment


@pytest.fixture
def worker(monkeypatch, server_url, network):
    """Starts a worker on the network; returns a client of its application."""
    monkeypatch.setenv("POINTSMAN_REDIS_URL", server_url)
    monkeypatch.setenv("POINTSMAN_NETWORK", network)
    start = TurnThread.start
    with contextlib.ExitStack() as opened:

        def start_thread(thread):
            """A worker's threads end with its process. One that went on here would draw random numbers in the midst of
            other tests whenever its server is slow, and hypothesis would complain of that.
            """
            opened.callback(thread.stop)
            start(thread)

        monkeypatch.setattr(TurnThread, "start", start_thread)

        def open_pointsman(settings, **more):
            return opened.enter_context(Pointsman(settings, **more))

        monkeypatch.setattr(app_module, "Pointsman", open_pointsman)  # nobody else closes it
        yield lambda: served_app().test_client()


def test_it_has_asked_durable_rules_what_orders_need_before_the_first_comes(pointsman, worker, redis_client, network):
    activate(pointsman, "when: {node.id: lyon}, then: {prefer: 2.00}")
    assert not redis_client.exists(f"{{{network}}}:policies:answers")
    client = worker()
    assert redis_client.exists(f"{{{network}}}:policies:answers")
    assert client.get("/readyz").status_code == 200


def test_the_first_order_waits_for_no_file_and_for_no_look_at_all_addresses(pointsman, worker):
    activate(pointsman, "when: {node.id: lyon}, then: {prefer: 2.00}")
    countries._countries.cache_clear()
    (methods,) = (item for item in worker().application.extensions.values() if isinstance(item, Methods))
    assert "_vague" in vars(methods)
    assert countries._countries.cache_info().currsize == 1


def test_it_starts_where_there_is_no_network_yet(bare, worker):
    assert worker().get("/readyz").status_code == 503


SELDOM_NEEDED = {
    *("highspy", "rich", "reportlab", "segno", "PIL", "pdb", "flask.testing", "confluent_kafka"),
    *("api.connectors.language.loader", "api.connectors.running.turns", "api.connectors.running.replaying"),
    *("api.connectors.running.receiving", "api.files.policy_tests.reader", "api.reports.whatif.report"),
}


def test_it_imports_nothing_that_few_workers_need(pointsman, server_url, network):
    program = (
        "import os, sys, api.http.serving.worker\nfrom api.http.app import served_app\n"
        "served_app()\nprint(*sys.modules, flush=True)\nos._exit(0)"
    )
    environment = clean_environment(POINTSMAN_REDIS_URL=server_url, POINTSMAN_NETWORK=network)
    command = [sys.executable, "-c", program]
    imported = subprocess.run(command, env=environment, capture_output=True, text=True, check=True).stdout.split()
    assert "engine.service" in imported
    assert SELDOM_NEEDED.isdisjoint(imported)
