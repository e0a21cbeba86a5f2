"""Orders over HTTP: shown, listed page by page, put into the backlog, approved and amended."""

import re
from urllib.parse import quote

import pytest
from hypothesis import HealthCheck, given, settings
from hypothesis import strategies as st

from api.records.orders.amendment import AmendmentRecord
from api.records.orders.order_state import CALLS, OrdersPageRecord, OrderStateRecord
from tests.conftest import PARKS_RISKY_ORDERS, activate
from tests.support.callers import client_of
from tests.support.openapi import mistakes_in
from tests.support.order_json import order_json
from tests.support.problem_json import fields_of, problem_of

EARLIER = "if an earlier release decided it, run: pointsman ledger check --repair"


def sent(http, *lines, query="", **more):
    body = order_json(*lines, **more)
    return body["id"], http.post(f"/v1/decisions{query}", json=body).get_json()


def shown(http, name):
    answer = http.get(f"/v1/orders/{name}")
    assert answer.status_code == 200
    assert mistakes_in(http, OrderStateRecord, answer.get_json()) == []
    return answer.get_json()


def test_an_order_is_shown_with_where_its_units_are_and_what_can_be_done(http):
    name, made = sent(http, ("RARE", 5), id="A/1 é")
    state = shown(http, name)
    assert (state["id"], state["order"], state["states"]) == (name, made["order"], ["held", "unfilled"])
    (line,) = state["lines"]
    held = sum(item["quantity"] for shipment in made["shipments"] for item in shipment["lines"])
    assert {key: value for key, value in line.items() if value} == {
        "line": "1",
        "sku": "RARE",
        "ordered": 5,
        "held": held,
        "unfilled": 5 - held,
    }
    assert [(item["id"], item["because"]) for item in state["decisions"]] == [(made["id"], None)]
    assert {item["expires_at"] for item in state["shipments"]} == {made["hold"]["expires_at"]}
    actions = ["confirm", "reject", "release", "extend", "wait", "cancel", "amend"]
    assert [item["action"] for item in state["actions"]] == actions
    assert state["actions"][0]["path"] == f"/v1/decisions/{made['id']}/confirm"
    wait = state["actions"][-3]["path"]
    waiting = http.post(wait)
    assert (waiting.status_code, waiting.get_json()["lines"][0]["waiting"]) == (200, 5 - held)
    assert http.post(wait).data == waiting.data


def test_an_order_for_a_nominated_day_waits_with_the_instant_of_its_reservation(http):
    name, made = sent(http, ("SHIRT", 2), deliver_on="2026-12-10")
    state = shown(http, name)
    (decision,) = state["decisions"]
    assert (decision["status"], decision["reserve_at"]) == ("scheduled", made["scheduled"]["reserve_at"])
    assert (state["states"], state["lines"][0]["waiting"], state["shipments"]) == (["waiting"], 2, [])


def test_a_shipment_that_goes_elsewhere_than_its_order_says_where(http):
    lines = [{"sku": "SHIRT", "quantity": 1}, {"sku": "SHIRT", "quantity": 1, "collect_at": "lyon"}]
    name, _ = sent(http, lines=lines)
    assert sorted(item.get("collect_at", "home") for item in shown(http, name)["shipments"]) == ["home", "lyon"]


def test_every_action_is_a_call_that_there_is(http):
    rules = http.application.url_map.iter_rules()
    calls = {(method, re.sub(r"<[^>]*>", "{id}", rule.rule)) for rule in rules for method in rule.methods}
    assert set(CALLS.values()) <= calls


def call(http, name, action):
    """Do it, as the order says that it can be done."""
    (item,) = (item for item in shown(http, name)["actions"] if item["action"] == action)
    answer = http.open(item["path"], method=item["method"])
    assert answer.status_code in (200, 204)
    return answer.get_json(silent=True)


def offered(http, name):
    return {item["action"] for item in shown(http, name)["actions"]}


def test_an_undo_is_offered_for_as_long_as_it_is_taken(http, clock):
    name, _ = sent(http, ("SHIRT", 1))
    call(http, name, "confirm")
    call(http, name, "undo")
    assert "undo" not in offered(http, name)
    call(http, name, "confirm")
    clock.now += 24 * 3_600 - 1
    assert offered(http, name) == {"undo", "amend"}
    clock.now += 1
    assert offered(http, name) == {"amend"}


