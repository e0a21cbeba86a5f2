"""POINTSMAN_RATE_LIMIT: each caller may make so many requests in a time, counted by all workers together."""

import re

import pytest

from api.http.app import create_app
from engine.rate_limit import RateLimit
from engine.service import Pointsman
from engine.settings import Settings
from tests.support.callers import client_of, key_of, with_key
from tests.support.order_json import order_json
from tests.support.problem_json import problem_of


@pytest.fixture
def worker(pointsman, server_url, network, clock):
    """Opens a worker whose callers may make three requests an hour."""
    opened = []

    def another():
        settings = Settings(redis_url=server_url, network=network, rate_limit=RateLimit(requests=3, seconds=3600))
        opened.append(Pointsman(settings, clock=clock))
        return opened[-1]

    yield another
    for one in opened:
        one.close()


def left(response):
    assert response.headers["RateLimit-Policy"] == '"caller";q=3;w=3600'
    remaining, seconds = re.fullmatch(r'"caller";r=(\d+);t=(\d+)', response.headers["RateLimit"]).groups()
    assert 0 < int(seconds) <= 3600
    return int(remaining)


def test_a_caller_is_refused_beyond_its_limit_whichever_worker_it_asks(worker):
    one, other = worker(), worker()
    key = key_of(one, client="shop", role="oms")
    clients = [with_key(client_of(served).application.test_client(), key) for served in (one, other)]
    assert [left(clients[number % 2].get("/v1/orders")) for number in range(3)] == [2, 1, 0]
    refused = clients[1].post("/v1/decisions", json=order_json())
    problem = problem_of(refused, 429)
    assert problem["type"] == "urn:pointsman:problem:rate-limited"
    assert "'shop' has made 3 requests in 3600 seconds" in problem["detail"]
    assert (left(refused), refused.headers["Retry-After"]) == (0, refused.headers["RateLimit"].rpartition("=")[2])
    assert one.check().decisions == 0
    assert left(client_of(one, clients[0].application, client="another shop").get("/v1/orders")) == 2


def test_what_is_open_to_all_has_no_limit_and_counts_for_nobody(worker):
    http = client_of(worker())
    for _ in range(5):
        answer = http.get("/healthz")
        assert (answer.status_code, "RateLimit" in answer.headers) == (200, False)
    assert left(http.get("/v1/orders")) == 2


def test_pages_of_the_console_do_not_count_and_what_a_button_does_is_one_request(worker):
    served = worker()
    made = served.api_keys.create(role="oms", client="Ada", networks=("*",))
    http = with_key(create_app(served).test_client(), made.text.reveal())
    csrf = re.search(r'name="csrf" value="([^"]+)"', http.get("/console/sign-in").text)[1]
    http.post("/console/sign-in", data={"csrf": csrf, "credential": made.text.reveal()})
    pages = [http.get("/console/stock/channels") for _ in range(3)]
    assert [page.status_code for page in pages] == [200] * 3
    csrf = re.search(r'name="csrf" value="([^"]+)"', pages[0].text)[1]
    http.post("/console/stock/count", data={"csrf": csrf, "node": "PARIS", "sku": "SHIRT", "on_hand": "1"})
    # signing in was one, the button another, this is the third
    assert left(http.get("/v1/orders")) == 0


def test_when_the_time_is_over_the_caller_may_ask_again(worker, redis_client, network):
    http = client_of(worker())
    for _ in range(4):
        answer = http.get("/v1/orders")
    problem_of(answer, 429)
    (count,) = redis_client.scan_iter(f"{{{network}}}:requests:*")
    assert redis_client.pttl(count) > 0
    redis_client.delete(count)  # as its time does
    assert left(http.get("/v1/orders")) == 2


def test_without_the_setting_nothing_is_counted(http):
    assert "RateLimit" not in http.get("/v1/orders").headers


@pytest.mark.parametrize(
    ("text", "requests", "seconds"), [("10/second", 10, 1), ("600/minute", 600, 60), ("5/hour", 5, 3600)]
)
def test_the_setting_is_read(text, requests, seconds):
    limit = Settings.from_environment({"POINTSMAN_RATE_LIMIT": text}).rate_limit
    assert (limit.requests, limit.seconds) == (requests, seconds)
