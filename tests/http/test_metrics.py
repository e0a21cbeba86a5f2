"""GET /metrics: what was decided, how long its parts took, and what the store has."""

import os
import signal
import subprocess
import sys
import urllib.request

import pytest
from prometheus_client.parser import text_string_to_metric_families

from api.http.app import create_app
from api.http.metrics.meters import MOST_CHANNELS, Meters, NetworkMeter
from engine.service import Pointsman
from engine.settings import Settings
from engine.store.connection.server import open_server
from tests.conftest import activate
from tests.support.callers import key_of, with_key
from tests.support.free_port import free_port
from tests.support.order_json import order_json
from tests.support.server_process import server_process
from tests.support.wait_until import wait_until


@pytest.fixture
def meters():
    return Meters()


@pytest.fixture
def measured(pointsman, server_url, network, clock, meters):
    """Another worker on the network, with a meter."""
    settings = Settings(redis_url=server_url, network=network)
    with Pointsman(settings, clock=clock, meter=NetworkMeter(meters, network)) as worker:
        yield worker


@pytest.fixture
def http(measured, meters):
    app = create_app(measured, meters=meters)
    return with_key(app.test_client(), key_of(measured, role="admin"))


class Numbers(dict):
    """Samples by name and labels."""

    def of(self, name, **labels):
        return self[name, frozenset(labels.items())]


def numbers(http):
    answer = http.get("/metrics")
    assert answer.status_code == 200
    assert answer.content_type.startswith("text/plain")
    families = text_string_to_metric_families(answer.text)
    samples = (sample for family in families for sample in family.samples)
    return Numbers({(sample.name, frozenset(sample.labels.items())): sample.value for sample in samples})


def test_decisions_are_counted_by_status_policies_and_channel(http, measured, network):
    for number in range(3):
        assert http.post("/v1/decisions", json=order_json() | {"id": f"W-{number}"}).status_code == 201
    assert http.post("/v1/decisions?dry_run=true", json=order_json() | {"id": "dry"}).status_code == 200
    found = numbers(http)
    version = http.get("/readyz").json["policy_version"][:12]
    assert found.of("pointsman_decisions_total", network=network, status="filled", policies=version, channel="web") == 3
    for part, least in (("read", 4), ("match", 4), ("choose", 4), ("commit", 3)):
        assert found.of("pointsman_decision_part_seconds_count", network=network, part=part) >= least
    assert found.of("pointsman_http_request_seconds_count", operation="decisions_decide", status="201") == 3
    assert found.of("pointsman_open_holds", network=network) == 3
    assert found.of("pointsman_store_up", network=network) == 1
    assert found.of("pointsman_guard_incidents", network=network) == 0


def test_an_incident_of_the_guard_is_counted_where_it_happens(http, measured, pointsman, network, monkeypatch):
    def fail(*_):
        raise RuntimeError("out of memory")

    activate(pointsman, "when: {order.segment: vip}, then: {hold: 1 h}")
    monkeypatch.setattr("engine.decide.matching.rete.Rete.fired", fail)
    for _ in range(2):  # what the reference said the first time is remembered
        assert http.post("/v1/decisions", json=order_json()).status_code == 201
    assert numbers(http).of("pointsman_guard_incidents", network=network) == measured.incidents == 1


def test_a_commit_that_others_forestall_is_counted_as_a_conflict(http, measured, pointsman, network, monkeypatch):
    commit = measured._ledger._commit

    def after_others(**call):
        monkeypatch.setattr(measured._ledger, "_commit", commit)
        activate(pointsman, "then: {hold: 1 h}")
        return commit(**call)

    monkeypatch.setattr(measured._ledger, "_commit", after_others)
    assert http.post("/v1/decisions", json=order_json()).status_code == 201
    found = numbers(http)
    assert found.of("pointsman_conflicts_total", network=network, kind="policies") == 1


def test_orders_that_wait_or_are_parked_are_counted(http, network):
    assert http.post("/v1/decisions?wait=true", json=order_json(("SHIRT", 400))).status_code == 201
    found = numbers(http)
    assert found.of("pointsman_waiting", network=network) == 1
    assert found.of("pointsman_log_entries", network=network) >= 1


