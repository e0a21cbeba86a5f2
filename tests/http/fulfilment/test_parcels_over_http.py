"""Parcels, labels, manifests and addressees, over HTTP."""

import json

import pytest

from api.records.fulfilment.parcels import (
    AddresseeRecord,
    ListedPackingsRecord,
    ManifestRecord,
    PackedShipmentRecord,
)
from api.records.fulfilment.tracking import ParcelTrackingRecord
from tests.conftest import activate
from tests.support.openapi import mistakes_in
from tests.support.order_json import order_json
from tests.support.parcels import packing_network
from tests.support.problem_json import fields_of, problem_of

ZOE = {
    "name": " Zoë Müller-Özdemir ",
    "lines": ["7 bis, passage Secret"],
    "postcode": "75011",
    "town": "Paris",
    "country": "FR",
}


def checked(http, record, response, status=200):
    assert response.status_code == status, response.data
    answer = response.get_json()
    assert mistakes_in(http, record, answer) == []
    return answer


@pytest.fixture
def shop(pointsman):
    return packing_network(pointsman)


@pytest.fixture
def shipment(http, shop):
    """Three of A."""
    made = http.post("/v1/decisions", json=order_json(("A", 3), id="O-1")).get_json()
    return f"/v1/shipments/{made['id']}/0"


def events(http, *types):
    answer = http.get("/v1/events?since=start&" + "&".join(f"type={name}" for name in types))
    return [json.loads(line) for line in answer.get_data(as_text=True).splitlines()]


def test_a_shipment_is_packed_shown_listed_and_handed_over(http, shipment):
    assert http.put("/v1/orders/O-1/addressee", json=ZOE).status_code == 204
    body = {"parcels": [{"lines": {"1": 2}, "weight_g": 2_300, "size_mm": {"length": 4, "width": 3, "height": 2}}]}
    problem = problem_of(http.post(f"{shipment}/packed", json=body), 422)
    assert [(item["field"], "line 1: 1 of A" in item["message"]) for item in problem["errors"]] == [("parcels", True)]
    packed = checked(http, PackedShipmentRecord, http.post(f"{shipment}/packed", json=body | {"partial": True}))
    (packing,) = packed["packings"]
    (parcel,) = packing["parcels"]
    assert (packing["state"], packing["carrier"], packed["left"]) == (
        "packed",
        "colis",
        [{"line": "1", "sku": "A", "quantity": 1}],
    )
    assert (parcel["weight_g"], parcel["size_mm"], parcel["tracking_number"]) == (
        2_300,
        {"length": 4, "width": 3, "height": 2},
        None,
    )
    whole = checked(http, PackedShipmentRecord, http.post(f"{shipment}/packed", json={}))
    assert checked(http, PackedShipmentRecord, http.get(shipment)) == whole
    assert (len(whole["packings"]), whole["left"]) == (2, [])

    listed = checked(http, ListedPackingsRecord, http.get("/v1/shipments?node=lyon&carrier=colis&state=packed"))
    assert [(item["shipment"], item["packing"]) for item in listed["packings"]] == [
        (whole["shipment"], 1),
        (whole["shipment"], 2),
    ]
    assert listed["next"] is None
    first = checked(http, ListedPackingsRecord, http.get("/v1/shipments?limit=1"))
    second = checked(http, ListedPackingsRecord, http.get("/v1/shipments", query_string={"after": first["next"]}))
    assert (first["packings"] + second["packings"], second["next"]) == (listed["packings"], None)
    assert fields_of(problem_of(http.get("/v1/shipments?after=1:2"), 422)) == ["after"]
    closed = http.post("/v1/manifests", json={"node": "lyon", "carrier": "colis", "op": "m1"})
    manifest = checked(http, ManifestRecord, closed, 201)
    assert closed.headers["Location"] == f"/v1/manifests/{manifest['manifest']}"
    assert checked(http, ManifestRecord, http.get(closed.headers["Location"])) == manifest
    assert (manifest["packed"], manifest["next"]) == (2, None)
    first = checked(http, ManifestRecord, http.get(f"{closed.headers['Location']}?limit=1"))
    second = checked(http, ManifestRecord, http.get(f"{closed.headers['Location']}?limit=1&after={first['next']}"))
    assert (first["packings"] + second["packings"], second["next"]) == (manifest["packings"], None)
    assert first["packed"] == 2
    assert checked(
        http, ManifestRecord, http.post("/v1/manifests", json={"node": "lyon", "carrier": "colis", "op": "m1"})
    )
    order = http.get("/v1/orders/O-1").get_json()
    assert [line["shipped"] for line in order["lines"]] == [3]
    assert http.get("/v1/shipments").get_json() == {"packings": [], "next": None}
    assert problem_of(http.post("/v1/manifests", json={"node": "lyon", "carrier": "colis"}), 409)["type"].endswith(
        "not-packable"
    )
    told = events(http, "shipment.packed", "manifest.closed")
    assert [(item["type"], item["subject"]) for item in told] == [
        ("shipment.packed", "O-1"),
        ("shipment.packed", "O-1"),
        ("manifest.closed", manifest["manifest"]),
    ]
    assert told[0]["data"]["parcels"][0]["sscc"] == parcel["sscc"]