def test_a_late_confirm_is_offered_while_the_order_lacks_its_units(http, clock):
    name, _ = sent(http, ("SHIRT", 2))
    clock.now += 3 * 86_400
    assert offered(http, name) == {"confirm", "wait", "cancel", "amend"}
    call(http, name, "cancel")
    assert offered(http, name) == {"amend"}
    other, _ = sent(http, ("SHIRT", 2), placed_at="2026-11-30T09:00:00Z")
    clock.now += 3 * 86_400
    assert call(http, other, "confirm")["late"] is True
    assert offered(http, other) == {"undo", "amend"}


def test_what_waits_may_be_taken_off_the_backlog(http):
    name, _ = sent(http, ("RARE", 90))
    call(http, name, "wait")
    assert {"withdraw", "wait"} & offered(http, name) == {"withdraw"}
    call(http, name, "withdraw")
    assert {"withdraw", "wait"} & offered(http, name) == {"wait"}


def test_an_order_that_has_not_changed_is_not_sent_again(http):
    name, made = sent(http, ("SHIRT", 1))
    tag = http.get(f"/v1/orders/{name}").headers["ETag"]
    assert http.get(f"/v1/orders/{name}", headers={"If-None-Match": tag}).status_code == 304
    http.post(f"/v1/decisions/{made['id']}/confirm")
    assert http.get(f"/v1/orders/{name}", headers={"If-None-Match": tag}).status_code == 200


def test_orders_come_in_pages_and_are_filtered(http):
    names = [sent(http, ("SHIRT", 1), channel=channel)[0] for channel in ("web", "app", "web")]
    page = http.get("/v1/orders?limit=2&state=held").get_json()
    assert mistakes_in(http, OrdersPageRecord, page) == []
    rest = http.get("/v1/orders", query_string={"limit": 2, "state": "held", "after": page["next"]}).get_json()
    assert {item["id"] for item in page["orders"] + rest["orders"]} == set(names)
    assert (len(page["orders"]), rest["next"]) == (2, None)
    app = http.get("/v1/orders?channel=app&placed_after=2026-11-01T00:00:00Z").get_json()
    assert [item["id"] for item in app["orders"]] == [names[1]]
    assert http.get("/v1/orders?sku=LAMP").get_json() == {"orders": [], "next": None}


@pytest.mark.parametrize(
    ("query", "field"),
    [
        ("state=gone", "state"),
        ("stat=held", "stat"),
        ("limit=501", "limit"),
        ("after=x", "after"),
        ("placed_after=1", "placed_after"),
    ],
)
def test_a_query_with_a_mistake_is_refused(http, query, field):
    assert fields_of(problem_of(http.get(f"/v1/orders?{query}"), 422)) == [field]


@pytest.mark.parametrize("name", ["/b", "//b", "b//c", "b/", "/", "b/cancel", "..", "b c?d#e%2F", "é"])
def test_an_order_is_reached_by_its_id_alone_whatever_stands_in_it(http, name):
    sent(http, ("SHIRT", 1), id="b")
    sent(http, ("SHIRT", 1), id=name)
    state = shown(http, quote(name, safe=""))
    assert (state["id"], state["actions"][-2]["action"], state["actions"][-2]["id"]) == (name, "cancel", name)
    assert http.post(state["actions"][-2]["path"]).get_json()["order"] == name
    assert shown(http, "b")["states"] == ["held"]


@given(name=st.text(st.characters(exclude_categories=["Cs", "Cc"]), min_size=1, max_size=200))
@settings(suppress_health_check=[HealthCheck.function_scoped_fixture])
def test_any_id_is_read_from_an_address_as_it_was_written_there(http, name):
    problem = problem_of(http.get(f"/v1/orders/{quote(name, safe='')}"), 404)
    assert problem["detail"] == f"no order goes by the id '{name}'; {EARLIER}"


def test_a_sku_is_reached_by_its_name_alone(http):
    counted = http.put("/v1/stock/lyon/%2FSHIRT", json={"on_hand": 0, "sequence": 1})
    assert "no product goes by the SKU '/SHIRT'" in problem_of(counted, 404)["detail"]


def test_an_unknown_order_is_not_found(http):
    for answer in (
        http.get("/v1/orders/nobody"),
        http.post("/v1/orders/nobody/wait"),
        http.post("/v1/orders/nobody/approve"),
    ):
        assert problem_of(answer, 404)["type"] == "urn:pointsman:problem:not-found"


