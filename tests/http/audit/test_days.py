"""GET /v1/days adds up what the decisions of a day say, once each, whichever process decided them."""

import json

import pytest

from api.records.audit.days import DaysRecord
from engine.audit.days import live_days
from tests.conftest import PARKS_RISKY_ORDERS, activate, small
from tests.support.openapi import mistakes_in
from tests.support.order_json import order_json

A_DAY = 86_400


def days(http, **query):
    answer = http.get("/v1/days", query_string=query)
    assert answer.status_code == 200, answer.json
    return answer.json


@pytest.fixture
def decided(http):
    return [
        http.post("/v1/decisions", json=order_json(("SHIRT", 2), id="W-1")).json,
        http.post("/v1/decisions?wait=true", json=order_json(("SHIRT", 1), ("RARE", 99), id="W-2")).json,
    ]


def test_a_day_without_orders_has_zeros(http):
    told = days(http)
    assert mistakes_in(http, DaysRecord, told) == []
    assert (told["newest"], told["nodes"], told["fired"]) == (None, [], {})
    assert {value for name, value in told["day"].items() if name != "day"} == {0}


def test_what_its_decisions_say_is_added_up(pointsman, http):
    activate(pointsman, PARKS_RISKY_ORDERS)
    made = [
        http.post("/v1/decisions", json=order_json(("SHIRT", 2), id="W-1", segment="risky")).json,
        http.post("/v1/decisions?wait=true", json=order_json(("SHIRT", 1), ("RARE", 99), id="W-2")).json,
    ]
    told = days(http)
    assert mistakes_in(http, DaysRecord, told) == []
    day = told["day"]
    assert (day["day"], told["newest"]) == ("2026-11-27", "2026-11-27")
    assert (day["orders"], day["filled"], day["partial"], day["waiting"]) == (2, 1, 1, 1)
    assert day["cost_micros"] == sum(item["cost_micros"] for item in made)
    assert day["co2_mg"] == sum(item["co2_mg"] for item in made)
    units = {}
    for item in made:
        for shipment in item["shipments"]:
            for line in shipment["lines"]:
                units[shipment["node"]] = units.get(shipment["node"], 0) + line["quantity"]
    assert {node["node"]: node["units"] for node in told["nodes"]} == units
    assert day["units_shipped"] == sum(units.values())
    assert list(told["fired"].values()) == [1]
    (version,) = told["versions"]
    assert version["version"] == pointsman.versions.timeline().active
    names = (
        "orders",
        "late",
        "shipments",
        "units_ordered",
        "units_shipped",
        "units_from_clearance",
        "cost_micros",
        "co2_mg",
    )
    assert [version[name] for name in names] == [day[name] for name in names]


def test_orders_are_told_apart_by_the_version_that_decided_them_first(pointsman, http, decided):
    first = pointsman.versions.timeline().active
    activate(pointsman, PARKS_RISKY_ORDERS)
    later = http.post("/v1/decisions", json=order_json(("SHIRT", 1), id="W-3")).json
    (node, *_) = {shipment["node"] for shipment in decided[1]["shipments"]}
    rejection = {"node": node, "reason": "damaged"}
    assert http.post(f"/v1/decisions/{decided[1]['id']}/reject", json=rejection).status_code == 201
    versions = {its["version"]: its for its in days(http)["versions"]}
    assert {version: its["orders"] for version, its in versions.items()} == {first: 2, later["policy_version"]: 1}
    assert versions[later["policy_version"]]["cost_micros"] == later["cost_micros"]


def test_positions_that_ran_low_are_those_of_the_events(http, decided):
    events = [json.loads(line) for line in http.get("/v1/events?since=start&type=stock.low").data.splitlines()]
    low = [(event["data"]["sku"], event["data"]["node"]) for event in events]
    assert low
    assert {(item["sku"], item["node"]) for item in days(http)["ran_low"]} == set(low)


def test_an_order_is_counted_once_however_often_it_is_decided_and_asked_for(http, opened, decided):
    days(http)
    (node, *_) = {shipment["node"] for shipment in decided[1]["shipments"]}
    body = {"node": node, "reason": "damaged"}
    assert http.post(f"/v1/decisions/{decided[1]['id']}/reject", json=body).status_code == 201
    assert (days(http)["day"]["orders"], days(http)["day"]["rerouted"]) == (2, 1)
    assert opened().days.all() == opened().days.all()


def test_a_worker_that_goes_on_counts_nothing_of_before_the_network_was_reset(http, opened, decided, pointsman):
    worker = opened()
    assert [tally.total.orders for tally in worker.days.all().values()] == [2]
    assert worker.days.ran_low()
    pointsman.forget()
    pointsman.load(small())
    assert worker.days.all() == {}
    assert worker.days.ran_low() == []
    activate(pointsman)
    http.post("/v1/decisions", json=order_json(("SHIRT", 1), id="W-9"))
    assert [tally.total.orders for tally in worker.days.all().values()] == [1]


def test_another_process_reads_the_same(pointsman, opened, decided):
    other = opened()
    assert other.days.all() == pointsman.days.all()
    assert len(other.days.all()) == 1


def test_a_day_is_held_against_the_day_before_and_that_of_a_week_before(http, clock, decided):
    clock.now += A_DAY
    told = days(http)
    assert (told["day"]["orders"], told["day_before"]["orders"], told["week_before"]["orders"]) == (0, 2, 0)
    assert days(http, day="2026-12-04")["week_before"]["orders"] == 2
    assert told["newest"] == "2026-11-27"


def test_a_day_that_is_none_is_refused(http):
    assert http.get("/v1/days?day=2026-02-30").status_code == 422


def test_a_long_log_is_added_up_bit_by_bit(http, decided, monkeypatch):
    monkeypatch.setattr(live_days, "MOST_ENTRIES", 0)
    assert not days(http)["complete"]
    monkeypatch.undo()
    told = days(http)
    assert (told["complete"], told["day"]["orders"]) == (True, 2)
