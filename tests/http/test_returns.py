"""Returns over HTTP, from the authorisation to what becomes of each unit."""

from decimal import Decimal

import pytest

from api.records.flows.returns import ReturnRecord, ReturnsPageRecord
from engine.store.audit.accesses import AccessFilter
from tests.conftest import activate
from tests.support.callers import client_of
from tests.support.facts import LYON, inventory, node, product
from tests.support.openapi import mistakes_in
from tests.support.order_json import order_json
from tests.support.problem_json import problem_of


@pytest.fixture
def pointsman(bare):
    """Order W/1 of three of A and of 3.10 m of cloth has left Lyon."""
    stock = {"A": {"lyon": 5}, "CLOTH": {"lyon": 900}}
    cloth = product("CLOTH", unit="m", decimals=2)
    bare.load(inventory([node("lyon", LYON)], stock, products=[cloth], decimals={"CLOTH": 2}))
    activate(bare)
    return bare


@pytest.fixture
def shop(http):
    made = http.post("/v1/decisions", json=order_json(("A", 3), ("CLOTH", "3.10"), id="W/1")).get_json()
    assert http.post(f"/v1/decisions/{made['id']}/confirm").status_code == 200
    return http


def messages_of(problem):
    return {error["field"]: error["message"] for error in problem["errors"]}


def opened(http, *lines, **more):
    body = {"order": "W/1", "reason": "wrong_size", "lines": list(lines) or [{"line": "1", "quantity": 2}], **more}
    return http.post("/v1/returns", json=body)


def step(http, verb, name="W%2F1-R1", **body):
    answer = http.post(f"/v1/returns/{name}/{verb}", json=body)
    assert answer.status_code == 200, answer.text
    return answer.get_json()


def test_a_return_goes_its_way(shop):
    first = opened(shop).get_json()
    assert (first["id"], first["state"], first["opened_at"]) == ("W/1-R1", "authorised", "2026-11-27T09:00:00Z")
    assert first["expires_at"] == "2026-12-27T09:00:00Z"
    received = step(shop, "receive", node="lyon", lines={"1": 1}, complete=True)
    assert received["lines"] == [
        {
            "line": "1",
            "sku": "A",
            "quantity": 2,
            "reason": "wrong_size",
            "received": 1,
            "kept": 0,
            "to_come": 0,
            "missing": 1,
        }
    ]
    assert shop.get("/v1/orders/W%2F1").get_json()["lines"][0]["returned"] == 1
    assert shop.get("/v1/stock/A").get_json()["nodes"][0]["quarantine"] == 1
    assert step(shop, "inspect", groups=[{"grade": "as_new"}])["state"] == "inspected"
    disposed = step(shop, "dispose", groups=[{"group": 1, "disposition": "restock"}])
    assert (disposed["state"], disposed["groups"][0]["place"]) == ("closed", "lyon")
    stock = shop.get("/v1/stock/A").get_json()
    assert (stock["on_hand"], "quarantine" in stock) == (3, False)
    (placed,) = disposed["placed"]
    assert (placed["group"], placed["node"], placed["gain"]) == (1, "lyon", 0)
    assert placed["why"][0].startswith("No rule says what becomes of the unit. Units of grade as_new may be sold")
    assert shop.get("/v1/returns/W%2F1-R1").get_json() == {
        name: value for name, value in disposed.items() if name != "placed"
    }
    for answer in (first, received, disposed):
        assert mistakes_in(shop, ReturnRecord, answer) == []


def test_a_dry_run_says_what_would_become_of_units_in_the_language_asked_for(shop):
    opened(shop, {"line": "1", "quantity": 1})
    step(shop, "receive", node="lyon", lines={"1": 1})
    step(shop, "inspect", groups=[{"grade": "as_new"}])
    path, body = "/v1/returns/W%2F1-R1/dispose", {"groups": [{}]}
    tried = shop.post(f"{path}?dry_run=true&lang=fr", json=body)
    assert tried.headers["Content-Language"] == "fr"
    assert tried.get_json()["placed"][0]["why"][0].startswith("Aucune règle")
    assert shop.get("/v1/returns/W%2F1-R1").get_json()["state"] == "inspected"
    made = shop.post(path, json=body, headers={"Accept-Language": "fr"}).get_json()
    assert made["placed"] == tried.get_json()["placed"]
    assert made["state"] == "closed"


def test_returns_are_listed_page_by_page(shop):
    for _ in range(3):
        opened(shop, {"line": "1", "quantity": 1})
    page = shop.get("/v1/returns?order=W/1&limit=2").get_json()
    assert mistakes_in(shop, ReturnsPageRecord, page) == []
    assert [item["id"] for item in page["returns"]] == ["W/1-R3", "W/1-R2"]
    rest = shop.get("/v1/returns", query_string={"after": page["next"]}).get_json()
    assert ([item["id"] for item in rest["returns"]], rest["next"]) == (["W/1-R1"], None)
    assert shop.post("/v1/returns/W%2F1-R2/cancel").get_json()["state"] == "cancelled"
    listed = shop.get("/v1/returns?state=cancelled").get_json()["returns"]
    assert [item["id"] for item in listed] == ["W/1-R2"]
    assert shop.get("/v1/returns?state=lost").status_code == 422


