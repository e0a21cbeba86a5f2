"""The personal values of an order are erased over HTTP."""

import zlib

import msgspec

from api.http.each_request.idempotency import KeptAnswer
from api.records.orders.erasure import ErasureRecord
from engine.decide.record import DecisionRecord
from tests.support.callers import client_of
from tests.support.openapi import mistakes_in
from tests.support.order_json import order_json
from tests.support.problem_json import problem_of

PLACE = {"country": "FR", "postcode": "69MARK", "latitude": 45.75, "longitude": 4.85}


def sent(http, **more):
    return http.post("/v1/decisions", json=order_json(("SHIRT", 1), id="O-1", destination=PLACE, **more)).get_json()


def kept_answers(redis_client, network):
    """The texts of answers that are kept."""
    for name in redis_client.scan_iter(f"{{{network}}}:request:*"):
        kept = msgspec.msgpack.decode(redis_client.hget(name, "answer"), type=KeptAnswer)
        yield zlib.decompress(kept.body) if kept.body else b""


def test_it_takes_the_scope_admin_and_an_order_that_is_over(http, pointsman):
    made = sent(http)
    oms = client_of(pointsman, http.application, client="shop", role="oms")
    assert problem_of(oms.post("/v1/orders/O-1/erase", json={}), 403)["type"].endswith("not-permitted")
    refused = problem_of(http.post("/v1/orders/O-1/erase", json={}), 409)
    assert (refused["type"], "1 held" in refused["detail"]) == ("urn:pointsman:problem:order-not-over", True)
    http.post(f"/v1/decisions/{made['id']}/confirm", json={})
    answer = http.post("/v1/orders/O-1/erase", json={"note": "asked for"})
    assert (answer.status_code, mistakes_in(http, ErasureRecord, answer.get_json())) == (200, [])
    assert answer.get_json() == {
        "order": "O-1",
        "erased_at": "2026-11-27T09:00:00Z",
        "decisions": 1,
        "in_clear": [],
        "amendments_in_clear": [],
    }
    assert http.post("/v1/orders/O-1/erase").data == answer.data
    shown = http.get(f"/v1/decisions/{made['id']}").get_json()
    assert (shown["erased"], shown["order"]["destination"]["postcode"]) == (True, None)
    assert (shown["cost_micros"], shown["co2_mg"]) == (made["cost_micros"], made["co2_mg"])
    assert mistakes_in(http, DecisionRecord, shown) == []
    again = problem_of(http.post("/v1/decisions", json=order_json(("SHIRT", 1), id="O-1", destination=PLACE)), 409)
    assert again["type"] == "urn:pointsman:problem:order-erased"


def test_no_kept_answer_has_the_address_any_more(http, redis_client, network):
    made = sent(http)
    amended = order_json(("SHIRT", 2), id="O-1", destination=PLACE)
    key = {"Idempotency-Key": "one"}
    answer = http.post("/v1/orders/O-1/amend", json=amended, headers=key)
    for shipment in http.get("/v1/orders/O-1").get_json()["decisions"]:
        http.post(f"/v1/decisions/{shipment['id']}/confirm", json={}, headers={"Idempotency-Key": shipment["id"]})
    assert any(b"69MARK" in text for text in kept_answers(redis_client, network))
    http.post("/v1/orders/O-1/erase", json={})
    assert not any(b"69MARK" in text for text in kept_answers(redis_client, network))
    again = http.post("/v1/orders/O-1/amend", json=amended, headers=key).get_json()
    assert (again["changed"], made["id"]) == (answer.get_json()["changed"], made["id"])
    assert again["decision"]["erased"]


def test_an_order_that_nobody_decided_is_not_found(http):
    assert problem_of(http.post("/v1/orders/nobody/erase"), 404)["type"] == "urn:pointsman:problem:not-found"
