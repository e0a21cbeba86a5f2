"""POINTSMAN_OPEN: programs on the same machine need no key, and nobody else gets in by it."""

import pytest

from api.http.app import create_app
from engine.access.settings import AccessSettings
from engine.service import Pointsman
from engine.settings import Settings
from tests.support.order_json import order_json
from tests.support.problem_json import problem_of


@pytest.fixture
def client(pointsman, server_url, network, clock):
    settings = Settings(redis_url=server_url, network=network, access=AccessSettings(open=True))
    with Pointsman(settings, clock=clock) as service:
        yield create_app(service).test_client()


def test_a_program_on_this_machine_needs_no_key(client):
    for number, host in enumerate(("localhost:8000", "127.0.0.1:8000", "[::1]:8000")):
        made = client.post("/v1/decisions", json=order_json(id=f"W-{number}"), headers={"Host": host})
        assert made.status_code == 201, host
    assert [hold["client"] for hold in client.get("/v1/holds").get_json()["holds"]] == ["http"] * 3
    assert client.get("/v1/policies").status_code == 200


OTHERS = [
    ("192.0.2.7", {}),
    ("", {}),
    ("127.0.0.1", {"Host": "rebound.example"}),
    ("127.0.0.1", {"Host": "localhost.example:8000"}),
    ("127.0.0.1", {"Origin": "https://elsewhere.example"}),
    ("127.0.0.1", {"Origin": "null"}),
    ("127.0.0.1", {"X-Forwarded-For": "192.0.2.7"}),
    ("127.0.0.1", {"Forwarded": "for=127.0.0.1"}),
    ("127.0.0.1", {"Via": "1.1 proxy"}),
]
"""From which address they come, and what they send."""


def test_others_and_pages_in_browsers_do(client, contents):
    before = contents()
    for address, headers in OTHERS:
        answer = client.post("/v1/backlog/run", headers=headers, environ_overrides={"REMOTE_ADDR": address})
        assert answer.status_code == 401, (address, headers)
        problem_of(answer, 401)
    assert contents() == before


def test_a_key_that_is_not_valid_is_refused_all_the_same(client):
    problem_of(client.get("/v1/holds", headers={"Authorization": "Bearer x"}), 401)
