"""Idempotency-Key: a request that is sent again is answered as it was and not carried out again."""

import os
import signal
from concurrent.futures import ThreadPoolExecutor

import pytest
import redis

from engine.service import Pointsman
from engine.settings import Settings
from engine.store.connection.server import open_server
from engine.store.requests.request_answers import LEASE_SECONDS
from tests.conftest import activate, small
from tests.support.callers import client_of, key_of
from tests.support.lossy_proxy import proxy, script_call
from tests.support.order_json import order_json
from tests.support.problem_json import problem_of
from tests.support.server_process import server_process
from tests.support.wait_until import wait_until

KEY = {"Idempotency-Key": "one"}


@pytest.fixture
def requests(redis_client, network):
    """The keys under which requests are remembered."""
    return lambda: sorted(redis_client.scan_iter(f"{{{network}}}:request:*"))


def decide(http, **order):
    return http.post("/v1/decisions", json=order_json(("SHIRT", 2), **order)).get_json()


CALLS = {
    "confirm": lambda made: ("POST", f"/v1/decisions/{made['id']}/confirm", {"lines": {"1": 1}}),
    "release": lambda made: ("POST", f"/v1/decisions/{made['id']}/release", {"lines": {"1": 1}}),
    "extend": lambda made: ("POST", f"/v1/decisions/{made['id']}/extend", {"minutes": 5000}),
    "reject": lambda made: (
        "POST",
        f"/v1/decisions/{made['id']}/reject",
        {"node": made["shipments"][0]["node"], "reason": "other", "lines": {"1": 1}},
    ),
    "cancel": lambda made: ("POST", f"/v1/orders/{made['order']['id']}/cancel", {"lines": {"1": 1}}),
    "amend": lambda made: (
        "POST",
        f"/v1/orders/{made['order']['id']}/amend",
        {**order_json(("SHIRT", 1)), "id": made["order"]["id"]},
    ),
    "decide": lambda _: ("POST", "/v1/decisions", order_json(("SHIRT", 1))),
    "quote": lambda _: (
        "POST",
        "/v1/quotes",
        {
            name: value
            for name, value in order_json(("SHIRT", 1)).items()
            if name in ("channel", "destination", "lines")
        },
    ),
}


def send(http, call, headers=KEY):
    method, path, body = call
    return http.open(path, method=method, json=body, headers=headers)


@pytest.mark.parametrize("kind", CALLS)
def test_each_call_is_answered_the_same_and_carried_out_once(http, contents, pointsman, kind):
    call = CALLS[kind](decide(http))
    first = send(http, call)
    assert first.status_code in (200, 201), first.data
    before = contents()
    again = send(http, call)
    assert (again.status_code, again.data) == (first.status_code, first.data)
    assert again.headers.get("Location") == first.headers.get("Location")
    assert contents() == before
    assert pointsman.check().clean


@pytest.mark.parametrize("kind", [kind for kind in CALLS if kind != "quote"])
def test_where_no_answer_was_kept_the_ledger_knows_what_was_done(http, contents, redis_client, requests, kind):
    """As after a worker was killed between the change and its answer."""
    call = CALLS[kind](decide(http))
    first = send(http, call)
    (remembered,) = requests()
    redis_client.hdel(remembered, "answer")
    assert problem_of(send(http, call), 409)["type"].endswith("request-in-progress")
    redis_client.hset(remembered, "until", 0)  # the time of the attempt that never ended is over
    before = contents()
    again = send(http, call)
    assert again.data == first.data
    assert contents() == before
    assert redis_client.hexists(remembered, "answer")


def test_another_body_or_query_under_the_same_key_is_refused_and_changes_nothing(http, contents):
    body = order_json(("SHIRT", 1))
    http.post("/v1/decisions", json=body, headers=KEY)
    before = contents()
    for path, sent in (
        ("/v1/decisions", order_json(("SHIRT", 1))),
        ("/v1/decisions", {**body, "segment": "vip"}),
        ("/v1/decisions?wait=true", body),
        ("/v1/decisions?hold=9h", body),
    ):
        assert problem_of(http.post(path, json=sent, headers=KEY), 422)["type"].endswith("key-reused")
    assert contents() == before


def test_a_key_is_its_callers_and_its_operations(http, pointsman):
    other = client_of(pointsman, http.application, client="other", role="oms")
    made = [http.post("/v1/decisions", json=order_json(), headers=KEY) for http in (http, other)]
    assert [answer.status_code for answer in made] == [201, 201]
    held = [answer.get_json()["id"] for answer in made]
    ended = [http.post(f"/v1/decisions/{decision}/release", json={}, headers=KEY) for decision in held]
    assert [answer.status_code for answer in ended] == [200, 200]


