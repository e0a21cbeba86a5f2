"""Labels of returns, over HTTP."""

import json

import pytest

from api.records.flows.returns import ReturnRecord
from api.records.fulfilment.return_labels import ReturnLabelRecord
from tests.support.openapi import mistakes_in
from tests.support.order_json import order_json
from tests.support.parcels import packing_network
from tests.support.problem_json import problem_of

ZOE = {"name": "Zoë", "lines": ["7 bis, passage Secret"], "postcode": "75011", "town": "Paris", "country": "FR"}
LABEL = "/v1/returns/R%2F1/label"


@pytest.fixture
def shop(http, pointsman):
    """Return R/1 of 2 of A is waited for."""
    packing_network(pointsman)
    made = http.post("/v1/decisions", json=order_json(("A", 3), id="O-1")).get_json()
    assert http.post(f"/v1/decisions/{made['id']}/confirm").status_code == 200
    assert http.put("/v1/orders/O-1/addressee", json=ZOE).status_code == 204
    body = {"order": "O-1", "id": "R/1", "reason": "wrong_size", "lines": [{"line": "1", "quantity": 2}]}
    assert http.post("/v1/returns", json=body).status_code == 201
    return http


def test_a_label_is_made_once_fetched_and_given_back(shop):
    assert problem_of(shop.get(LABEL), 404)["detail"].startswith("return 'R/1' has no label")
    assert problem_of(shop.delete(LABEL), 404)["detail"].startswith("return 'R/1' never had a label")
    made = shop.post(LABEL, json={}, headers={"Idempotency-Key": "k-1"})
    assert made.status_code == 201, made.text
    record = made.get_json()
    assert mistakes_in(shop, ReturnLabelRecord, record) == []
    assert (record["return"], record["label"]["node"], record["label"]["sscc"]) == ("R/1", "lyon", None)
    assert made.headers["Location"] == LABEL
    paper = shop.get(made.headers["Location"])
    assert (paper.content_type, paper.data[:5]) == ("application/pdf", b"%PDF-")
    assert paper.headers["Content-Disposition"] == 'inline; filename="return-label-R_1.pdf"'
    assert paper.headers["Cache-Control"] == "no-store"
    again = shop.post(LABEL)
    assert (again.status_code, again.get_json()) == (200, record)
    shown = shop.get("/v1/returns/R%2F1").get_json()
    assert (shown["label"], mistakes_in(shop, ReturnRecord, shown)) == (record["label"], [])
    assert shop.delete(LABEL).status_code == 204
    assert shop.delete(LABEL).status_code == 204
    assert "label" not in shop.get("/v1/returns/R%2F1").get_json()
    assert problem_of(shop.get(LABEL), 404)


def test_it_is_drawn_in_the_language_and_the_form_that_are_asked_for(shop):
    shop.post(LABEL, json={"node": "lille", "weight_g": 900})
    french, english = (shop.get(f"{LABEL}?format=zpl&lang={lang}") for lang in ("fr", "en"))
    assert french.content_type == "application/zpl"
    assert b"RETOUR" in french.data.upper()
    assert b"RETURN" in english.data.upper()
    assert shop.get(f"{LABEL}?format=zpl").data == french.data
    assert problem_of(shop.get(f"{LABEL}?lang=de"), 422)
    assert problem_of(shop.post(LABEL, json={"node": "lyon"}), 409)["type"].endswith("not-returnable")
    assert problem_of(shop.post(LABEL, json={"print_at": "lille"}), 422)["errors"][0]["field"] == "print_at"


def test_its_events_have_its_numbers_and_no_address(shop):
    shop.post(LABEL, json={})
    shop.delete(LABEL)
    answer = shop.get("/v1/events?since=start&type=return.labelled&type=return.label_cancelled").get_data(as_text=True)
    events = [json.loads(line) for line in answer.splitlines()]
    assert [(item["type"], item["subject"], item["data"]["label"]["node"]) for item in events] == [
        ("return.labelled", "O-1", "lyon"),
        ("return.label_cancelled", "O-1", "lyon"),
    ]
    assert "Secret" not in answer