def test_a_parked_order_is_approved_by_a_named_person(http, pointsman):
    activate(pointsman, PARKS_RISKY_ORDERS)
    name, made = sent(http, ("SHIRT", 1), segment="risky")
    assert made["awaiting_approval"] is True
    assert shown(http, name)["states"] == ["held", "awaiting_approval"]
    refused = problem_of(http.post(f"/v1/decisions/{made['id']}/confirm"), 409)
    assert refused["type"] == "urn:pointsman:problem:awaiting-approval"
    assert f"POST /v1/orders/{name}/approve" in refused["detail"]
    path, ada = f"/v1/orders/{name}/approve", client_of(pointsman, http.application, client="Ada", role="oms")
    approved = ada.post(path, json={"note": "called"})
    assert approved.get_json()["approved"] == {"by": "Ada", "at": "2026-11-27T09:00:00Z", "note": "called"}
    assert http.post(path, json={"note": "again"}).data == approved.data
    assert problem_of(http.post(path, json={"why": ""}), 422)["errors"][0]["field"] == "why"
    assert http.post(f"/v1/decisions/{made['id']}/confirm").status_code == 200


def test_an_order_is_amended_in_one_call_that_says_what_changed(http):
    name, made = sent(http, ("SHIRT", 1))
    path, changed = f"/v1/orders/{name}/amend", order_json(("SHIRT", 3), id=None)
    refused = problem_of(http.post("/v1/decisions", json=changed | {"id": name}), 409)
    assert refused["type"].endswith("order-exists")
    assert "with other lines, and stands" in refused["detail"]
    assert f"To amend it: POST {path}, or: pointsman order amend" in refused["detail"]
    planned = http.post(f"{path}?dry_run=true", json=changed).get_json()
    assert (planned["decision"]["id"], shown(http, name)["order"]) == (None, made["order"])
    answer = http.post(path, json=changed | {"id": name}, headers={"Idempotency-Key": "one"})
    record = answer.get_json()
    assert (answer.status_code, mistakes_in(http, AmendmentRecord, record)) == (200, [])
    assert (record["order"], record["fields"]) == (name, ["lines"])
    assert record["changed"] == [{"line": "1", "sku": "SHIRT", "from": 1, "to": 3}]
    assert [(item["decision"], item["quantity"]) for item in record["kept"]] == [(made["id"], 1)]
    assert record["decision"]["follows"]["because"] == "amended"
    assert http.get(f"/v1/decisions/{record['decision']['id']}").get_json() == record["decision"]
    assert http.post(path, json=changed | {"id": name}, headers={"Idempotency-Key": "one"}).data == answer.data
    assert shown(http, name)["lines"][0]["held"] == 3
    fewer = http.post(path, json=order_json(("SHIRT", 2), id=name)).get_json()
    assert (fewer["decision"], sum(item["quantity"] for item in fewer["released"])) == (None, 1)
    waits = http.post(f"{path}?wait=true", json=order_json(("SHIRT", 2), ("RARE", 90), id=name)).get_json()
    assert waits["decision"]["waiting"] is True


def test_what_an_amendment_let_go_cannot_leave(http):
    name, made = sent(http, ("SHIRT", 1))
    lyon = {"country": "FR", "postcode": "69003", "latitude": 45.7597, "longitude": 4.856}
    http.post(f"/v1/orders/{name}/amend", json=order_json(("SHIRT", 1), id=name, destination=lyon))
    refused = problem_of(http.post(f"/v1/decisions/{made['id']}/confirm"), 409)
    assert "was let go by an amendment at 2026-11-27T09:00:00Z" in refused["detail"]


def test_an_order_that_was_amended_since_it_was_read_is_not_amended_as_it_was(http):
    name, _ = sent(http, ("SHIRT", 1))
    path = f"/v1/orders/{name}/amend"
    query = {"revision": http.get(f"/v1/orders/{name}").get_json()["revision"]}
    assert http.post(path, json=order_json(("SHIRT", 2), id=name), query_string=query).status_code == 200
    refused = problem_of(http.post(path, json=order_json(("SHIRT", 3), id=name), query_string=query), 409)
    assert refused["type"] == "urn:pointsman:problem:order-changed"
    query = {"revision": http.get(f"/v1/orders/{name}").get_json()["revision"]}
    assert http.post(path, json=order_json(("SHIRT", 3), id=name), query_string=query).status_code == 200


def test_an_amendment_with_mistakes_is_refused(http):
    name, made = sent(http, ("SHIRT", 2))
    path = f"/v1/orders/{name}/amend"
    assert fields_of(problem_of(http.post(path, json=order_json(id="another")), 422)) == ["id"]
    assert "channel" in fields_of(problem_of(http.post(path, json={"lines": []}), 422))
    assert problem_of(http.post("/v1/orders/nobody/amend", json=order_json(id=None)), 404)
    http.post(f"/v1/decisions/{made['id']}/confirm")
    refused = problem_of(http.post(path, json=order_json(("SHIRT", 1), id=None)), 409)
    assert refused["type"] == "urn:pointsman:problem:already-shipped"
    assert "2 x SHIRT (line 1) left already" in refused["detail"]
