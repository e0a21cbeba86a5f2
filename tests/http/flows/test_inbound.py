"""What is to come in, over HTTP: announced one by one and in bulk, received, listed."""

import json

import pytest

from api.records.flows.inbound import AnnouncedRecord, DeliveredRecord, InboundReceiptRecord, ReceiptsPageRecord
from api.records.stock.positions import SkuStockRecord
from tests.support.callers import client_of
from tests.support.facts import HOUR, NOW
from tests.support.openapi import mistakes_in
from tests.support.problem_json import problem_of

MESSAGE = {
    "source": "purchase_order",
    "node": "lyon",
    "sku": "SHIRT",
    "quantity": 10,
    "expected_at": "2026-12-01T06:00:00Z",
    "status": "confirmed",
    "sequence": 1,
}


def checked(http, record, response, *, status=200):
    assert response.status_code == status, response.data
    assert mistakes_in(http, record, response.get_json()) == []
    return response.get_json()


@pytest.fixture
def put(http):
    def put(name="PO-1", **values):
        return http.put(f"/v1/inbound/{name}", json=MESSAGE | values)

    return put


def lines_of(response):
    assert response.status_code == 200, response.data
    return [json.loads(line) for line in response.data.splitlines()]


def send(http, *messages):
    body = b"".join(
        message if isinstance(message, bytes) else json.dumps(message).encode() + b"\n" for message in messages
    )
    return http.post("/v1/inbound", data=body, content_type="application/x-ndjson")


def test_a_receipt_is_announced_shown_and_listed(http, put):
    answer = checked(http, AnnouncedRecord, put(), status=201)
    assert answer["result"] == "created"
    assert answer["receipt"] == {
        **MESSAGE,
        "id": "PO-1",
        "received": 0,
        "to_come": 10,
        "promised": 0,
        "late": False,
    }
    assert checked(http, InboundReceiptRecord, http.get("/v1/inbound/PO-1")) == answer["receipt"]
    page = checked(http, ReceiptsPageRecord, http.get("/v1/inbound?node=lyon&sku=SHIRT&status=confirmed"))
    assert page == {"receipts": [answer["receipt"]], "next": None}
    assert checked(http, ReceiptsPageRecord, http.get("/v1/inbound?node=paris"))["receipts"] == []


def test_a_new_receipt_says_where_it_is_whatever_its_id(http, put):
    made, again = put("PO%2F47 11%C3%BC"), put("PO%2F47 11%C3%BC")
    assert (made.status_code, made.headers["Location"]) == (201, "/v1/inbound/PO%2F47%2011%C3%BC")
    assert http.get(made.headers["Location"]).get_json()["id"] == "PO/47 11ü"
    assert (again.status_code, "Location" in again.headers) == (200, False)


def test_messages_that_say_nothing_new_or_are_older_are_answered_so(http, put):
    put(sequence=5)
    for values, result in (
        ({"sequence": 5}, "same"),
        ({"sequence": 4, "quantity": 99}, "older"),
        ({"sequence": 6, "quantity": 12}, "changed"),
    ):
        assert checked(http, AnnouncedRecord, put(**values))["result"] == result
    problem_of(put(sequence=6), 409)


def test_a_delivery_is_received_once_and_says_what_was_over(http, put):
    put()
    delivery = {"quantity": 12, "over": True, "op": "truck"}
    assert problem_of(http.post("/v1/inbound/PO-1/receive", json={"quantity": 12}), 409)["detail"].startswith(
        "'PO-1': 2 more units than the 10 that are still to come"
    )
    first = checked(http, DeliveredRecord, http.post("/v1/inbound/PO-1/receive", json=delivery))
    assert (first["over"], first["again"], first["receipt"]["status"]) == (2, False, "received")
    assert checked(http, DeliveredRecord, http.post("/v1/inbound/PO-1/receive", json=delivery))["again"] is True
    problem_of(http.post("/v1/inbound/PO-1/receive", json={"quantity": 1}), 409)
    problem_of(http.post("/v1/inbound/PO-1/receive", json=delivery | {"quantity": 1}), 422)
    shirts = http.get("/v1/stock/SHIRT").get_json()["nodes"]
    assert next(item["on_hand"] for item in shirts if item["node"] == "lyon") == 22