def test_labels_are_given_back_and_it_can_be_packed_otherwise(http, shipment, clock):
    packed = http.post(f"{shipment}/packed", json={"addressee": ZOE}).get_json()
    assert packed["packings"][0]["cancelled_at"] is None
    clock.now += 60
    cancelled = checked(http, PackedShipmentRecord, http.post(f"{shipment}/cancel", json={"because": "wrong box"}))
    assert [(item["state"], item.get("because")) for item in cancelled["packings"]] == [("cancelled", "wrong box")]
    (packing,) = cancelled["packings"]
    assert packing["packed_at"] == packed["packings"][0]["packed_at"] == "2026-11-27T09:00:00Z"
    assert packing["cancelled_at"] == "2026-11-27T09:01:00Z"
    assert cancelled["left"] == [{"line": "1", "sku": "A", "quantity": 3}]
    clock.now += 60
    stays = checked(http, PackedShipmentRecord, http.post(f"{shipment}/cancel", json={"because": "again"}))
    assert stays["packings"] == [packing]
    again = http.post(f"{shipment}/packed", json={}).get_json()
    ssccs = [parcel["sscc"] for item in again["packings"] for parcel in item["parcels"]]
    assert ssccs[0] == packed["packings"][0]["parcels"][0]["sscc"]
    assert len(set(ssccs)) == 2
    assert [item["data"]["packing"] for item in events(http, "shipment.packing_cancelled")] == [1]


def test_without_a_number_the_label_is_that_of_the_first_parcel_that_is_packed(http, shipment):
    problem = problem_of(http.get(f"{shipment}/label"), 404)
    assert "nothing of shipment" in problem["detail"]
    http.post(f"{shipment}/packed", json={"addressee": ZOE})
    http.post(f"{shipment}/cancel", json={})
    http.post(f"{shipment}/packed", json={"parcels": [{"lines": {"1": 1}}, {"lines": {"1": 2}}]})
    label = http.get(f"{shipment}/label")
    assert label.status_code == 200
    assert label.data == http.get(f"{shipment}/label?parcel=2").data != http.get(f"{shipment}/label?parcel=3").data
    problem_of(http.get(f"{shipment}/label?parcel=1"), 404)


def test_label_and_notes_are_drawn_as_often_as_they_are_asked_for(http, shipment):
    http.post(f"{shipment}/packed", json={"addressee": ZOE})
    pdf = http.get(f"{shipment}/label")
    assert (pdf.status_code, pdf.content_type, pdf.data[:5]) == (200, "application/pdf", b"%PDF-")
    assert http.get(f"{shipment}/label").data == pdf.data
    zpl = http.get(f"{shipment}/label?format=zpl")
    assert (zpl.status_code, zpl.content_type, b"^XA" in zpl.data) == (200, "application/zpl", True)
    note = http.get(f"{shipment}/note?lang=en")
    assert (note.status_code, note.data[:5]) == (200, b"%PDF-")
    assert http.get(f"{shipment}/note?parcel=1&lang=fr").data != note.data
    assert problem_of(http.get(f"{shipment}/label?parcel=2"), 404)["detail"].endswith("has no parcel 2; it has 1")
    closed = http.post("/v1/manifests", json={"node": "lyon", "carrier": "colis", "confirm": False}).get_json()
    assert http.get(f"/v1/manifests/{closed['manifest']}/page").data[:5] == b"%PDF-"
    assert http.get("/v1/orders/O-1").get_json()["lines"][0]["held"] == 3


def test_an_addressee_is_put_shown_and_removed(http, shop):
    put = http.put("/v1/orders/to-come/addressee", json=ZOE, headers={"Idempotency-Key": "one"})
    assert (put.status_code, put.data) == (204, b"")
    answer = checked(http, AddresseeRecord, http.get("/v1/orders/to-come/addressee"))
    assert answer == ZOE | {"order": "to-come", "name": "Zoë Müller-Özdemir"}
    assert http.delete("/v1/orders/to-come/addressee").status_code == 204
    assert http.delete("/v1/orders/to-come/addressee").status_code == 204
    problem_of(http.get("/v1/orders/to-come/addressee"), 404)


