"""POINTSMAN_FAILED_KEYS: an address may send so many requests without a valid key, counted by all workers together."""

import re

import pytest

from api.http.app import create_app
from engine.access.settings import AccessSettings
from engine.errors import BadSetting
from engine.rate_limit import RateLimit
from engine.service import Pointsman
from engine.settings import Settings
from tests.support.callers import bearer, key_of
from tests.support.problem_json import problem_of

GUESS = bearer("pointsman_0123456789ab_" + "A" * 43)


@pytest.fixture
def worker(pointsman, server_url, network, clock):
    """Opens a worker that takes two requests without a valid key from an address in an hour."""
    opened = []

    def another(**access):
        limit = AccessSettings(failed_keys=RateLimit(requests=2, seconds=3600), **access)
        opened.append(Pointsman(Settings(redis_url=server_url, network=network, access=limit), clock=clock))
        return opened[-1], create_app(opened[-1]).test_client()

    yield another
    for one in opened:
        one.close()


def ask(http, address="192.0.2.7", **environ):
    return http.get("/v1/orders", environ_overrides={"REMOTE_ADDR": address, **environ})


def left(answer):
    assert answer.headers["RateLimit-Policy"] == '"address";q=2;w=3600'
    remaining, seconds = re.fullmatch(r'"address";r=(\d+);t=(\d+)', answer.headers["RateLimit"]).groups()
    assert 0 < int(seconds) <= 3600
    return int(remaining)


def test_beyond_the_limit_an_address_is_refused_unread_whichever_worker_it_asks(worker):
    (pointsman, one), (_, other) = worker(), worker()
    for number, (http, environ) in enumerate(((one, GUESS), (other, {})), start=1):
        answer = ask(http, **environ)
        problem_of(answer, 401)
        assert left(answer) == 2 - number
    refused = ask(one, **GUESS)
    problem = problem_of(refused, 429)
    assert problem["type"] == "urn:pointsman:problem:too-many-failed-keys"
    assert "more than 2 requests without a valid key in 3600 seconds" in problem["detail"]
    assert (left(refused), refused.headers["Retry-After"]) == (0, refused.headers["RateLimit"].rpartition("=")[2])
    found = bearer(key_of(pointsman, client="who guessed it"))
    assert problem_of(ask(one, **found), 429)["type"] == problem["type"]
    assert left(ask(one, **found)) == 0
    assert ask(one, "192.0.2.8", **found).status_code == 200
    assert "RateLimit" not in ask(one, "192.0.2.8", **found).headers


def test_a_key_that_was_valid_before_is_taken_all_the_same(worker):
    pointsman, http = worker()
    known = bearer(key_of(pointsman, client="shop"))
    assert ask(http, **known).status_code == 200
    for _ in range(4):
        answer = ask(http, **GUESS)
    problem_of(answer, 429)
    assert ask(http, **known).status_code == 200
    (stored,) = (key.stored for key in pointsman.api_keys.all() if key.stored.client == "shop")
    pointsman.api_keys.revoke(stored.id)
    problem_of(ask(http, **known), 429)


def test_what_is_open_to_all_is_answered_and_counts_for_nobody(worker):
    _, http = worker()
    for _ in range(5):
        assert http.get("/healthz").status_code == 200
    assert left(ask(http)) == 1
    for _ in range(3):
        ask(http)
    assert http.get("/healthz").status_code == 200


def test_when_the_time_is_over_the_address_is_heard_again(worker, redis_client, network, monkeypatch):
    _, http = worker()
    for _ in range(3):
        ask(http)
    (count,) = redis_client.scan_iter(f"{{{network}}}:requests:address*")
    assert 0 < redis_client.pttl(count) <= 3_600_000
    problem_of(ask(http), 429)
    redis_client.delete(count)  # as its time does
    monkeypatch.setattr("time.monotonic", lambda: float("inf"))
    _, http = worker()
    assert left(ask(http)) == 1


@pytest.mark.parametrize(
    ("one", "other"),
    [("2001:db8:1:2::7", "2001:db8:1:2:ffff::"), ("::ffff:192.0.2.7", "192.0.2.7")],
)
def test_addresses_of_one_caller_count_as_one(worker, one, other):
    _, http = worker()
    assert [left(ask(http, address)) for address in (one, other)] == [1, 0]


def test_behind_a_proxy_the_address_is_the_one_that_it_saw(worker):
    _, http = worker(proxied=True)
    seen = [
        left(ask(http, "10.0.0.1", HTTP_X_FORWARDED_FOR=header))
        for header in ("192.0.2.7", "192.0.2.7, 192.0.2.8", "203.0.113.9, 192.0.2.7", "unknown", "")
    ]
    assert seen == [1, 1, 0, 1, 0]
    _, http = worker()
    assert [left(ask(http, "10.0.0.2", HTTP_X_FORWARDED_FOR=f"192.0.2.{last}")) for last in (1, 2)] == [1, 0]


def test_the_setting_is_read():
    def read(**variables):
        return AccessSettings.from_environment(variables).failed_keys

    assert read() == RateLimit(requests=300, seconds=60) == AccessSettings().failed_keys
    assert read(POINTSMAN_FAILED_KEYS="20/hour") == RateLimit(requests=20, seconds=3600)
    assert read(POINTSMAN_FAILED_KEYS="0") is None
    with pytest.raises(BadSetting, match="POINTSMAN_FAILED_KEYS is 'few'; it must be a number of requests a second"):
        read(POINTSMAN_FAILED_KEYS="few")
