"""The life of a transfer over HTTP."""

import dataclasses
import json

import pytest

from engine.model.transfer_lanes import NodeNames, TransferLane
from engine.store.network.serialization import inventory_version
from engine.transfers.transfer_record import TransferRecord, TransfersPageRecord
from tests.conftest import activate, small
from tests.support.callers import client_of
from tests.support.openapi import mistakes_in
from tests.support.order_json import order_json
from tests.support.problem_json import fields_of, problem_of

ENDS = NodeNames(nodes=frozenset({"lyon", "paris"}))
NEW = {
    "id": "T/1",
    "from": "lyon",
    "to": "paris",
    "lines": [{"sku": "SHIRT", "quantity": 6}, {"sku": "LAMP", "quantity": 2}],
}


@pytest.fixture
def shop(http, pointsman):
    """Lyon has ten SHIRT and six LAMP; a lane leads to Paris and back."""
    lanes = (TransferLane(origin=ENDS, goal=ENDS, takes=600),)
    inventory = dataclasses.replace(small(), network=dataclasses.replace(small().network, transfer_lanes=lanes))
    version = inventory_version(inventory)
    pointsman.load(dataclasses.replace(inventory, network=dataclasses.replace(inventory.network, version=version)))
    activate(pointsman)
    return http


def call(http, path, body=None, status=200, name="T%2F1"):
    answer = http.post(f"/v1/transfers/{name}/{path}", json=body or {})
    assert answer.status_code == status, answer.data
    assert mistakes_in(http, TransferRecord, answer.get_json()) == []
    return answer.get_json()


def made(http, **more):
    answer = http.post("/v1/transfers", json=NEW | more)
    assert answer.status_code == 201, answer.data
    assert http.get(answer.headers["Location"]).get_json() == answer.get_json()
    assert mistakes_in(http, TransferRecord, answer.get_json()) == []
    return answer.get_json()


def test_a_transfer_is_made_approved_shipped_and_received(shop):
    transfer = made(shop, note="for the week-end")
    assert (transfer["id"], transfer["status"], transfer["from"], transfer["to"]) == (
        "T/1",
        "proposed",
        "lyon",
        "paris",
    )
    assert transfer["note"] == "for the week-end"
    assert call(shop, "approve")["status"] == "approved"
    sent = call(shop, "ship", {"lines": [{"sku": "SHIRT", "quantity": 5}]})
    assert (sent["shipped_at"], sent["expected_at"]) == ("2026-11-27T09:00:00Z", "2026-11-27T19:00:00Z")
    assert [line["to_come"] for line in sent["lines"]] == [5, 0]
    part = call(shop, "receive", {"lines": [{"sku": "SHIRT", "quantity": 2}]})
    assert (part["status"], part["lines"][0]["received"], part["lines"][0]["to_come"]) == ("shipped", 2, 3)
    done = call(shop, "receive", {"lines": [{"sku": "SHIRT", "quantity": 0}], "last": True})
    assert (done["status"], done["ended_at"]) == ("received", "2026-11-27T09:00:00Z")
    assert shop.get("/v1/transfers/T%2F1").get_json() == done


def test_transfers_are_listed_in_pages(shop):
    for number in range(3):
        made(shop, id=f"T-{number}", lines=[{"sku": "SHIRT", "quantity": 1}])
    call(shop, "cancel", name="T-1")
    first = shop.get("/v1/transfers?limit=1").get_json()
    assert mistakes_in(shop, TransfersPageRecord, first) == []
    assert [item["id"] for item in first["transfers"]] == ["T-0"]
    rest = shop.get(f"/v1/transfers?limit=9&after={first['next']}").get_json()
    assert ([item["id"] for item in rest["transfers"]], rest["next"]) == (["T-2"], None)
    over = shop.get("/v1/transfers?status=cancelled&from=lyon&to=paris&sku=SHIRT").get_json()
    assert [item["id"] for item in over["transfers"]] == ["T-1"]
    assert shop.get("/v1/transfers?from=paris").get_json()["transfers"] == []


