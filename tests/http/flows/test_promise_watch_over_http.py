"""Progress of shipments and promises at risk, over HTTP."""

import json

import pytest

from api.records.flows.promise_watch import PromisesAtRiskRecord, WatchedShipmentRecord
from tests.conftest import activate
from tests.support.openapi import mistakes_in
from tests.support.order_json import order_json
from tests.support.problem_json import problem_of


def checked(http, record, response):
    assert response.status_code == 200, response.data
    answer = response.get_json()
    assert mistakes_in(http, record, answer) == []
    return answer


def events(http, *types):
    query = "&".join(f"type={name}" for name in types)
    answer = http.get(f"/v1/events?since=start&{query}")
    assert answer.status_code == 200
    return [json.loads(line) for line in answer.get_data(as_text=True).splitlines()]


@pytest.fixture
def made(http):
    return http.post("/v1/decisions", json=order_json(("RARE", 1), promise_by="2026-12-01T10:00:00Z")).get_json()


def report(http, made, number=0, **body):
    return http.post(f"/v1/shipments/{made['id']}/{number}/progress", json={"milestone": "picked", **body})


def test_progress_is_taken_in_and_answered_with_what_is_next(http, made):
    answer = checked(http, WatchedShipmentRecord, report(http, made, at="2026-11-27T09:00:00Z", op="one"))
    assert (answer["decision"], answer["shipment"], answer["order"]) == (made["id"], 0, made["order"]["id"])
    assert answer["passed"] == {"picked": "2026-11-27T09:00:00Z"}
    assert (answer["next"], answer["promised_by"]) == ("packed", "2026-12-01T10:00:00Z")
    assert list(answer["milestones"]) == ["released", "picked", "packed", "handed_over"]
    assert report(http, made, at="2026-11-27T09:00:00Z", op="one").get_json() == answer
    assert problem_of(report(http, made, at="2026-11-27T09:00:01Z", op="one"), 422)["type"].endswith("key-reused")


@pytest.mark.parametrize(
    ("body", "status", "says"),
    [
        ({"number": 1}, 404, "its shipments are 0 to 0"),
        ({"number": "x"}, 404, "no number of a shipment"),
        ({"milestone": "lost"}, 422, "milestone"),
        ({"at": "2026-11-26T09:00:00Z"}, 422, "at"),
        ({"at": "2026-11-28T09:00:00Z"}, 422, "at"),
    ],
)
def test_progress_that_can_not_be_is_refused(http, made, body, status, says):
    refused = report(http, made, **body)
    assert says in str(problem_of(refused, status))
    assert events(http, "shipment.progressed") == []


def test_progress_of_what_has_left_is_refused(http, made):
    http.post(f"/v1/decisions/{made['id']}/confirm")
    assert problem_of(report(http, made), 409)["type"].endswith("hold-ended")


def test_promises_at_risk_are_listed_page_by_page(http, made, clock):
    other = http.post("/v1/decisions", json=order_json(("RARE", 1), promise_by="2026-12-01T09:00:00Z")).get_json()
    assert checked(http, PromisesAtRiskRecord, http.get("/v1/promises/at-risk"))["shipments"] == []
    page = checked(http, PromisesAtRiskRecord, http.get("/v1/promises/at-risk?within=9d&limit=1"))
    assert [item["decision"] for item in page["shipments"]] == [other["id"]]
    rest = checked(http, PromisesAtRiskRecord, http.get(f"/v1/promises/at-risk?within=9d&after={page['next']}"))
    (item,) = rest["shipments"]
    assert (item["decision"], item["cause"], item["missed"], item["late"]) == (
        made["id"],
        "not_handed_over",
        False,
        False,
    )
    assert rest["next"] is None
    node = item["node"]
    for query, count in (
        (f"node={node}", 2),
        ("node=nowhere", 0),
        ("cause=not_handed_over", 2),
        ("cause=not_picked", 0),
    ):
        answer = http.get(f"/v1/promises/at-risk?within=9d&{query}").get_json()
        assert len(answer["shipments"]) == count, query
    clock.now += 10 * 86_400
    assert http.get("/v1/promises/at-risk").get_json()["shipments"] == []  # the holds have expired


@pytest.mark.parametrize("query", ["cause=tired", "within=soon", "limit=0", "after=x", "nodes=lyon"])
def test_queries_that_can_not_be_meant_are_refused(http, query):
    assert problem_of(http.get(f"/v1/promises/at-risk?{query}"), 422)


def test_what_happens_is_told_by_events(http, pointsman, made, clock):
    report(http, made, at="2026-11-27T09:00:00Z")
    shipment = made["shipments"][0]
    shown = pointsman.flows.promise_watch.at_risk(within=60 * 24 * 9).shipments[0].shipment
    activate(pointsman, "then: {hold: 20 d}")
    pointsman.holds.extend(made["id"], until=clock.now + 20 * 86_400)
    clock.now = shown.due - 60
    pointsman.flows.promise_watch.watch()
    progressed, at_risk = events(http, "shipment.progressed", "promise.at_risk")
    assert (progressed["type"], progressed["data"]["milestone"]) == ("shipment.progressed", "picked")
    assert at_risk["subject"] == made["order"]["id"]
    data = at_risk["data"]
    assert (data["decision"], data["shipment"], data["node"]) == (made["id"], 0, shipment["node"])
    assert (data["cause"], data["promised_by"]) == ("not_packed", "2026-12-01T10:00:00Z")
