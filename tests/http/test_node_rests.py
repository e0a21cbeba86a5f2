"""Nodes that rest after a rejection, over HTTP."""

import pytest

from api.records.node_rests import RestsRecord
from engine.decide.record import DecisionRecord
from engine.store.log.decision_log import entries
from tests.conftest import activate
from tests.support.callers import client_of
from tests.support.openapi import mistakes_in
from tests.support.order_json import order_json
from tests.support.problem_json import problem_of

RULE = "when: {rejection.reason: no_capacity}, then: {rest_after_rejection: 2 h}"


@pytest.fixture
def rejected(http, pointsman):
    """Answers the decision that followed, once the one node that ships RARE has rejected it."""
    activate(pointsman, RULE)
    made = http.post("/v1/decisions", json=order_json(("RARE", 1))).get_json()
    rejection = {"node": made["shipments"][0]["node"], "reason": "no_capacity"}
    return http.post(f"/v1/decisions/{made['id']}/reject", json=rejection).get_json()


def checked(http, record, response):
    assert response.status_code in (200, 201), response.data
    answer = response.get_json()
    assert mistakes_in(http, record, answer) == []
    return answer


def test_a_rejection_says_until_when_the_node_rests(http, rejected):
    assert mistakes_in(http, DecisionRecord, rejected) == []
    rest = rejected["follows"]["rest"]
    assert (rest["node"], rest["until"]) == ("lyon", "2026-11-27T11:00:00Z")
    assert (rest["policy_version"], rest["rules"]) == (rejected["policy_version"], {"test/r1": {"en": "a reason"}})


def test_the_nodes_that_rest_are_listed_with_why(http, rejected, clock):
    (rest,) = checked(http, RestsRecord, http.get("/v1/resting"))["nodes"]
    assert (rest["node"], rest["decision"]) == ("lyon", rejected["follows"]["decision"])
    assert rest["rules"] == {"test/r1": {"en": "a reason"}}
    clock.now += 7_200
    assert http.get("/v1/resting").get_json() == {"nodes": []}


def test_other_orders_are_told_that_the_node_rests(http, rejected):
    made = checked(http, DecisionRecord, http.post("/v1/decisions", json=order_json(("RARE", 1))))
    assert made["shipments"] == []
    assert [reason["code"] for reason in made["unfilled"][0]["reasons"]] == ["resting"]
    assert {item["resting"]["node"] for item in made["excluded"]} == {"lyon"}
    assert http.get(f"/v1/decisions/{made['id']}").get_json() == made


def test_people_end_a_rest(http, rejected):
    response = http.delete("/v1/resting/lyon")
    assert "Content-Type" not in response.headers
    assert (response.status_code, response.data) == (204, b"")
    assert http.get("/v1/resting").get_json() == {"nodes": []}
    made = http.post("/v1/decisions", json=order_json(("RARE", 1))).get_json()
    assert [shipment["node"] for shipment in made["shipments"]] == ["lyon"]


def test_who_ended_a_rest_is_written_as_they_spell_it(http, rejected, pointsman):
    eva = client_of(pointsman, http.application, client="Éva", role="oms")
    assert eva.delete("/v1/resting/lyon").status_code == 204
    (woken,) = (entry for entry in entries(pointsman._client, pointsman._keys) if entry.kind == "woken")
    assert woken.caller == "Éva"


@pytest.mark.parametrize("name", ["lille", "nowhere", "%00"])
def test_a_node_that_does_not_rest_cannot_be_woken(http, rejected, name):
    assert "does not rest" in problem_of(http.delete(f"/v1/resting/{name}"), 404)["detail"]
