"""Asking for approval over HTTP: who may ask, take back and decline, what the answers say, and what is told of it."""

import json

import pytest

from api.http.app import create_app
from engine.access.settings import AccessSettings
from engine.service import Pointsman
from engine.settings import Settings
from tests.support.callers import client_of
from tests.support.problem_json import fields_of, problem_of

POLICY = "policy: p\nrules:\n  - {id: r, because: why, then: {hold: 1 h}}\n"
WISHED = "2027-01-01T08:00:00Z"


@pytest.fixture
def service(pointsman, server_url, network, clock):
    settings = Settings(redis_url=server_url, network=network, access=AccessSettings(four_eyes=True))
    with Pointsman(settings, clock=clock) as service:
        yield service


@pytest.fixture
def person(service):
    app = create_app(service)
    return lambda name, role="merchandiser": client_of(service, app, client=name, role=role)


@pytest.fixture
def call(person):
    """A version that Ada published; `call("ask", "Ada")` is the answer."""
    version = person("Ada").post("/v1/policies", json={"files": {"p.yaml": POLICY}}).get_json()["version"]

    def sent(act, name, *, role="merchandiser", key=None, **body):
        headers = {"Idempotency-Key": key} if key else {}
        return person(name, role).post(f"/v1/policies/{version[:12]}/{act}", json=body, headers=headers)

    return sent


def kind_of(answer, status=409):
    return problem_of(answer, status)["type"].removeprefix("urn:pointsman:problem:")


def test_a_request_is_seen_by_all_until_it_is_answered_and_each_step_is_told(person, call, clock):
    start = person("Boss", "admin").get("/v1/events?since=start&limit=1000").data.splitlines()[-1]
    asked = call("ask", "Ada", note="for the sale", activate_at=WISHED).get_json()
    assert asked["needs_approval"]
    at = asked["approval_request"]["at"]
    assert asked["approval_request"] == {"by": "Ada", "at": at, "note": "for the sale", "activate_at": WISHED}
    listed = person("Bob").get("/v1/policies").get_json()["versions"][-1]
    assert listed == asked
    waiting = "/v1/policies?asked=true"
    assert person("Bob").get(waiting).get_json()["versions"] == [asked]
    declined = call("decline", "Bob", note="no last day").get_json()["approval_request"]["declined"]
    assert (declined["by"], declined["note"]) == ("Bob", "no last day")
    assert person("Bob").get(waiting).get_json()["versions"] == []
    assert "declined" not in call("ask", "Ada").get_json()["approval_request"]
    assert "approval_request" not in call("take-back", "Ada", note="wait").get_json()
    answered = {"asked_by": "Ada", "asked_at": at}
    assert kind_of(call("approve", "Bob", **answered)) == "approval-request-conflict"
    for name, value in answered.items():
        assert kind_of(call("approve", "Bob", **{name: value}), 422) == "unprocessable-entity"
    call("ask", "Ada")
    approved = call("approve", "Bob", note="good", **answered).get_json()
    assert (approved["approved_by"], approved["needs_approval"], "approval_request" in approved) == (
        ["Bob"],
        False,
        False,
    )
    history = person("Ada").get("/v1/policies/history").get_json()["changes"][::-1]
    acts = [change for change in history if change["version"] == asked["version"]]
    assert [change["act"] for change in acts] == [
        *("published", "asked", "declined", "asked", "taken_back", "asked", "approved")
    ]
    assert acts[1] == {
        "act": "asked",
        "version": asked["version"],
        "who": "Ada",
        "at": at,
        "note": "for the sale",
        "activate_at": WISHED,
    }
    since = json.loads(start)["id"]
    lines = person("Boss", "admin").get(f"/v1/events?since={since}&type=policy.approval_changed").data.splitlines()
    told = [json.loads(line) for line in lines]
    events = [event for event in told if event["type"] == "policy.approval_changed"]
    assert [(event["data"]["change"], event["data"]["by"], event["data"]["note"]) for event in events] == [
        ("asked", "Ada", "for the sale"),
        ("declined", "Bob", "no last day"),
        ("asked", "Ada", ""),
        ("taken_back", "Ada", "wait"),
        ("asked", "Ada", ""),
        ("approved", "Bob", "good"),
    ]
    assert events[0]["subject"] == asked["version"]
    assert [event["data"]["activate_at"] for event in events[:2]] == [WISHED, None]


def test_each_refusal_says_why(person, call):
    assert kind_of(call("decline", "Bob", note="no")) == "approval-request-conflict"
    assert fields_of(problem_of(call("decline", "Bob"), 422)) == ["note"]
    assert fields_of(problem_of(call("ask", "Ada", activate_at="2020-01-01T00:00:00Z"), 422)) == ["activate_at"]
    call("ask", "Ada")
    assert kind_of(call("ask", "Eve")) == "approval-request-conflict"
    assert kind_of(call("take-back", "Eve"), 403) == "not-permitted"
    assert kind_of(call("decline", "Ada", note="no"), 403) == "not-permitted"
    for act in ("ask", "take-back", "decline"):
        problem_of(person("Ada").post(f"/v1/policies/{'0' * 64}/{act}", json={"note": "x"}), 404)
        for role in ("oms", "auditor"):
            problem_of(call(act, "Eve", role=role, note="x"), 403)
    call("approve", "Bob")
    assert kind_of(call("ask", "Ada")) == "approval-not-needed"


def test_a_request_sent_again_under_its_key_is_answered_whatever_became_of_it(person, call, service):
    assert call("ask", "Ada", key="k", note="please").status_code == 200
    assert call("decline", "Bob", key="k", note="no").status_code == 200, "a key is that of a caller"
    assert call("ask", "Ada", key="k", note="please").status_code == 200
    assert call("decline", "Bob", key="k", note="no").status_code == 200
    assert [change.kind for change in service.versions.history()][-2:] == ["asked", "declined"]
    assert kind_of(call("take-back", "Ada", key="k")) == "approval-request-conflict"


def test_without_the_setting_nobody_is_asked(http):
    version = http.post("/v1/policies", json={"files": {"p.yaml": POLICY}}).get_json()["version"]
    assert kind_of(http.post(f"/v1/policies/{version}/ask", json={})) == "approval-not-needed"
    assert not http.get("/v1/policies").get_json()["versions"][-1]["needs_approval"]
