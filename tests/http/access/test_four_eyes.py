"""Four eyes: another person than its publisher approves a policy version before it is activated."""

import itertools

import pytest
from hypothesis import given
from hypothesis import strategies as st

from api.http.app import create_app
from engine.access.settings import AccessSettings
from engine.policies.four_eyes import Signatures
from engine.service import Pointsman
from engine.settings import Settings
from engine.store.policy_versions import PastChange
from tests.support.callers import client_of
from tests.support.problem_json import fields_of, problem_of

POLICY = "policy: p\nrules:\n  - {id: r, because: why, then: {hold: 1 h}}\n"


@pytest.fixture
def service(pointsman, server_url, network, clock):
    settings = Settings(redis_url=server_url, network=network, access=AccessSettings(four_eyes=True))
    with Pointsman(settings, clock=clock) as service:
        yield service


@pytest.fixture
def person(service):
    """`person("Ada")` is a client with a merchandiser's key of hers."""
    app = create_app(service)
    return lambda name, role="merchandiser": client_of(service, app, client=name, role=role)


@pytest.fixture
def version(person):
    """A version that Ada published."""
    return person("Ada").post("/v1/policies", json={"files": {"p.yaml": POLICY}}).get_json()["version"]


def activate(client, version, **body):
    return client.post(f"/v1/policies/{version}/activate", json=body)


def approve(client, version, **body):
    return client.post(f"/v1/policies/{version}/approve", json=body)


def active(client):
    return client.get("/v1/policies").get_json()["active"]


def test_a_version_that_nobody_else_approved_is_not_activated(person, version):
    before = active(person("Ada"))
    for name in ("Ada", "Bob"):
        for body in ({}, {"at": "2027-01-01T00:00:00Z"}, {"note": "please"}):
            refused = problem_of(activate(person(name), version, **body), 409)
            assert refused["type"] == "urn:pointsman:problem:not-approved"
            assert f"another person than Ada must approve the policy version {version[:12]}" in refused["detail"]
    listed = person("Ada").get("/v1/policies").get_json()
    assert (listed["active"], listed["scheduled"]) == (before, [])


def test_the_publisher_can_t_approve_and_another_person_can(person, version):
    refused = problem_of(approve(person("Ada"), version), 409)
    assert "'Ada' published the policy version" in refused["detail"]
    approved = approve(person("Bob"), version, note="read it")
    assert (approved.status_code, approved.get_json()["approved_by"]) == (200, ["Bob"])
    assert approve(person("Bob"), version).data == approved.data
    assert activate(person("Ada"), version).status_code == 200
    assert active(person("Ada")) == version
    problem_of(approve(person("Bob"), "0" * 64), 404)


def test_what_was_approved_is_scheduled_too_and_a_rollback_needs_no_approval(person, version):
    before = active(person("Ada"))
    approve(person("Bob"), version)
    assert activate(person("Ada"), version, at="2027-01-01T00:00:00Z").status_code == 200
    assert activate(person("Ada"), version).status_code == 200
    assert person("Ada").post("/v1/policies/rollback", json={}).status_code == 200
    assert active(person("Ada")) == before


def test_what_was_scheduled_is_taken_off_the_schedule_without_approval_but_needs_it_to_come_back(person, version):
    before = active(person("Ada"))
    assert activate(person("Ada"), version, at="2027-01-01T00:00:00Z", override=True, note="now").status_code == 200
    taken_off = person("Ada").post(f"/v1/policies/{version}/unschedule", json={})
    assert taken_off.get_json() == {"active": before, "scheduled": [], "before": None, "gone": []}
    problem_of(activate(person("Ada"), version, at="2027-01-01T00:00:00Z"), 409)


def test_an_override_needs_a_note_and_the_history_shows_it(person, version, service):
    ada = person("Ada")
    assert fields_of(problem_of(activate(ada, version, override=True), 422)) == ["note"]
    assert fields_of(problem_of(activate(ada, version, override=True, note="  "), 422)) == ["note"]
    assert activate(ada, version, override=True, note="the site is down").status_code == 200
    assert active(ada) == version
    *_, last = service.versions.history()
    assert (last.kind, last.who, last.note, last.override) == ("activated", "Ada", "the site is down", True)


def test_an_override_that_was_not_needed_is_none(person, version, service):
    approve(person("Bob"), version)
    assert activate(person("Ada"), version, override=True, note="in haste").status_code == 200
    assert not service.versions.history()[-1].override


