"""The backlog, rejections and chains over HTTP."""

import pytest

from api.records.backlog import BacklogRecord, ChainRecord, RunRecord
from engine.decide.order_record import timestamp
from engine.decide.record import DecisionRecord
from engine.store.stock import Movement
from tests.conftest import activate
from tests.support.openapi import mistakes_in
from tests.support.order_json import order_json, shipped_units
from tests.support.problem_json import fields_of, problem_of


@pytest.fixture
def vips(pointsman):
    activate(pointsman, "when: {order.segment: vip}, then: {priority: 80}")


@pytest.fixture
def runs_backlog():
    return "manual"


def arrive(pointsman, units, sku="RARE"):
    pointsman.stock.move([Movement(op=f"{sku} {units}", node="lyon", sku=sku, delta=units)])


def checked(http, record, response):
    answer = response.get_json()
    assert mistakes_in(http, record, answer) == []
    return answer


def test_what_waits_is_listed_served_and_withdrawn(http, pointsman, vips):
    for segment in (None, "vip", None):
        made = http.post("/v1/decisions?wait=true", json=order_json(("RARE", 3), segment=segment))
        assert mistakes_in(http, DecisionRecord, made.get_json()) == []
    page = checked(http, BacklogRecord, http.get("/v1/backlog?limit=1"))
    assert (page["waiting"], [item["priority"] for item in page["orders"]]) == (2, [80])
    assert page["orders"][0]["lines"] == [{"line": "1", "sku": "RARE", "quantity": 3}]
    next_page = checked(http, BacklogRecord, http.get("/v1/backlog", query_string={"after": page["next"]}))
    assert ([item["priority"] for item in next_page["orders"]], next_page["next"]) == ([50], None)
    arrive(pointsman, 4)
    run = checked(http, RunRecord, http.post("/v1/backlog/run", json={}))
    assert (run["offered"], [shipped_units(record) for record in run["decisions"]]) == (2, [3, 1])
    (last,) = checked(http, BacklogRecord, http.get("/v1/backlog"))["orders"]
    assert last["lines"][0]["quantity"] == 2
    assert http.delete(f"/v1/backlog/{last['decision']}").status_code == 204
    problem_of(http.delete(f"/v1/backlog/{last['decision']}"), 404)
    assert checked(http, BacklogRecord, http.get("/v1/backlog"))["waiting"] == 0
    assert pointsman.check().clean


def test_what_waits_says_why_the_last_offer_led_to_nothing(http, pointsman, clock):
    http.post("/v1/decisions?wait=true", json=order_json(("RARE", 9)))
    (item,) = checked(http, BacklogRecord, http.get("/v1/backlog"))["orders"]
    assert (item["last_offer"], item["not_before"]) == (None, None)
    activate(pointsman, "when: {product.sku: RARE}, then: {keep: 5}")
    arrive(pointsman, 4)
    assert checked(http, RunRecord, http.post("/v1/backlog/run", json={}))["decisions"] == []
    (item,) = checked(http, BacklogRecord, http.get("/v1/backlog"))["orders"]
    assert (item["last_offer"]["at"], item["last_offer"]["detail"]) == (timestamp(clock.now), None)
    (unfilled,) = item["last_offer"]["unfilled"]
    assert [(reason["code"], reason["units"]) for reason in unfilled["reasons"]] == [
        ("kept_back", 4),
        ("not_enough", unfilled["quantity"] - 4),
    ]


def test_a_batch_may_wait(http):
    orders = [order_json(("RARE", 2)), order_json(("RARE", 2))]
    http.post("/v1/decisions/batch?wait=true", json={"orders": orders})
    assert http.get("/v1/backlog").get_json()["waiting"] == 1


def test_an_order_for_a_nominated_day_waits_until_its_units_are_reserved(http):
    response = http.post("/v1/decisions", json=order_json(("SHIRT", 2), deliver_on="2026-12-10"))
    made = checked(http, DecisionRecord, response)
    assert (response.status_code, made["status"], made["shipments"], made["hold"]) == (201, "scheduled", [], None)
    assert made["order"]["deliver_on"] == "2026-12-10"
    assert [len(item["lines"]) for item in made["scheduled"]["shipments"]] == [1]
    (entry,) = checked(http, BacklogRecord, http.get("/v1/backlog"))["orders"]
    assert (entry["not_before"], entry["lines"][0]["quantity"]) == (made["scheduled"]["reserve_at"], 2)
    assert checked(http, RunRecord, http.post("/v1/backlog/run", json={}))["decisions"] == []


