"""Every failure is a problem, whoever noticed it."""

import dataclasses
import re

import pytest
import redis

from api.files.inventory_folder import load_inventory
from engine.service import Pointsman
from engine.settings import Settings
from engine.store.connection.server import open_server
from tests.conftest import SMALL, activate
from tests.support.callers import client_of
from tests.support.openapi import served_page
from tests.support.order_json import order_json
from tests.support.problem_json import fields_of, problem_of

NOT_THERE = [
    "/",
    "/v1",
    "/v1/decisions/",
    "/v1/decisions/nobody",
    "/v1/decisions/%00",
    "/v1/decisions/%ff",
    "/nowhere",
    "/v1/availability?sku=X&channel=web",
]


@pytest.mark.parametrize("path", NOT_THERE)
def test_what_is_not_there_is_not_found(http, path):
    problem_of(http.get(path), 404)


@pytest.mark.parametrize(
    ("method", "path"),
    [("PATCH", "/v1/decisions"), ("DELETE", "/v1/decisions"), ("PUT", "/readyz"), ("PATCH", "/healthz")],
)
def test_a_method_that_an_address_does_not_have_is_not_allowed(http, method, path):
    response = http.open(path, method=method)
    problem_of(response, 405)
    assert "Allow" in response.headers


@pytest.mark.parametrize(
    ("query", "field"),
    [
        ("", "sku"),
        ("?sku=SHIRT", "channel"),
        ("?sku=&channel=web", "sku.0"),
        ("?sku=SHIRT&channel=web&node=lyon", "node"),
    ],
)
def test_a_question_about_availability_that_is_not_understood_is_refused(http, query, field):
    assert field in fields_of(problem_of(http.get(f"/v1/availability{query}"), 422))


def test_a_question_that_says_a_thing_twice_is_refused(http):
    problem = problem_of(http.get("/v1/availability?sku=SHIRT&channel=web&channel=store"), 400)
    assert "'channel' stands in the query more than once" in problem["detail"]


def test_a_call_without_parameters_refuses_any(http):
    calls = [
        (verb, re.sub(r"{\w+}", "x", path))
        for path, verbs in served_page(http.application)["paths"].items()
        for verb, operation in verbs.items()
        if verb != "parameters" and not any(item.get("in") == "query" for item in operation.get("parameters", ()))
    ]
    assert ("post", "/v1/orders/x/cancel") in calls
    for verb, path in calls:
        refused = problem_of(http.open(f"{path}?dry_run=true", method=verb, json={}), 422)
        assert (path, fields_of(refused)) == (path, ["dry_run"])


def test_a_dry_run_that_a_call_does_not_have_changes_nothing(http, contents):
    order = order_json()
    made = http.post("/v1/decisions", json=order).get_json()
    before = contents()
    for path in (f"/v1/orders/{order['id']}/cancel", f"/v1/decisions/{made['id']}/confirm"):
        problem_of(http.post(f"{path}?dry_run=true"), 422)
    assert contents() == before


def test_a_body_that_is_too_large_is_told_how_large_it_may_be(http):
    problem = problem_of(http.post("/v1/decisions", data=b" " * 5_000_000, content_type="application/json"), 413)
    assert problem["detail"] == "the body is larger than 4,194,304 bytes; send it in several parts"


def test_a_fault_of_ours_is_told_without_its_inside(http, redis_client, network):
    entry = redis_client.xadd(f"{{{network}}}:log", {"kind": "decided", "id": "torn", "at": 1, "body": b"torn"})
    redis_client.hset(f"{{{network}}}:decisions", "torn", entry)
    problem = problem_of(http.get("/v1/decisions/torn"), 500)
    assert "zlib" not in problem["detail"]


def test_without_facts_it_is_not_ready_and_says_what_to_run(bare):
    http = client_of(bare)
    for response in (
        http.get("/readyz"),
        http.post("/v1/decisions", json=order_json()),
        http.get("/v1/availability?sku=SHIRT&channel=web"),
    ):
        assert "pointsman load" in problem_of(response, 503)["detail"]
    assert http.get("/healthz").get_json() == {"status": "ok"}


def test_without_policies_it_is_not_ready_and_says_what_to_run(bare):
    bare.load(load_inventory(SMALL))
    http = client_of(bare)
    for response in (
        http.get("/readyz"),
        http.post("/v1/decisions", json=order_json()),
        http.get("/v1/availability?sku=SHIRT&channel=web"),
    ):
        assert "pointsman policy publish" in problem_of(response, 503)["detail"]


def test_facts_that_were_taken_away_are_missed_at_once(http, pointsman, opened):
    assert http.post("/v1/decisions", json=order_json()).status_code == 201
    opened().forget()
    problem_of(http.post("/v1/decisions", json=order_json()), 503)


@pytest.fixture
def own_server(tmp_path):
    with open_server(Settings(data=tmp_path / "data")) as server:
        yield server


def test_a_server_that_is_gone_is_a_problem_that_says_try_again(own_server, clock):
    with Pointsman(Settings(redis_url=own_server.url, network="main"), clock=clock) as pointsman:
        pointsman.load(load_inventory(SMALL))
        activate(pointsman)
        http = client_of(pointsman)
        made = http.post("/v1/decisions", json=order_json())
        with redis.Redis.from_url(own_server.url) as client:
            client.shutdown(nosave=True)
        for response in (
            http.post("/v1/decisions", json=order_json()),
            http.get(made.headers["Location"]),
            http.get("/v1/availability?sku=SHIRT&channel=web"),
            http.get("/readyz"),
        ):
            assert own_server.url.removeprefix("unix://") not in problem_of(response, 503)["detail"]
        assert http.get("/healthz").status_code == 200
        own_server.ensure_running()
        assert http.get(made.headers["Location"]).data == made.data


def test_a_server_without_memory_is_a_problem_and_takes_no_hold(own_server, clock):
    with Pointsman(Settings(redis_url=own_server.url, network="main"), clock=clock) as pointsman:
        pointsman.load(load_inventory(SMALL))
        activate(pointsman)
        http = client_of(pointsman)
        with redis.Redis.from_url(own_server.url) as client:
            client.config_set("maxmemory", 1)
            for response in (http.post("/v1/decisions", json=order_json()), http.get("/readyz")):
                assert "memory" in problem_of(response, 503)["detail"]
            client.config_set("maxmemory", 0)
        assert dataclasses.asdict(pointsman.check())["held"] == 0
        assert http.post("/v1/decisions", json=order_json()).status_code == 201