def test_while_the_first_one_is_carried_out_the_same_request_is_told_so(http, pointsman, requests, redis_client):
    body = order_json(("RARE", 1))
    send(http, ("POST", "/v1/decisions", body))
    (remembered,) = requests()
    redis_client.hdel(remembered, "answer")
    answer = send(http, ("POST", "/v1/decisions", body))
    assert problem_of(answer, 409)["type"].endswith("request-in-progress")
    assert answer.headers["Retry-After"]
    problem_of(send(http, ("POST", "/v1/decisions", {**body, "segment": "vip"})), 422)
    until = int(redis_client.hget(remembered, "until")) - pointsman._client.milliseconds("x")
    assert 0 < until <= 1_000 * LEASE_SECONDS


def test_an_attempt_that_took_too_long_does_not_answer_for_the_one_that_took_over(pointsman):
    answers = pointsman.request_answers
    first = answers.claim("name", "asked")
    answers.give_back("name", first.attempt, "unknown")
    second = answers.claim("name", "asked")
    answers.keep("name", second.attempt, b"right")
    answers.keep("name", first.attempt, b"late")
    assert answers.claim("name", "asked").answer == b"right"


def test_fifty_sends_at_once_act_once(http, pointsman):
    body, app = order_json(("RARE", 1)), http.application
    clients = [client_of(pointsman, app, client="shop", role="oms") for _ in range(50)]
    with ThreadPoolExecutor(10) as pool:
        answers = list(pool.map(lambda client: send(client, ("POST", "/v1/decisions", body)), clients))
    decided = {answer.data for answer in answers if answer.status_code == 201}
    assert len(decided) == 1
    assert {answer.status_code for answer in answers} <= {201, 409}
    audit = pointsman.check()
    assert (audit.clean, audit.decisions, audit.held) == (True, 1, 1)
    assert send(clients[0], ("POST", "/v1/decisions", body)).data in decided


def test_a_refusal_changes_nothing_and_leaves_the_key_free(http, requests):
    body = order_json(("SHIRT", 1))
    problem_of(send(http, ("POST", "/v1/decisions", {**body, "channel": 7})), 422)
    assert requests() == []
    assert send(http, ("POST", "/v1/decisions", body)).status_code == 201


def test_an_answer_is_kept_for_the_time_that_the_settings_say_and_a_decision_is_not_stored_twice(
    http, server_url, network, redis_client, requests
):
    assert send(http, ("POST", "/v1/decisions", order_json())).status_code == 201
    (remembered,) = requests()
    assert 86_000 < redis_client.ttl(remembered) <= 86_400
    assert redis_client.hstrlen(remembered, "answer") < 300
    with Pointsman(Settings(redis_url=server_url, network=network, keep_answers=10)) as another:
        assert send(client_of(another), ("POST", "/v1/decisions", order_json()), {"Idempotency-Key": "two"}).data
    assert any(redis_client.ttl(name) <= 600 for name in requests())


def test_reads_and_long_requests_keep_no_answer(http, requests):
    http.get("/v1/orders", headers=KEY)
    http.post("/v1/decisions/batch", json={"orders": [order_json()]}, headers=KEY)
    assert requests() == []


@pytest.mark.slow
def test_a_worker_that_is_killed_as_it_commits_leaves_a_request_that_is_carried_out_once(tmp_path):
    data = tmp_path / "data"
    with (
        open_server(Settings(data=data)) as server,
        Pointsman(Settings(data=data)) as pointsman,
        redis.Redis.from_url(server.url) as client,
        proxy(server.url) as between,
    ):
        pointsman.load(small())
        activate(pointsman)
        decide(client_of(pointsman))  # the server has the scripts from here on
        key, body = key_of(pointsman, role="oms"), order_json(("RARE", 2))
        environment = {"POINTSMAN_REDIS_URL": between.url, "POINTSMAN_NETWORK": "main"}
        with server_process(tmp_path, environment, key=key) as served:

            def send_again():
                return served.ask("POST", "/v1/decisions", body, "Idempotency-Key: one")

            (worker,) = served.workers
            between.before, between.act = script_call("commit"), lambda: os.kill(worker, signal.SIGKILL)
            with pytest.raises(ConnectionError):
                send_again()
            between.before = None
            assert wait_until(send_again, "another worker answers").problem == "request-in-progress"
            (remembered,) = client.scan_iter("{main}:request:*")
            client.hset(remembered, "until", 0)
            first = send_again()
            assert (first.status, send_again().body) == (200, first.body)
        audit = pointsman.check()
        assert (audit.clean, audit.decisions, audit.held) == (True, 2, 4)
