"""The service's log: one line a request with its id, and no secret or address in it."""

import json
import re

import pytest

from tests.support.ledger_entries import of_the_ledger
from tests.support.order_json import order_json
from tests.support.server_process import server_process
from tests.support.wait_until import wait_until


@pytest.fixture
def entries(caplog):
    """What was logged of requests."""
    caplog.set_level("INFO", logger="pointsman.requests")
    return lambda: [vars(record) for record in caplog.records if record.name == "pointsman.requests"]


def test_a_request_is_logged_with_who_asked_what_and_how_it_went(http, entries, network):
    answer = http.post("/v1/decisions", json=order_json(id="W-7"), headers={"X-Request-Id": "shop-42"})
    assert answer.headers["X-Request-Id"] == "shop-42"
    (entry,) = entries()
    assert entry["operation"] == "decisions_decide"
    assert (entry["method"], entry["status"], entry["order"], entry["network"]) == ("POST", 201, "W-7", network)
    assert entry["milliseconds"] > 0


@pytest.mark.parametrize("bad", ["", "a b", "é", "x" * 129, 'a"b', "a\tb"])
def test_an_id_that_could_garble_a_log_is_not_taken(http, bad):
    answer = http.get("/healthz", headers={"X-Request-Id": bad})
    assert re.fullmatch("[0-9a-f]{32}", answer.headers["X-Request-Id"])


def test_what_is_refused_has_an_id_and_is_logged_too(http, entries):
    first = http.get("/v1/nothing")
    second = http.application.test_client().get("/v1/orders")
    assert (first.status_code, second.status_code) == (404, 401)
    ids = [first.headers["X-Request-Id"], second.headers["X-Request-Id"]]
    assert len(set(ids)) == 2
    assert [(entry["operation"], entry["status"]) for entry in entries()] == [
        ("none", 404),
        ("orders_page", 401),
    ]


def test_probes_are_logged_only_if_they_fail(http, entries):
    http.get("/healthz")
    http.get("/readyz")
    http.get("/metrics")
    assert entries() == []


def test_the_entry_of_a_decision_names_its_request(http, pointsman):
    http.post("/v1/decisions", json=order_json(id="W-8"), headers={"X-Request-Id": "shop-43"})
    http.post("/v1/orders/W-8/cancel", json={}, headers={"X-Request-Id": "shop-44"})
    found = [
        (entry.kind, entry.request)
        for entry in of_the_ledger(pointsman.entries(on_damaged=lambda *_: pytest.fail("no entry is damaged")))
    ]
    assert found == [("decided", "shop-43"), ("cancelled", "shop-44")]


@pytest.mark.slow
def test_the_server_writes_lines_of_json_without_secrets_or_addresses(tmp_path):
    secret = "no-such-key-0123456789"
    with server_process(tmp_path, {"POINTSMAN_LOG_FORMAT": "json"}) as served:
        order = order_json(id="W-9") | {"customer": "Ada Lovelace"}
        served.ask("POST", "/v1/decisions", order, "X-Request-Id: shop-45", f"Authorization: Bearer {secret}")
        served.ask("GET", f"/v1/orders?placed_after={secret}")
        wait_until(lambda: served.log.read_text().count('"event":"request"') == 2, "both are logged")
    lines = [json.loads(line) for line in served.log.read_text().splitlines()]
    assert all(line.keys() >= {"time", "level", "event", "logger"} for line in lines)
    (entry,) = [line for line in lines if line.get("request_id") == "shop-45"]
    assert entry["logger"] == "pointsman.requests"
    for private in (secret, "Lovelace", "75001", "48.85"):
        assert private not in served.log.read_text()
