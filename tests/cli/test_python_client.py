"""The client for Python, against a service that the test starts, and against one that fails."""

import http.server
import json
import sys
from datetime import UTC, datetime

import pytest

from tests.cli.served import keys_in, served
from tests.support.clean_environment import clean_environment
from tests.support.facts import policy_file
from tests.support.forked_cli import installed
from tests.support.local_server import local_server
from tests.support.order_json import order_json

sys.path.insert(0, "examples/clients/python")
from pointsman_client import Client, Problem, Unanswered  # it is no part of the product

POLICY = policy_file("then: {hold: 1 h}")["test.yaml"].decode()


@pytest.fixture(scope="module")
def client(tmp_path_factory, command):
    data = tmp_path_factory.mktemp("served")
    with (
        installed(command, data, POLICY),
        served(environment=clean_environment(POINTSMAN_DATA=data)) as url,
    ):
        yield Client(url, key=keys_in(data)["OMS_KEY"])


@pytest.mark.slow
def test_an_order_goes_from_its_quote_to_the_door(client):
    (found,) = client.availability(["SHIRT"], channel="web")["skus"]
    assert found["free"] > 2
    assert any(line.get("sku") == "SHIRT" for line in client.feed("web"))
    order = order_json(("SHIRT", 2), id="W/1")
    cart = {name: order[name] for name in ("channel", "destination", "lines")}
    quote = client.quote(cart)
    taken = client.take(quote["id"], {"order_id": "W/0", "promise": quote["promises"][0]["promise"]})
    assert taken["status"] == "filled"
    decision = client.decide(order, key="first")
    assert client.decide(order, key="first")["id"] == decision["id"]
    assert client.decision(decision["id"])["order"]["id"] == "W/1"
    client.extend(decision["id"], minutes=90)
    client.amend(order | {"lines": [{"sku": "SHIRT", "quantity": 1}]})
    assert client.order("W/1")["order"]["lines"][0]["quantity"] == 1
    client.confirm(decision["id"])
    assert client.cancel("W/0")["cancelled"]
    ends = list(client.batch([order_json(id="W-2"), order_json(id="W-3")]))
    assert len(ends) == 3
    node = client.decide(order_json(id="W-4"))
    client.reject(node["id"], node=node["shipments"][0]["node"], reason="no_capacity")
    client.count("lyon", "SHIRT", 50, at=datetime.now(UTC).isoformat())
    with pytest.raises(Problem) as caught:
        client.decide(order_json(("NOBODY", 1)))
    assert (caught.value.status, caught.value.errors[0]["field"]) == (422, "lines.0.sku")


class Failing(http.server.BaseHTTPRequestHandler):
    """Answers by the plan of its server, one step a request: a status, or None for a connection that breaks off."""

    def do_POST(self):
        self.server.keys.append(self.headers.get("Idempotency-Key"))
        self.rfile.read(int(self.headers.get("Content-Length", 0)))
        step = self.server.plan.pop(0)
        if step is None:
            self.close_connection = True
            return
        status, kind = step
        body = json.dumps({"type": f"urn:pointsman:problem:{kind}", "detail": "so"} if status >= 400 else {"id": "d"})
        self.send_response(status)
        self.send_header("Content-Length", str(len(body)))
        if status in (429, 503):
            self.send_header("Retry-After", "0")
        self.end_headers()
        self.wfile.write(body.encode())

    def log_message(self, *_):
        """Says nothing."""


@pytest.fixture
def failing():
    with local_server(Failing) as server:
        server.plan, server.keys = [], []
        yield server


def client_of(failing, **options):
    return Client(f"http://127.0.0.1:{failing.server_port}", key="k", **options)


def test_what_may_be_sent_again_is_with_the_same_key(failing):
    failing.plan = [None, (503, "overloaded"), (429, "too-many"), (409, "request-in-progress"), (201, "")]
    assert client_of(failing).decide(order_json()) == {"id": "d"}
    assert len(failing.keys) == 5
    assert len(set(failing.keys)) == 1
    failing.plan = [(201, "")]
    client_of(failing).decide(order_json())
    assert len(set(failing.keys)) == 2


@pytest.mark.parametrize(
    "step", [(409, "order-taken"), (422, "order-invalid"), (500, "internal"), (401, "unauthorized")]
)
def test_what_would_be_refused_again_is_not_sent_again(failing, step):
    failing.plan = [step]
    with pytest.raises(Problem, match=f"{step[0]} {step[1]}: so"):
        client_of(failing).decide(order_json())
    assert failing.plan == []


def test_patience_ends(failing):
    failing.plan = [None, None]
    with pytest.raises(Unanswered, match="no answer to 2 requests"):
        client_of(failing, tries=2).decide(order_json())
    failing.plan = [(503, "overloaded")] * 2
    with pytest.raises(Problem, match="503 overloaded"):
        client_of(failing, tries=2).decide(order_json())


def test_an_address_that_is_none_is_refused():
    with pytest.raises(ValueError, match="http://localhost:8000"):
        Client("localhost:8000", key="k")
