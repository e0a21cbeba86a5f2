"""The access log over HTTP: each read of personal data is recorded, whoever reads it, by whatever operation."""

import threading

import pytest

from api.http.audit.reads import OF_NO_PERSON
from api.records.audit.accesses import AccessListRecord
from engine.audit import access_log
from engine.audit.access_log import AccessLog
from engine.errors import StoreUnavailable
from engine.store.audit.accesses import Access, AccessFilter, StoredAccesses
from tests.conftest import activate
from tests.support.callers import client_of
from tests.support.openapi import mistakes_in
from tests.support.order_json import order_json
from tests.support.wait_until import wait_until

PAGES = {
    "orders.page": "/v1/orders",
    "holds.living": "/v1/holds",
    "decisions.page": "/v1/decisions",
    "events.listed": "/v1/events?since=start&type=order.decided",
}


@pytest.fixture
def made(http):
    """A decision of an order."""
    answer = http.post("/v1/decisions", json=order_json(("SHIRT", 1), id="W-1"))
    assert answer.status_code == 201
    return answer.get_json()


def accesses(http, **query):
    answer = http.get("/v1/audit/accesses", query_string=query)
    assert mistakes_in(http, AccessListRecord, answer.get_json()) == []
    return answer.get_json()["accesses"]


def test_who_reads_an_order_or_a_decision_is_recorded(http, pointsman, made):
    ada = client_of(pointsman, http.application, client="Ada", role="auditor")
    paths = {
        "orders_show": ("W-1", "/v1/orders/W-1"),
        "decisions_read": (made["id"], f"/v1/decisions/{made['id']}?facts=true"),
        "decisions_read_facts": (made["id"], f"/v1/decisions/{made['id']}/facts"),
        "holds_show": (made["id"], f"/v1/holds/{made['id']}"),
        "rerouting_chain": (made["id"], f"/v1/decisions/{made['id']}/chain"),
    }
    for what, (name, path) in paths.items():
        headers = {"X-Request-Id": f"request {what}".replace(" ", "-")}
        answer = ada.get(path, headers=headers, environ_base={"REMOTE_ADDR": "192.0.2.7"})
        assert answer.status_code == 200, answer.data
        (found,) = accesses(http, what=what)
        assert {key: found[key] for key in ("by", "through", "from", "request", "id", "count")} == {
            "by": "Ada",
            "through": "http",
            "from": "192.0.2.7",
            "request": f"request-{what}",
            "id": name,
            "count": 1,
        }
    assert accesses(http, what="decisions_read")[0]["query"] == "facts=true"


def test_each_read_of_a_decision_is_found_by_its_order(http, made):
    """Whatever address a decision has: those to come as well."""
    rules = [
        rule
        for rule in http.application.url_map.iter_rules()
        if "GET" in rule.methods and rule.arguments == {"decision_id"} and rule.endpoint not in OF_NO_PERSON
    ]
    for rule in rules:
        assert http.get(rule.rule.replace("<string:decision_id>", made["id"])).status_code == 200
    found = accesses(http, id="W-1")
    assert {access["what"] for access in found} == {rule.endpoint.replace(".", "_") for rule in rules}
    assert {(access["id"], access["order"]) for access in found} == {(made["id"], "W-1")}
    assert len(accesses(http, id=made["id"])) == len(rules) > 5
    http.get("/v1/orders/W-1")
    assert accesses(http, what="orders_show")[0]["order"] is None


@pytest.mark.parametrize("operation", PAGES)
def test_a_page_is_recorded_with_how_many_it_had(http, made, operation):
    assert http.get(PAGES[operation]).status_code == 200
    (found,) = accesses(http, what=operation.replace(".", "_"))
    assert (found["id"], found["count"]) == (None, 1)


def test_what_waits_is_recorded_and_an_empty_page_is_not(http):
    http.get("/v1/backlog")
    assert accesses(http, what="backlog_page") == []
    http.post("/v1/decisions?wait=true", json=order_json(("RARE", 99)))
    http.get("/v1/backlog")
    assert len(accesses(http, what="backlog_page")) == 1


def test_every_operation_that_reads_is_recorded_or_known_to_read_nobodys_data(http):
    reading = {rule.endpoint for rule in http.application.url_map.iter_rules() if "GET" in rule.methods}
    assert reading >= OF_NO_PERSON
    personal = reading - OF_NO_PERSON
    assert personal >= {*PAGES, "orders.show", "decisions.read", "replays.replay", "webhooks.dead_letters"}
    assert {name.partition(".")[0] for name in OF_NO_PERSON} & {"orders", "decisions", "holds", "events"} == set()


def test_what_was_not_answered_and_what_has_nobodys_data_is_not_recorded(http, pointsman, made):
    assert http.get("/v1/orders/none").status_code == 404
    assert http.get("/v1/stock/SHIRT").status_code == 200
    assert http.get("/v1/policies").status_code == 200
    version = activate(pointsman)
    assert http.get(f"/v1/policies/{version}/gate").status_code == 200
    assert http.get("/readyz").status_code == 200
    assert accesses(http) == []


def test_who_reads_the_access_log_stands_in_it(http, made):
    http.get("/v1/orders/W-1")
    assert [found["what"] for found in accesses(http)] == ["orders_show"]
    assert [found["what"] for found in accesses(http)] == ["accesses_page", "orders_show"]