@pytest.mark.parametrize(
    ("wrong", "field"),
    [
        ({"from": "nowhere"}, "from"),
        ({"to": "nowhere"}, "to"),
        ({"to": "lille"}, "to"),
        ({"lines": []}, "lines"),
        ({"lines": [{"sku": "SHIRT", "quantity": 0}]}, "lines.0.quantity"),
        ({"lines": [{"sku": "SHIRT", "quantity": 1.5}]}, "lines.0.quantity"),
        ({"lines": [{"sku": "SHIRT", "quantity": 1}, {"sku": "SHIRT", "quantity": 1}]}, "lines.1.sku"),
        ({"lines": [{"sku": "GONE", "quantity": 1}]}, "lines.0.sku"),
        ({"more": 1}, "more"),
    ],
)
def test_what_is_wrong_with_a_transfer_is_said_by_field(shop, contents, wrong, field):
    before = contents()
    assert field in fields_of(problem_of(shop.post("/v1/transfers", json=NEW | wrong), 422))
    assert contents() == before


def test_units_that_are_held_are_not_moved(shop, contents):
    shop.post("/v1/decisions", json=order_json(("SHIRT", 8)))
    before = contents()
    problem = problem_of(shop.post("/v1/transfers", json=NEW), 409)
    assert problem["type"].endswith(":stock-conflict")
    assert "6 of 'SHIRT', and 2 can be moved; the others are not there, are held" in problem["detail"]
    assert contents() == before


def test_what_can_not_be_done_now_is_a_conflict_and_what_there_is_not_is_not_found(shop):
    made(shop)
    assert "approve it first" in problem_of(shop.post("/v1/transfers/T%2F1/ship", json={}), 409)["detail"]
    problem_of(shop.post("/v1/transfers", json=NEW | {"note": "other"}), 409)
    problem_of(shop.post("/v1/transfers/T-9/approve", json={}), 404)
    problem_of(shop.get("/v1/transfers/T-9"), 404)
    call(shop, "approve")
    problem_of(shop.post("/v1/transfers/T%2F1/ship", json={"lines": [{"sku": "SHIRT", "quantity": 7}]}), 422)
    call(shop, "ship")
    late = {"at": "2030-01-01T00:00:00Z"}
    assert fields_of(problem_of(shop.post("/v1/transfers/T%2F1/receive", json=late), 422)) == ["at"]
    over = {"lines": [{"sku": "SHIRT", "quantity": 7}]}
    assert "'over'" in problem_of(shop.post("/v1/transfers/T%2F1/receive", json=over), 409)["detail"]
    assert call(shop, "receive", over | {"over": True})["lines"][0]["received"] == 7


def test_an_operation_is_carried_out_once_by_its_name_or_by_the_key(shop):
    key = {"Idempotency-Key": "monday"}
    nameless = {field: value for field, value in NEW.items() if field != "id"}
    first, again = (shop.post("/v1/transfers", json=nameless, headers=key) for _ in range(2))
    assert first.get_json() == again.get_json() == shop.get(first.headers["Location"]).get_json()
    assert (again.status_code, again.headers["Location"]) == (201, first.headers["Location"])
    first, again = (shop.post("/v1/transfers", json=nameless | {"op": "o"}) for _ in range(2))
    assert (first.status_code, again.status_code, "Location" in again.headers) == (201, 200, False)
    assert first.get_json() == again.get_json()
    name = first.get_json()["id"]
    call(shop, "approve", {"op": "a"}, name=name)
    call(shop, "approve", {"op": "a"}, name=name)
    call(shop, "ship", name=name)
    part = {"lines": [{"sku": "SHIRT", "quantity": 1}], "op": "r"}
    assert call(shop, "receive", part, name=name) == call(shop, "receive", part, name=name)
    problem_of(shop.post(f"/v1/transfers/{name}/receive", json=part | {"last": True}), 422)