def test_addresses_that_are_none_count_as_one_operation(http):
    for name in ("a", "b", "c"):
        assert http.get(f"/{name}").status_code == 404
    assert numbers(http).of("pointsman_http_request_seconds_count", operation="none", status="404") == 3


def test_channels_without_number_do_not_make_numbers_without_number(http, measured, network):
    for number in range(MOST_CHANNELS + 5):
        measured._ledger._meter.decided(status="filled", policies="a" * 64, channel=f"channel {number}")
    found = numbers(http)
    assert (
        found.of("pointsman_decisions_total", network=network, status="filled", policies="a" * 12, channel="other") == 5
    )
    assert sum(name == "pointsman_decisions_total" for name, _ in found) == MOST_CHANNELS + 1


def test_a_server_that_is_gone_is_said_and_the_rest_is_answered(tmp_path, meters):
    server = open_server(Settings(data=tmp_path / "data"))
    with Pointsman(Settings(redis_url=server.url), meter=NetworkMeter(meters, "main")) as pointsman:
        http = with_key(create_app(pointsman, meters=meters).test_client(), key_of(pointsman, role="admin"))
        assert numbers(http).of("pointsman_store_up", network="main") == 1
        server.close()
        wait_until(lambda: numbers(http).of("pointsman_store_up", network="main") == 0, "the server is gone")
        found = numbers(http)
        assert "pointsman_open_holds" not in {name for name, _ in found}
        assert found.of("pointsman_http_request_seconds_count", operation="metrics_numbers", status="200") >= 2


def test_who_may_not_read_them_is_refused(measured, meters):
    app = create_app(measured, meters=meters)
    assert app.test_client().get("/metrics").status_code == 401
    assert with_key(app.test_client(), key_of(measured, role="oms")).get("/metrics").status_code == 403


WORKER = """
import sys
from api.http.metrics.meters import Meters, NetworkMeter
from prometheus_client import generate_latest
meters = Meters()
meter = NetworkMeter(meters, "main")
if sys.argv[1] == "work":
    meter.decided(status="filled", policies="a", channel="web")
    meter.took("read", 0.001)
    meter.incident()
    print("done", flush=True)
    sys.stdin.read()
else:
    print(generate_latest(meters.collected()).decode())
"""


def test_the_numbers_of_all_processes_are_added_up(tmp_path):
    environment = {"PROMETHEUS_MULTIPROC_DIR": str(tmp_path), "PYTHONPATH": "."}
    words = [sys.executable, "-c", WORKER]
    workers = [
        subprocess.Popen([*words, "work"], env=environment, stdin=subprocess.PIPE, stdout=subprocess.PIPE)
        for _ in range(2)
    ]
    for worker in workers:
        worker.stdout.readline()
    text = subprocess.run([*words, "read"], env=environment, capture_output=True, text=True, check=True).stdout
    assert 'pointsman_decisions_total{channel="web",network="main",policies="a",status="filled"} 2.0' in text
    assert 'pointsman_decision_part_seconds_count{network="main",part="read"} 2.0' in text
    assert 'pointsman_guard_incidents{network="main"} 2.0' in text
    for worker in workers:
        worker.communicate()


@pytest.mark.slow
def test_all_workers_are_in_the_numbers_and_the_port_for_probes_needs_no_key(tmp_path):
    port = free_port()
    environment = {"POINTSMAN_DATA": str(tmp_path / "data"), "POINTSMAN_PROBES_PORT": str(port)}
    with server_process(tmp_path, environment, workers=2) as served:
        for _ in range(8):
            assert served.ask("GET", "/v1/nothing").status == 404
        assert served.ask("GET", "/metrics").status == 401
        with urllib.request.urlopen(f"http://127.0.0.1:{port}/metrics") as answer:
            text = answer.read().decode()
        assert 'pointsman_http_request_seconds_count{operation="none",status="404"} 8.0' in text
        assert 'pointsman_store_up{network="main"} 1.0' in text
        first = served.workers[0]
        os.kill(first, signal.SIGKILL)
        wait_until(lambda: first not in served.workers and len(served.workers) == 2, "another worker has come")
        with urllib.request.urlopen(f"http://127.0.0.1:{port}/metrics") as answer:
            text = answer.read().decode()
        assert 'pointsman_http_request_seconds_count{operation="none",status="404"} 8.0' in text