def test_accesses_are_found_by_who_what_and_which_a_page_at_a_time(http, pointsman, made):
    for name in ("Ada", "Bob"):
        reader = client_of(pointsman, http.application, client=name)
        for _ in range(3):
            reader.get("/v1/orders/W-1")
        reader.get(f"/v1/decisions/{made['id']}")
    assert {found["by"] for found in accesses(http, by="Ada", what="orders_show")} == {"Ada"}
    assert len(accesses(http, id="W-1")) == 8, "the decision is one of the order"
    assert len(accesses(http, id="W-1", by="Bob")) == 4
    assert accesses(http, until="2020-01-01T00:00:00Z") == []
    assert len(accesses(http, **{"from": "2020-01-01T00:00:00Z"}, by="Ada", limit=100)) == 4
    pages, after = [], {}
    while True:
        page = http.get(
            "/v1/audit/accesses", query_string={"limit": 3, "id": "W-1", "what": "orders_show"} | after
        ).get_json()
        pages += page["accesses"]
        if page["next"] is None:
            break
        after = {"after": page["next"]}
    assert [found["by"] for found in pages] == ["Bob"] * 3 + ["Ada"] * 3


@pytest.mark.parametrize("role", ["oms", "merchandiser"])
def test_only_auditors_read_the_access_log(http, pointsman, role):
    assert client_of(pointsman, http.application, role=role).get("/v1/audit/accesses").status_code == 403


def test_a_read_that_cant_be_recorded_is_not_answered(http, pointsman, made, monkeypatch):
    def fail(_accesses):
        raise StoreUnavailable("the server does not answer")

    monkeypatch.setattr(pointsman.accesses._stored, "write", fail)
    assert http.get("/v1/orders/W-1").status_code == 503
    assert http.get("/v1/stock/SHIRT").status_code == 200


@pytest.fixture
def log(pointsman):
    """An access log with a thread."""
    made = AccessLog(pointsman.accesses._stored)
    made.start()
    yield made
    made.close()


def of(pointsman, subject):
    return pointsman.accesses.page(AccessFilter(subject=subject), limit=1_000).accesses


def test_an_order_is_not_said_to_be_of_itself(pointsman):
    pointsman.accesses.note("explain", subject="W-7", order="W-7")
    (found,) = of(pointsman, "W-7")
    assert found.order == ""


def test_a_thread_records_what_is_read_and_closing_loses_nothing(log, pointsman):
    log.note("orders_show", subject="early")
    wait_until(lambda: len(of(pointsman, "early")) == 1, "the access is recorded")
    readers = [
        threading.Thread(target=lambda: [log.note("orders_show", subject="W-2") for _ in range(300)]) for _ in range(4)
    ]
    for reader in readers:
        reader.start()
    for reader in readers:
        reader.join()
    log.close()
    assert len(of(pointsman, "W-2")) == min(1_000, 4 * 300)
    assert pointsman._client.redis.xlen(pointsman._keys.accesses) == 1 + 4 * 300
    log.close()


def test_whoever_reads_more_than_may_wait_waits_itself(log, pointsman, monkeypatch):
    monkeypatch.setattr(access_log, "MOST_WAITING", 0)
    log.note("orders_show", subject="W-3")
    assert len(of(pointsman, "W-3")) == 1


def test_accesses_wait_while_the_server_is_away(log, pointsman, monkeypatch):
    monkeypatch.setattr(access_log, "_RETRY_SECONDS", 0.01)
    write, failures = pointsman.accesses._stored.write, []

    def fail_first(accesses):
        if len(failures) < 3:
            failures.append(len(accesses))
            raise StoreUnavailable("the server does not answer")
        write(accesses)

    monkeypatch.setattr(pointsman.accesses._stored, "write", fail_first)
    log.note("orders_show", subject="W-4")
    wait_until(lambda: len(of(pointsman, "W-4")) == 1, "the access is recorded")
    assert failures == [1, 1, 1]


def test_what_could_not_be_recorded_until_then_is_recorded_by_closing(log, pointsman, monkeypatch):
    write, failing = pointsman.accesses._stored.write, threading.Event()

    def fail_first(accesses):
        if not failing.is_set():
            failing.set()
            raise StoreUnavailable("the server does not answer")
        write(accesses)

    monkeypatch.setattr(pointsman.accesses._stored, "write", fail_first)
    log.note("orders_show", subject="W-5")
    wait_until(failing.is_set, "the access could not be recorded")
    log.close()
    assert len(of(pointsman, "W-5")) == 1


def test_what_can_t_be_recorded_even_then_is_said_in_the_log_of_the_process(log, pointsman, monkeypatch, caplog):
    def fail(_accesses):
        raise StoreUnavailable("the server does not answer")

    monkeypatch.setattr(pointsman.accesses._stored, "write", fail)
    log.note("orders_show", subject="W-6")
    log.close()
    assert "1 reads of personal data were not recorded" in caplog.text


def test_what_is_older_than_the_setting_says_goes(pointsman):
    client, keys = pointsman._client, pointsman._keys
    for at in range(1, 500):
        client.redis.xadd(keys.accesses, {"by": "Ada"}, id=f"{at}-1")
    access = Access(author=access_log.author(), what="orders_show", query="x" * 5_000)
    StoredAccesses(client, keys, keep_minutes=1).write([access])
    assert client.redis.xlen(keys.accesses) < 200, "the server lets go of whole blocks of entries"
    (newest,) = pointsman.accesses.page(AccessFilter(what="orders_show"), limit=1).accesses
    assert len(newest.query) == 300