def test_quantities_have_the_decimals_of_their_article(shop):
    line = opened(shop, {"line": "CLOTH", "quantity": "1.55"}).get_json()["lines"][0]
    assert (line["line"], line["quantity"], line["to_come"]) == ("2", 1.55, 1.55)
    problem = problem_of(shop.post("/v1/returns/W%2F1-R1/receive", json={"node": "lyon", "lines": {"2": 1.555}}), 422)
    assert messages_of(problem) == {"lines.2": "'CLOTH' is counted with 2 decimals; 1.555 is finer"}
    assert step(shop, "receive", node="lyon", lines={"2": 1.5}, extra={"CLOTH": "0.25"}, others={"CLOTH": 0.1})
    groups = step(shop, "inspect", groups=[{"group": 1, "quantity": "0.75", "grade": "as_new"}])["groups"]
    assert [(item["line"], item["quantity"]) for item in groups] == [("2", 1.0), (None, 0.1), ("2", 0.75)]
    step(shop, "dispose", groups=[{"group": 3, "quantity": 0.5, "disposition": "restock"}])
    stock = shop.get("/v1/stock/CLOTH").get_json()["nodes"][0]
    assert (stock["on_hand"], stock["quarantine"]) == (6.4, 1.35)
    assert Decimal(str(shop.get("/v1/orders/W%2F1").get_json()["lines"][1]["returned"])) == Decimal("1.75")


@pytest.mark.parametrize(
    ("path", "body", "fields"),
    [
        ("", {"order": "W/1", "lines": []}, {"lines": "name at least one"}),
        ("", {"order": "W/1", "lines": [{"line": "1", "quantity": 1}]}, {"reason": "say why they come back"}),
        (
            "",
            {"order": "W/1", "lines": [{"line": "1", "quantity": 1.5}], "reason": "late"},
            {"lines.0.quantity": "whole"},
        ),
        ("", {"order": "W/1", "lines": [{"line": "1", "quantity": 0}]}, {"lines.0.quantity": "a whole number from 1"}),
        ("/W%2F1-R1/receive", {"lines": {"1": 1}}, {"node": "Missing data for required field"}),
        ("/W%2F1-R1/receive", {"node": "lyon", "missing": {"1": 1}}, {"missing": "Unknown field"}),
        ("/W%2F1-R1/inspect", {"groups": [{"group": 0, "grade": "worn"}]}, {"groups.0.group": "from 1"}),
        ("/W%2F1-R1/dispose", {"groups": [{"disposition": "sell"}]}, {"groups.0.disposition": "Must be one of"}),
        ("/W%2F1-R1/dispose", {}, {"groups": "say of which groups"}),
    ],
)
def test_a_request_that_is_not_as_it_should_be_changes_nothing(shop, path, body, fields):
    opened(shop)
    problem = problem_of(shop.post(f"/v1/returns{path}", json=body), 422)
    found = messages_of(problem)
    assert found.keys() == fields.keys()
    assert all(text in found[name] for name, text in fields.items()), found
    assert [item["state"] for item in shop.get("/v1/returns").get_json()["returns"]] == ["authorised"]


def test_problems_have_types_of_their_own(shop):
    kinds = [problem_of(opened(shop, {"line": "1", "quantity": 4}), 409)]
    opened(shop, id="R")
    kinds.append(problem_of(opened(shop, {"line": "1", "quantity": 1}, id="R"), 409))
    step(shop, "receive", "R", node="lyon", lines={"1": 2})
    kinds.append(problem_of(shop.post("/v1/returns/R/cancel"), 409))
    step(shop, "inspect", "R", groups=[{"grade": "worn"}])
    kinds.append(problem_of(shop.post("/v1/returns/R/dispose", json={"groups": [{"disposition": "restock"}]}), 409))
    names = ("not-returnable", "return-exists", "return-over", "disposition-refused")
    assert [problem["type"] for problem in kinds] == [f"urn:pointsman:problem:{name}" for name in names]
    assert problem_of(shop.get("/v1/returns/none"), 404)["detail"] == "no return goes by the id 'none'"


def test_a_key_names_the_operation(shop):
    body = {"order": "W/1", "reason": "late", "lines": [{"line": "1", "quantity": 1}]}
    answers = [shop.post("/v1/returns", json=body, headers={"Idempotency-Key": "desk"}) for _ in range(2)]
    assert answers[0].data == answers[1].data
    assert [answer.status_code for answer in answers] == [201, 201]
    named = [shop.post("/v1/returns", json=body | {"op": "o"}) for _ in range(2)]
    assert named[0].get_json() == named[1].get_json()
    assert [answer.status_code for answer in named] == [201, 200]
    assert len(shop.get("/v1/returns").get_json()["returns"]) == 2


def test_a_new_return_is_created_and_the_same_again_is_answered(shop):
    first, again = (opened(shop, id="R/1") for _ in range(2))
    assert (first.status_code, first.headers["Location"]) == (201, "/v1/returns/R%2F1")
    assert shop.get(first.headers["Location"]).get_json() == first.get_json()
    assert (again.status_code, again.get_json(), "Location" in again.headers) == (200, first.get_json(), False)


def test_only_an_admin_overrides_the_window(pointsman, shop, clock):
    clock.now += 40 * 86_400
    desk = client_of(pointsman, shop.application, role="oms")
    body = {"order": "W/1", "reason": "late", "lines": [{"line": "1", "quantity": 1}]}
    assert problem_of(desk.post("/v1/returns", json=body), 409)["type"].endswith("not-returnable")
    refused = desk.post("/v1/returns", json=body | {"because": "a regular"})
    assert problem_of(refused, 403)["type"].endswith("not-permitted")
    assert 'scope="admin"' in refused.headers["WWW-Authenticate"]
    made = shop.post("/v1/returns", json=body | {"because": "a regular"}).get_json()
    assert (made["late_by"], made["because"]) == ("http", "a regular")


def test_who_reads_a_return_is_noted_with_its_order(pointsman, shop):
    opened(shop)
    shop.get("/v1/returns/W%2F1-R1")
    accesses = pointsman.accesses.page(AccessFilter(), limit=9).accesses
    assert [(item.what, item.subject, item.order) for item in accesses] == [("returns_show", "W/1-R1", "W/1")]
