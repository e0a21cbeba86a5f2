"""Who did it: every entry of the log that a call caused names the caller's key, and what Pointsman does by itself names
nobody.
"""

import json

from engine.actor import act_as, actor, by_itself
from engine.store.log.decision_log import entries
from engine.store.log.kinds import ACT_KINDS, KINDS, PARCEL_KINDS
from tests.conftest import PARKS_RISKY_ORDERS, activate
from tests.support.callers import client_of
from tests.support.ledger_entries import of_the_ledger
from tests.support.order_json import order_json


def decided(client, *lines, query="", **more):
    answer = client.post(f"/v1/decisions{query}", json=order_json(*lines, **more))
    assert answer.status_code == 201, answer.data
    return answer.get_json()


def act(client, path, body=None):
    answer = client.post(path, json=body or {})
    assert answer.status_code < 300, (path, answer.data)
    return answer


def test_every_entry_names_whose_key_it_was(http, pointsman, clock):
    activate(pointsman, PARKS_RISKY_ORDERS, "then: {rest_after_rejection: 1 h}")
    ada = client_of(pointsman, http.application, client="Ada", role="oms")
    first = decided(ada, ("SHIRT", 3))
    path = f"/v1/decisions/{first['id']}"
    ways = [{"node": item["node"], "service": item["service"]} for item in first["shipments"]]
    act(ada, f"{path}/extend", {"minutes": 3 * 24 * 60})
    act(ada, f"/v1/shipments/{first['id']}/0/progress", {"milestone": "picked"})
    act(ada, f"{path}/confirm", {"shipments": ways[:1], "lines": {"1": 1}})
    act(ada, f"{path}/confirm/undo")
    act(ada, f"{path}/release")
    amended = decided(ada, ("SHIRT", 2))
    name = amended["order"]["id"]
    act(ada, f"/v1/orders/{name}/amend", order_json(("SHIRT", 1), id=name))
    act(ada, f"/v1/orders/{name}/cancel")
    rejected = decided(ada, ("RARE", 1))
    act(ada, f"/v1/decisions/{rejected['id']}/reject", {"node": "lyon", "reason": "no_capacity"})
    assert ada.delete("/v1/resting/lyon").status_code == 204
    short = decided(ada, ("RARE", 99))
    act(ada, f"/v1/orders/{short['order']['id']}/wait")
    assert ada.delete(f"/v1/backlog/{short['id']}").status_code == 204
    risky = decided(ada, ("SHIRT", 1), segment="risky")
    act(ada, f"/v1/orders/{risky['order']['id']}/approve", {"note": "called"})
    line = json.dumps({"op": "a", "node": "lyon", "sku": "SHIRT", "delta": 1})
    assert b"applied" in ada.post("/v1/stock/movements", data=line, content_type="application/x-ndjson").data
    clock.now += 40 * 24 * 3_600
    assert http.get("/v1/stock/SHIRT").status_code == 200
    names = {(entry.kind, entry.by) for entry in of_the_ledger(entries(pointsman._client, pointsman._keys))}
    others = {
        "expired",
        "set_aside",
        "repaired",
        *PARCEL_KINDS,
        "counted",
        "loaded",
        "published",
        "activated",
        "allocated",
        "stock_low",
        "print_failed",
        "tracked",  # told by carriers: tests/store/fulfilment/test_news_of_carriers.py
        "promise_at_risk",
        "promise_stays",
        *ACT_KINDS,
    }
    # those of stock in motion, each after its call: test_every_change_over_http.py
    others |= {kind for kind in KINDS if kind.startswith(("return_", "transfer_"))} | {
        "expected",
        "received",
        "overdue",
    }
    assert names == {(kind, "Ada") for kind in KINDS if kind not in others} | {("expired", "")}


def test_orders_that_wait_are_decided_by_pointsman_itself_whoever_freed_the_units(http, pointsman):
    waits = decided(http, ("RARE", 99), query="?wait=true")
    ada = client_of(pointsman, http.application, client="Ada", role="oms")
    line = json.dumps({"op": "a", "node": "lyon", "sku": "RARE", "delta": 200})
    ada.post("/v1/stock/movements", data=line, content_type="application/x-ndjson")
    *_, moved, anew = entries(pointsman._client, pointsman._keys)
    assert [(entry.kind, entry.by) for entry in (moved, anew)] == [("moved", "Ada"), ("decided", "")]
    assert anew.record.first == waits["id"]


def test_the_log_shows_names_and_leaves_out_what_pointsman_does_by_itself():
    act_as("Ada")
    with by_itself():
        assert actor() == ""
    assert actor() == "Ada"
    act_as("")