@pytest.mark.parametrize(
    ("change", "field", "says"),
    [
        ({"name": None}, "name", "null"),
        ({"lines": []}, "lines", "Length"),
        ({"lines": ["x" * 101]}, "lines.0", "it has 101 characters; 100 fit"),
        ({"lines": ["a\nb"]}, "lines.0", "U+000A can't be printed"),
        ({"town": "\u202enoyL"}, "town", "U+202E can't be printed"),
        ({"town": "   "}, "town", "blank"),
        ({"country": "fr"}, "country", "such as FR"),
        ({"phone": "ask"}, "phone", "+33"),
        ({"email": "nobody"}, "email", "name@example.com"),
        ({"street": "x"}, "street", "Unknown"),
    ],
)
@pytest.mark.usefixtures("shop")
def test_an_address_that_can_t_stand_on_a_label_is_refused(http, contents, change, field, says):
    before = contents()
    problem = problem_of(http.put("/v1/orders/O-9/addressee", json=ZOE | change), 422)
    assert [(item["field"], says.lower() in item["message"].lower()) for item in problem["errors"]] == [(field, True)]
    assert contents() == before


def test_somebody_has_to_take_the_parcel(http, shop):
    problem = problem_of(http.put("/v1/orders/O-9/addressee", json={k: v for k, v in ZOE.items() if k != "name"}), 422)
    assert problem["errors"][0]["field"] == "name"


def test_an_empty_list_of_parcels_is_no_packing(http, shipment):
    http.put("/v1/orders/O-1/addressee", json=ZOE)
    problem = problem_of(http.post(f"{shipment}/packed", json={"parcels": []}), 422)
    assert [(item["field"], "or leave this out" in item["message"]) for item in problem["errors"]] == [
        ("parcels", True)
    ]


def test_what_no_label_can_show_is_refused_before_anything_has_a_number(http, shipment, contents):
    before = contents()
    problem = problem_of(http.post(f"{shipment}/packed", json={"addressee": ZOE | {"name": "山田"}}), 422)
    assert problem["errors"][0]["field"] == "addressee.name"
    assert contents() == before


def test_quantities_have_the_decimals_of_their_sku(http, pointsman):
    packing_network(pointsman, stock={"M": {"lyon": 900}}, decimals={"M": 2})
    made = http.post("/v1/decisions", json=order_json(("M", 3.5), id="O-2")).get_json()
    place = f"/v1/shipments/{made['id']}/0"
    body = {"parcels": [{"lines": {"1": 1.25}}], "partial": True, "addressee": ZOE}
    packed = http.post(f"{place}/packed", json=body).get_json()
    (parcel,) = packed["packings"][0]["parcels"]
    assert (parcel["lines"][0]["quantity"], parcel["weight_g"], packed["left"][0]["quantity"]) == (1.25, 375, 2.25)


@pytest.mark.parametrize("path", ["/v1/shipments/{}/x", "/v1/shipments/{}/7", "/v1/shipments/none/0"])
def test_what_is_no_shipment_is_not_found(http, shipment, path):
    decision = shipment.split("/")[3]
    problem_of(http.get(path.format(decision)), 404)
    problem_of(http.post(f"{path.format(decision)}/packed", json={"addressee": ZOE}), 404)


def test_an_order_that_awaits_approval_is_not_packed(http, pointsman):
    shop = packing_network(pointsman)
    activate(shop, "when: {order.segment: risky}, then: {approve: true}")
    made = http.post("/v1/decisions", json=order_json(("A", 1), segment="risky")).get_json()
    answer = http.post(f"/v1/shipments/{made['id']}/0/packed", json={"addressee": ZOE})
    assert problem_of(answer, 409)["type"].endswith("awaiting-approval")


def test_numbers_that_a_carrier_gave_already_come_with_the_packing(http, shipment):
    body = {"parcels": [{"lines": {"1": 1}}] * 2 + [{"lines": {"1": 1}, "tracking_number": "OWN-77"}], "addressee": ZOE}
    for wrong in ("", "x", "a" * 60, "ünïcode"):
        problem = problem_of(http.post(f"{shipment}/packed", json=body | {"tracking_number": wrong}), 422)
        assert [item["field"] for item in problem["errors"]] == ["tracking_number"]
    packed = checked(
        http, PackedShipmentRecord, http.post(f"{shipment}/packed", json=body | {"tracking_number": "ALL 1234"})
    )
    parcels = packed["packings"][0]["parcels"]
    assert [item["tracking_number"] for item in parcels] == ["ALL 1234", "ALL 1234", "OWN-77"]
    found = checked(http, ParcelTrackingRecord, http.get("/v1/tracking/all1234"))
    assert [(item["parcel"], item["sscc"]) for item in found["same_number"]] == [
        (1, parcels[0]["sscc"]),
        (2, parcels[1]["sscc"]),
    ]
    assert "same_number" not in http.get("/v1/tracking/OWN-77").get_json()
