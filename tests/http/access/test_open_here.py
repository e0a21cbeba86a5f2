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


@pytest.mark.parametrize("host", ["localhost:8000", "127.0.0.1:8000", "[::1]:8000"])
def test_a_program_on_this_machine_needs_no_key(client, host):
    made = client.post("/v1/decisions", json=order_json(), headers={"Host": host})
    assert made.status_code == 201
    (hold,) = client.get("/v1/holds").get_json()["holds"]
    assert hold["client"] == "http"
    assert client.get("/v1/policies").status_code == 200


@pytest.mark.parametrize(
    ("address", "headers"),
    [
        ("192.0.2.7", {}),
        ("", {}),
        ("127.0.0.1", {"Host": "rebound.example"}),
        ("127.0.0.1", {"Host": "localhost.example:8000"}),
        ("127.0.0.1", {"Origin": "https://elsewhere.example"}),
        ("127.0.0.1", {"Origin": "null"}),
        ("127.0.0.1", {"X-Forwarded-For": "192.0.2.7"}),
        ("127.0.0.1", {"Forwarded": "for=127.0.0.1"}),
        ("127.0.0.1", {"Via": "1.1 proxy"}),
    ],
)
def test_others_and_pages_in_browsers_do(client, contents, address, headers):
    before = contents()
    answer = client.post("/v1/backlog/run", headers=headers, environ_overrides={"REMOTE_ADDR": address})
    problem_of(answer, 401)
    assert contents() == before


def test_a_key_that_is_not_valid_is_refused_all_the_same(client):
    problem_of(client.get("/v1/holds", headers={"Authorization": "Bearer x"}), 401)