@pytest.mark.parametrize("after", ["", "1", "1:2:3:4", "a:b:c:d:e", f"{9**30}:1:1:a:b"])
def test_a_cursor_that_was_never_given_is_refused(http, after):
    problem_of(http.get("/v1/backlog", query_string={"after": after}), 422)
    problem_of(http.post("/v1/backlog/run", json={"after": after}), 422)


def test_a_rejection_is_a_decision_with_a_place_of_its_own(http, pointsman):
    first = http.post("/v1/decisions", json=order_json(("SHIRT", 2))).get_json()
    (shipment,) = first["shipments"]
    rejection = {"node": shipment["node"], "reason": "not_in_stock", "on_hand": 0, "op": "pick 9"}
    made = http.post(f"/v1/decisions/{first['id']}/reject", json=rejection)
    assert made.status_code == 201
    second = checked(http, DecisionRecord, made)
    assert http.get(made.headers["Location"]).data == made.data
    again = http.post(f"/v1/decisions/{first['id']}/reject", json=rejection)
    assert (again.status_code, again.data) == (200, made.data)
    chain = checked(http, ChainRecord, http.get(f"/v1/decisions/{second['id']}/chain"))
    assert (chain["first"], chain["decisions"]) == (first["id"], [first, second])
    assert http.get(f"/v1/decisions/{first['id']}/chain").get_json() == chain
    states = http.get(f"/v1/holds/{first['id']}").get_json()
    assert [item["state"] for item in states["shipments"]] == ["rejected"]
    problem = problem_of(http.post(f"/v1/decisions/{first['id']}/reject", json=rejection | {"op": "pick 10"}), 409)
    assert "was rejected at 2026-11-27T09:00:00Z" in problem["detail"]
    problem_of(http.post(f"/v1/decisions/{first['id']}/reject", json=rejection | {"reason": "damaged"}), 422)
    assert pointsman.check().clean


def test_some_units_of_some_lines_are_rejected(http):
    first = http.post("/v1/decisions", json=order_json(("LAMP", 4), ("RARE", 1))).get_json()
    lines = {"LAMP": 1, "2": 1}
    rejection = {"node": "lyon", "reason": "damaged", "lines": lines, "on_hand": {"LAMP": 5}, "wait": True}
    second = http.post(f"/v1/decisions/{first['id']}/reject", json=rejection).get_json()
    assert {line["sku"]: line["quantity"] for line in second["order"]["lines"]} == {"LAMP": 1, "RARE": 1}
    assert (second["status"], second["waiting"]) == ("unfilled", True)
    position = http.get("/v1/stock/LAMP").get_json()
    assert (position["on_hand"], position["held"]) == (5, 3)


@pytest.mark.parametrize(
    ("body", "field"),
    [
        ({"reason": "other"}, "node"),
        ({"node": "lyon"}, "reason"),
        ({"node": "lyon", "reason": "lazy"}, "reason"),
        ({"node": "lille", "reason": "other"}, "node"),
        ({"node": "lyon", "reason": "other", "lines": {}}, "lines"),
        ({"node": "lyon", "reason": "other", "lines": {"1": 0}}, "lines.1.value"),
        ({"node": "lyon", "reason": "other", "lines": {"1": 99}}, "lines.1"),
        ({"node": "lyon", "reason": "other", "lines": ["1"]}, "lines"),
        ({"node": "lyon", "reason": "other", "on_hand": 1}, "on_hand"),
        ({"node": "lyon", "reason": "not_in_stock", "on_hand": -1}, "on_hand"),
        ({"node": "lyon", "reason": "not_in_stock", "on_hand": {"GONE": 1}}, "on_hand.GONE"),
        ({"node": "lyon", "reason": "not_in_stock", "on_hand": {"LAMP": "1"}}, "on_hand.LAMP"),
        ({"node": "lyon", "reason": "other", "wait": "yes"}, "wait"),
        ({"node": "lyon", "reason": "other", "because": "x"}, "because"),
    ],
)
def test_a_rejection_with_mistakes_changes_nothing(http, contents, body, field):
    first = http.post("/v1/decisions", json=order_json(("LAMP", 4))).get_json()
    before = contents()
    assert field in fields_of(problem_of(http.post(f"/v1/decisions/{first['id']}/reject", json=body), 422))
    assert contents() == before


def test_a_decision_nobody_knows_has_no_chain_and_is_not_rejected(http):
    problem_of(http.get("/v1/decisions/unknown/chain"), 404)
    problem_of(http.post("/v1/decisions/unknown/reject", json={"node": "lyon", "reason": "other"}), 404)