def test_a_canary_begins_only_after_another_person_approved_it_or_by_an_override_that_the_history_shows(
    person, version, service
):
    ada, body = person("Ada"), {"version": version, "share": "5%"}
    refused = problem_of(ada.post("/v1/policies/canary", json=body), 409)
    assert refused["type"] == "urn:pointsman:problem:not-approved"
    assert fields_of(problem_of(ada.post("/v1/policies/canary", json={**body, "override": True}), 422)) == ["note"]
    assert service.trials.stored.find("canary") is None
    emergency = {**body, "override": True, "note": "the site is down"}
    assert ada.post("/v1/policies/canary", json=emergency).status_code == 200
    last = service.versions.history()[-1]
    assert (last.kind, last.note, last.override, last.override_gate) == (
        *("canary_started", "the site is down"),
        *(True, False),
    )
    (entry,) = [item for item in service.entries(on_damaged=str) if item.kind == "canary_started"]
    assert entry.details["override"] is True
    # it decides that share, and more or all orders only with an approval, or by an override of their own
    problem_of(activate(ada, version), 409)
    more = {"share": "100%"}
    grown = "/v1/policies/canary/share"
    assert problem_of(ada.post(grown, json=more), 409)["type"] == "urn:pointsman:problem:not-approved"
    assert ada.get("/v1/policies/canary").get_json()["share"] == "5%"
    assert ada.post(grown, json={**more, "override": True, "note": "still down"}).get_json()["share"] == "100%"
    last = service.versions.history()[-1]
    assert (last.kind, last.override, last.override_gate) == ("canary_grown", True, False)
    (entry,) = [item for item in service.entries(on_damaged=str) if item.kind == "canary_grown"]
    assert entry.details["override"] is True
    assert ada.post("/v1/policies/canary/end", json={}).status_code == 200
    approve(person("Bob"), version)
    assert ada.post("/v1/policies/canary", json=body).status_code == 200
    assert not service.versions.history()[-1].override


def test_who_may_not_approve_may_begin_no_canary_by_an_override(person, version, monkeypatch):
    monkeypatch.setattr("api.http.access.caller.ROLE_SCOPES", {"merchandiser": frozenset({"policies:publish"})})
    for override in ("override", "override_gate"):
        body = {"share": "5%", override: True, "note": "why"}
        for call, more in (("canary", {"version": version}), ("canary/share", {})):
            refused = problem_of(person("Eve").post(f"/v1/policies/{call}", json={**body, **more}), 403)
            assert "policies:approve" in refused["detail"]


def test_who_may_not_approve_may_not_override(person, version, service, monkeypatch):
    publisher = frozenset({"policies:publish"})
    monkeypatch.setattr("api.http.access.caller.ROLE_SCOPES", {"merchandiser": publisher})
    refused = problem_of(activate(person("Eve"), version, override=True, note="why"), 403)
    assert "policies:approve" in refused["detail"]


def test_a_request_sent_again_under_its_key_is_answered_and_not_done_again(person, version, service):
    bob, key = person("Bob"), {"Idempotency-Key": "k"}
    first = bob.post(f"/v1/policies/{version}/approve", json={}, headers=key)
    entries = len(service.versions.history())
    assert bob.post(f"/v1/policies/{version}/approve", json={}, headers=key).data == first.data
    assert len(service.versions.history()) == entries
    other = bob.post("/v1/policies", json={"files": {"p.yaml": POLICY.replace("1 h", "2 h")}}).get_json()["version"]
    problem_of(person("Bob").post(f"/v1/policies/{other}/approve", json={}, headers=key), 409)


def test_without_the_setting_nothing_is_asked_for(http, pointsman):
    version = http.post("/v1/policies", json={"files": {"p.yaml": POLICY}}).get_json()["version"]
    assert activate(http, version).status_code == 200
    assert not pointsman.versions.history()[-1].override
    assert approve(client_of(pointsman, http.application, client="Bob"), version).get_json()["approved_by"] == ["Bob"]


NAMES = st.sampled_from(["Ada", "Bob", "Eve"])


@given(st.lists(st.tuples(st.sampled_from(["published", "approved"]), NAMES), max_size=6))
def test_two_persons_always_stood_for_what_may_be_activated(acts):
    history = [PastChange(kind=kind, version="v", who=who, at=0, note="") for kind, who in acts]
    signatures = Signatures.of("v", [*history, PastChange(kind="approved", version="w", who="Zoe", at=0, note="")])
    pairs = itertools.product(
        {who for kind, who in acts if kind == "published"}, {who for kind, who in acts if kind == "approved"}
    )
    assert signatures.are_two == any(one != other for one, other in pairs)