def test_events_tell_the_life_of_a_transfer_and_what_is_on_hand(shop):
    made(shop)
    call(shop, "approve")
    call(shop, "ship")
    call(shop, "receive", {"lines": [{"sku": "SHIRT", "quantity": 4}]})
    call(shop, "cancel")
    lines = shop.get("/v1/events?since=0-0&limit=100").data.splitlines()
    events = [event for event in map(json.loads, lines) if "type" in event]
    told = {event["type"]: event for event in events if event["type"].startswith("transfer.")}
    assert list(told) == [f"transfer.{word}" for word in ("proposed", "approved", "shipped", "received", "cancelled")]
    shipped, received = told["transfer.shipped"], told["transfer.received"]
    assert (shipped["subject"], shipped["data"]["links"]) == ("T/1", {"transfer": "/v1/transfers/T%2F1"})
    assert received["data"]["arrived"] == [{"sku": "SHIRT", "quantity": 4}]
    assert told["transfer.cancelled"]["data"]["status"] == "cancelled"
    moved = [event["data"]["positions"] for event in events if event["data"].get("because") == "transferred"]
    assert moved == [
        [
            {"sku": "SHIRT", "node": "lyon", "delta": -6, "on_hand": 4},
            {"sku": "LAMP", "node": "lyon", "delta": -2, "on_hand": 4},
        ],
        [
            {"sku": "SHIRT", "node": "lyon", "delta": 2, "on_hand": 6},
            {"sku": "LAMP", "node": "lyon", "delta": 2, "on_hand": 6},
        ],
    ]


def test_stock_that_a_transfer_takes_to_the_last_unit_is_low(shop):
    made(shop, lines=[{"sku": "LAMP", "quantity": 6}])
    call(shop, "approve")
    call(shop, "ship")
    events = [json.loads(line) for line in shop.get("/v1/events?since=0-0&type=stock.low").data.splitlines()]
    assert [event["subject"] for event in events if "type" in event] == ["LAMP"]


def test_who_may_read_may_not_move(http, shop, pointsman):
    made(shop)
    auditor = client_of(pointsman, http.application, role="auditor")
    assert auditor.get("/v1/transfers").status_code == 200
    for path in ("", "/T%2F1/approve", "/T%2F1/ship", "/T%2F1/receive", "/T%2F1/cancel"):
        problem_of(auditor.post(f"/v1/transfers{path}", json={}), 403)


def test_quantities_with_decimals_are_moved_as_they_are_written(http, pointsman):
    from tests.support.facts import LILLE, LYON, inventory, node, product  # noqa: PLC0415

    ends = NodeNames(nodes=frozenset({"lyon", "lille"}))
    nodes = [node("lyon", LYON), node("lille", LILLE)]
    fabric = product("FABRIC", unit="m", decimals=2)
    pointsman.forget()
    lanes = (TransferLane(origin=ends, goal=ends, takes=60),)
    pointsman.load(
        inventory(nodes, {"FABRIC": {"lyon": 1_000}}, products=[fabric], decimals={"FABRIC": 2}, transfer_lanes=lanes)
    )
    activate(pointsman)
    body = {"id": "T/1", "from": "lyon", "to": "lille", "lines": [{"sku": "FABRIC", "quantity": "2.50"}]}
    answer = http.post("/v1/transfers", json=body)
    assert b'"quantity":2.50' in answer.data
    assert http.post("/v1/transfers/T%2F1/approve", json={}).status_code == 200
    assert http.post("/v1/transfers/T%2F1/ship", json={}).status_code == 200
    received = http.post("/v1/transfers/T%2F1/receive", json={"lines": [{"sku": "FABRIC", "quantity": 1.25}]})
    assert b'"received":1.25' in received.data
    assert b'"to_come":1.25' in received.data
    too_much = {"lines": [{"sku": "FABRIC", "quantity": 2}]}
    assert "0.75 more" in problem_of(http.post("/v1/transfers/T%2F1/receive", json=too_much), 409)["detail"]