def test_a_delivery_may_close_a_receipt_with_fewer(http, put):
    put()
    answer = http.post("/v1/inbound/PO-1/receive", json={"quantity": 0, "last": True}).get_json()
    assert (answer["receipt"]["status"], answer["receipt"]["received"]) == ("received", 0)


@pytest.mark.parametrize(
    "wrong",
    [
        {"sku": "GONE"},
        {"node": "rome"},
        {"expected_at": "2026-11-01T00:00:00Z"},
        {"expected_at": "tomorrow"},
        {"quantity": 0},
        {"quantity": -1},
        {"quantity": 1.5},
        {"status": "lost"},
        {"source": "santa"},
        {"sequence": -1},
        {"more": 1},
        {"received_at": "2026-11-27T08:00:00Z"},
    ],
)
def test_a_message_that_can_not_be_is_refused_and_changes_nothing(put, contents, wrong):
    before = contents()
    problem_of(put(**wrong), 422)
    assert contents() == before


@pytest.mark.parametrize(
    "wrong",
    [{"quantity": 0}, {"quantity": -1}, {}, {"quantity": 1, "expires": "2026-12-24"}, {"quantity": 1, "sure": 1}],
)
def test_a_delivery_that_can_not_be_is_refused(http, put, wrong):
    put()
    problem_of(http.post("/v1/inbound/PO-1/receive", json=wrong), 422)
    problem_of(http.post("/v1/inbound/PO-9/receive", json={"quantity": 1}), 404)
    problem_of(http.get("/v1/inbound/PO-9"), 404)


def test_many_are_announced_a_line_each(http):
    first, second = ({"id": name, **MESSAGE} for name in ("a", "b"))
    answers = lines_of(send(http, first, second, first, second | {"sku": "GONE"}, b"{]\n", first | {"quantity": "x"}))
    assert [(item["line"], item["id"], item["result"]) for item in answers] == [
        (1, "a", "created"),
        (2, "b", "created"),
        (3, "a", "same"),
        (4, "b", "refused"),
        (5, None, "refused"),
        (6, "a", "refused"),
    ]
    assert "no product goes by the SKU 'GONE'" in answers[3]["message"]
    assert problem_of(http.post("/v1/inbound", json=[first]), 415)["type"].endswith("unsupported-media-type")


def test_receipts_are_listed_a_page_at_a_time_and_the_late_ones_alone(http, put, clock):
    for number in range(3):
        put(f"PO-{number}", expected_at=f"2026-11-2{7 + number}T12:00:00Z")
    first = checked(http, ReceiptsPageRecord, http.get("/v1/inbound?limit=2"))
    assert [item["id"] for item in first["receipts"]] == ["PO-0", "PO-1"]
    second = http.get("/v1/inbound", query_string={"after": first["next"]}).get_json()
    assert ([item["id"] for item in second["receipts"]], second["next"]) == (["PO-2"], None)
    clock.now = NOW + 24 * HOUR
    late = http.get("/v1/inbound?late=true").get_json()["receipts"]
    assert [(item["id"], item["late"]) for item in late] == [("PO-0", True)]
    problem_of(http.get("/v1/inbound?after=x"), 422)
    problem_of(http.get("/v1/inbound?status=lost"), 422)


def test_who_may_not_change_stock_may_not_announce_or_receive(http, pointsman, put):
    put()
    auditor = client_of(pointsman, http.application, role="auditor")
    assert auditor.get("/v1/inbound/PO-1").status_code == 200
    problem_of(auditor.put("/v1/inbound/PO-1", json=MESSAGE), 403)
    problem_of(auditor.post("/v1/inbound/PO-1/receive", json={"quantity": 1}), 403)
    problem_of(send(auditor, {"id": "x", **MESSAGE}), 403)


def test_stock_shows_what_is_to_come(http, put):
    before = checked(http, SkuStockRecord, http.get("/v1/stock/SHIRT"))
    assert not {"incoming", "in_transit", "promised"} & before.keys()
    put("a", status="in_transit")
    put("b", quantity=3)
    shown = checked(http, SkuStockRecord, http.get("/v1/stock/SHIRT"))
    assert (shown["incoming"], shown["in_transit"], "promised" in shown) == (3, 10, False)
    lyon = next(item for item in shown["nodes"] if item["node"] == "lyon")
    assert (lyon["incoming"], lyon["in_transit"]) == (3, 10)
