"""The shadow and the canary over HTTP, and the event that tells of a canary's end."""

import itertools

import msgspec

from engine.model.order_share import order_number
from engine.simulation.trial_turns import TrialTurns
from tests.support.facts import policy_file
from tests.support.order_json import order_json
from tests.support.problem_json import fields_of, problem_of

DEAR = policy_file("then: {exclude: true}")["test.yaml"].decode()


def published(http):
    return http.post("/v1/policies", json={"files": {"test.yaml": DEAR}}).get_json()["version"]


def decided(http, *, inside):
    name = next(f"W-{n}" for n in itertools.count() if (order_number(f"W-{n}") < 5_000) == inside)
    answer = http.post("/v1/decisions", json=order_json(id=name))
    assert answer.status_code == 201
    return answer.get_json()


def test_a_canary_is_begun_grown_read_and_ended_by_its_bound_with_an_event(pointsman, http):
    base, version = pointsman.versions.timeline().active, published(http)
    assert problem_of(http.get("/v1/policies/canary"), 404)["detail"] == "there is no canary, and there was none"
    body = {"version": version[:8], "share": "50%", "stop_if": ["unfilled > +0"], "watch": ["unfilled"]}
    begun = http.post("/v1/policies/canary", json={**body, "least_orders": 1, "note": "new"}).get_json()
    assert (begun["version"], begun["base"], begun["share"], begun["running"]) == (version, base, "50%", True)
    assert problem_of(http.post("/v1/policies/canary", json=body), 409)["type"].endswith("not-activated")
    assert http.post("/v1/policies/canary/share", json={"share": "60%"}).get_json()["share"] == "60%"
    assert fields_of(problem_of(http.post("/v1/policies/canary/share", json={"share": "5%"}), 422)) == ["share"]
    assert decided(http, inside=True)["policy_version"] == version
    TrialTurns(pointsman).take_turn()
    ended = http.get("/v1/policies/canary").get_json()
    assert (ended["running"], ended["because"], ended["end_note"]) == (False, "bounds", "unfilled > +0")
    (unfilled,) = [item for item in ended["figures"] if item["figure"] == "unfilled"]
    assert (unfilled["difference"], unfilled["broken"], unfilled["stop_if"]) == (1, True, "+0")
    assert [item["unit"] for item in ended["figures"]] == ["micros", "milligrams", "decisions", "units", "shipments"]
    (row,) = http.get("/v1/policies/canary/orders").get_json()["orders"]
    assert row["units_unfilled"] == 1
    lines = http.get("/v1/events?since=start&type=policy.canary_ended").data.splitlines()
    told = [msgspec.json.decode(line) for line in lines]
    assert [(item["subject"], item["data"]["because"], item["data"]["by"]) for item in told] == [
        (version, "bounds", None)
    ]
    assert (told[0]["data"]["broken"], told[0]["data"]["figures"]["unfilled"]["difference"]) == (["unfilled"], 1)


def test_a_shadow_is_begun_read_and_ended(pointsman, http):
    base, version = pointsman.versions.timeline().active, published(http)
    assert http.post("/v1/policies/shadow", json={"version": version}).get_json()["share"] == "100%"
    assert decided(http, inside=False)["policy_version"] == base
    TrialTurns(pointsman).take_turn()
    read = http.get("/v1/policies/shadow").get_json()
    assert (read["orders"], read["orders_changed"], read["running"]) == (1, 1, True)
    assert http.post("/v1/policies/shadow/end", json={}).get_json()["running"] is False
    assert len(http.get("/v1/policies/shadow/orders").get_json()["orders"]) == 1
    problem_of(http.post("/v1/policies/shadow/end", json={}), 404)


def test_bounds_and_shares_that_are_wrong_are_told_by_field(http):
    body = {"version": published(http), "share": "0%", "stop_if": ["lat > 2"]}
    number = problem_of(http.post("/v1/policies/canary", json={**body, "share": 0.05}), 422)
    assert 'write it in quotation marks, as in "5%"' in str(number)
    assert fields_of(problem_of(http.post("/v1/policies/canary", json=body), 422)) == ["share"]
    assert fields_of(problem_of(http.post("/v1/policies/canary", json={**body, "share": "5%"}), 422)) == ["stop_if"]
