"""One service for several networks, each caller on its own."""

import json
import threading

import pytest

from api.http.app import create_app
from api.http.requests.ndjson import LINES_AT_ONCE
from engine.service import Pointsman
from engine.settings import Settings
from engine.store.log.decision_log import entries
from tests.conftest import activate, small
from tests.support.callers import client_of
from tests.support.order_json import order_json
from tests.support.problem_json import problem_of


@pytest.fixture
def second(server_url, network, clock):
    with Pointsman(Settings(redis_url=server_url, network=f"{network}-b"), clock=clock) as second:
        second.load(small())
        activate(second, "then: {hold: 1 h}")
        yield second
        second.forget()


@pytest.fixture
def app(pointsman, second):
    return create_app(pointsman, second)


def test_a_request_is_about_the_network_of_its_key(app, pointsman, second, network):
    for own in (pointsman, second):
        oms = client_of(own, app, role="oms", networks=(own.settings.network,))
        made = oms.post("/v1/decisions", json=order_json())
        assert made.status_code == 201
        assert oms.get("/v1/holds").get_json()["holds"][0]["decision"] == made.get_json()["id"]
        assert own.decision(made.get_json()["id"]).body == made.data
    assert pointsman.versions.timeline().active != second.versions.timeline().active
    for own in (pointsman, second):
        merchandiser = client_of(own, app, role="merchandiser", networks=(own.settings.network,))
        assert merchandiser.get("/v1/policies").get_json()["active"] == own.versions.timeline().active


def test_a_key_for_several_networks_says_which_it_means(app, pointsman, second, network):
    names = (f"{network}-b", network)
    for networks in (names, ("*",)):
        client = client_of(pointsman, app, networks=networks)
        for own in (pointsman, second):
            headers = {"X-Pointsman-Network": own.settings.network}
            assert client.get("/v1/policies", headers=headers).get_json()["active"] == own.versions.timeline().active
        assert client.get("/v1/policies").get_json()["active"] == pointsman.versions.timeline().active
        refused = problem_of(client.get("/v1/policies", headers={"X-Pointsman-Network": "elsewhere"}), 403)
        assert "elsewhere" in refused["detail"]


def test_the_thread_that_served_one_network_serves_the_next_caller_another(app, pointsman, second, network):
    first, other = (
        client_of(pointsman, app, role="oms", networks=(own.settings.network,)) for own in (pointsman, second)
    )
    order = order_json()
    assert first.post("/v1/decisions", json=order).status_code == 201
    problem_of(app.test_client().get("/v1/holds"), 401)
    assert other.post("/v1/decisions", json=order).status_code == 201
    assert first.post("/v1/decisions", json=order).status_code == 200


def test_lines_that_are_streamed_are_of_the_caller_s_network(app, second):
    client = client_of(second, app, role="oms", networks=(second.settings.network,))
    lines = b'{"op": "a", "node": "lyon", "sku": "RARE", "delta": 5}\n'
    before = client.get("/v1/stock/RARE").get_json()
    answer = client.post("/v1/stock/movements", data=lines, content_type="application/x-ndjson")
    assert b'"applied"' in answer.data
    after = client.get("/v1/stock/RARE").get_json()
    assert sum(item["on_hand"] for item in after["nodes"]) == 5 + sum(item["on_hand"] for item in before["nodes"])


def test_lines_that_another_thread_makes_are_of_the_caller_whose_answer_they_are(app, pointsman, second):
    ada = client_of(second, app, client="Ada", role="oms", networks=(second.settings.network,))
    sent = [{"op": f"{number}", "node": "lyon", "sku": "RARE", "delta": 1} for number in range(2 * LINES_AT_ONCE + 1)]
    body = b"\n".join(json.dumps(line).encode() for line in sent)
    answer = ada.post("/v1/stock/movements", data=body, content_type="application/x-ndjson", buffered=False)
    # this thread serves somebody else before the lines after the first ones are read
    client_of(pointsman, app, client="Eve", networks=(pointsman.settings.network,)).get("/v1/holds")
    lines = []
    reader = threading.Thread(target=lambda: lines.extend(answer.iter_encoded()))
    reader.start()
    reader.join()
    assert b"".join(lines).count(b'"applied"') == len(sent)
    assert [entry.by for entry in entries(second._client, second._keys) if entry.kind == "moved"] == ["Ada"] * 3


def test_it_is_ready_once_each_of_its_networks_is(app, pointsman, second):
    nobody = app.test_client()
    ready = nobody.get("/readyz")
    assert (ready.status_code, ready.get_json()["policy_version"]) == (200, pointsman.versions.timeline().active)
    second.forget()
    assert f"network '{second.settings.network}' has no facts yet" in problem_of(nobody.get("/readyz"), 503)["detail"]
