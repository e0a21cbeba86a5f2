"""The shadow and the canary over HTTP, and the event that tells of a canary's end."""

import itertools

import msgspec
import pytest

from engine.errors import KeyReused
from engine.model.order_share import order_number
from engine.simulation.trial_turns import TrialTurns
from tests.support.facts import policy_file
from tests.support.order_json import order_json
from tests.support.problem_json import fields_of, problem_of

DEAR = policy_file("then: {exclude: true}")["test.yaml"].decode()


def published(http):
    return http.post("/v1/policies", json={"files": {"test.yaml": DEAR}}).get_json()["version"]


def decided(http, *, inside, number=0):
    names = (f"W-{n}" for n in itertools.count() if (order_number(f"W-{n}") < 5_000) == inside)
    name = next(itertools.islice(names, number, None))
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


def test_the_orders_of_a_trial_come_in_pages(pointsman, http):
    http.post("/v1/policies/shadow", json={"version": published(http)})
    names = [decided(http, inside=True, number=number)["order"]["id"] for number in range(3)]
    TrialTurns(pointsman).take_turn()
    first = http.get("/v1/policies/shadow/orders?limit=2").get_json()
    second = http.get("/v1/policies/shadow/orders", query_string={"limit": 2, "after": first["next"]}).get_json()
    assert [row["order"] for page in (first, second) for row in page["orders"]] == sorted(names)
    assert second["next"] is None
    assert fields_of(problem_of(http.get("/v1/policies/shadow/orders?after=x"), 422)) == ["after"]
    assert fields_of(problem_of(http.get("/v1/policies/canary/orders?limit=1001"), 422)) == ["limit"]


def test_bounds_and_shares_that_are_wrong_are_told_by_field(http):
    body = {"version": published(http), "share": "0%", "stop_if": ["lat > 2"]}
    number = problem_of(http.post("/v1/policies/canary", json={**body, "share": 0.05}), 422)
    assert 'write it in quotation marks, as in "5%"' in str(number)
    assert fields_of(problem_of(http.post("/v1/policies/canary", json=body), 422)) == ["share"]
    assert fields_of(problem_of(http.post("/v1/policies/canary", json={**body, "share": "5%"}), 422)) == ["stop_if"]


@pytest.fixture
def send_again(http, redis_client, network):
    """Sends a request under an idempotency key, and again as if the worker had died before it kept the answer."""

    def twice(path, body, meanwhile=lambda: None):
        headers = {"Idempotency-Key": path}
        first = http.post(path, json=body, headers=headers)
        redis_client.delete(*redis_client.scan_iter(f"{{{network}}}:request:*"))
        meanwhile()
        return first, http.post(path, json=body, headers=headers)

    return twice


def kinds(pointsman, *names):
    return [change.kind for change in pointsman.versions.history() if change.kind in names]


def test_a_change_of_a_trial_that_is_sent_again_is_made_once(pointsman, http, send_again):
    version = published(http)
    begin = {"version": version, "share": "5%"}
    assert {answer.status_code for answer in send_again("/v1/policies/canary", begin)} == {200}
    grown = send_again(
        "/v1/policies/canary/share", {"share": "10%"}, lambda: pointsman.trials.grow_canary(2_000, who="Eve")
    )
    assert [answer.get_json()["share"] for answer in grown] == ["10%", "20%"]
    ended = send_again(
        "/v1/policies/canary/end", {"note": "seen enough"}, lambda: http.post("/v1/policies/canary", json=begin)
    )
    assert [answer.get_json()["running"] for answer in ended] == [False, True]
    again = ["canary_started", "canary_grown", "canary_grown", "canary_ended", "canary_started"]
    assert kinds(pointsman, "canary_started", "canary_grown", "canary_ended") == again
    http.post("/v1/policies/shadow", json={"version": version})
    shadow = send_again(
        "/v1/policies/shadow/end", {}, lambda: http.post("/v1/policies/shadow", json={"version": version})
    )
    assert [answer.get_json()["running"] for answer in shadow] == [False, True]
    assert kinds(pointsman, "shadow_ended") == ["shadow_ended"]


def test_a_version_that_is_taken_off_the_schedule_twice_under_one_key_may_be_scheduled_anew_between(
    pointsman, clock, http, send_again
):
    version = published(http)

    def schedule(*hours):
        for hour in hours:
            pointsman.versions.activate(version, who="Ada", note="", since=clock.now + 3_600 * hour)

    schedule(1, 2)
    first, again = send_again(f"/v1/policies/{version}/unschedule", {}, lambda: schedule(3))
    assert (first.status_code, first.get_json()["scheduled"]) == (200, [])
    assert (again.status_code, len(again.get_json()["scheduled"])) == (200, 1)
    assert kinds(pointsman, "unscheduled") == ["unscheduled"] * 2


def test_a_key_that_was_used_for_another_change_of_a_trial_is_refused(pointsman, http):
    version = published(http)
    http.post("/v1/policies/canary", json={"version": version, "share": "5%"})
    pointsman.trials.grow_canary(1_000, who="Ada", operation="one")
    for change in (
        lambda: pointsman.trials.grow_canary(2_000, who="Ada", operation="one"),
        lambda: pointsman.trials.end_canary(who="Ada", operation="one"),
        lambda: pointsman.versions.cancel_schedule(version, who="Ada", note="", operation="one"),
    ):
        with pytest.raises(KeyReused):
            change()
    assert pointsman.trials.running("canary").share == 1_000
