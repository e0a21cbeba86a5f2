"""Parcels in the console: packed, printed, handed over and tracked."""

import dataclasses

import pytest

from tests.conftest import activate
from tests.support.callers import client_of
from tests.support.console import verify_pages
from tests.support.facts import LILLE, LYON, node
from tests.support.free_port import free_port
from tests.support.order_json import order_json
from tests.support.parcels import LILLE_ADDRESS, LYON_ADDRESS, packing_network


@pytest.fixture(scope="module")
def oms(site):
    """A client of the HTTP API. Lyon packs, and its printer is off."""
    off = f"socket://127.0.0.1:{free_port()}"
    lyon = dataclasses.replace(node("lyon", LYON, address=LYON_ADDRESS, services=("parcel",)), printers={"label": off})
    lille = node("lille", LILLE, address=LILLE_ADDRESS, services=("parcel",))
    packing_network(site.pointsman, nodes=[lyon, lille], stock={"A": {"lyon": 10}, "B": {"lille": 10}})
    activate(site.pointsman)
    return client_of(site.pointsman, site.app, role="admin")


@pytest.fixture(scope="module")
def shipment(oms):
    """The decision of an order of two of A."""
    decision = oms.post("/v1/decisions", json=order_json(("A", 2), id="P/1")).get_json()
    addressee = {"name": '<b>Zoë"', "lines": ["7 rue"], "postcode": "75011", "town": "Paris", "country": "FR"}
    assert oms.put("/v1/orders/P%2F1/addressee", json=addressee).status_code < 300
    return decision["id"]


def shown(site, path, role="oms"):
    answer = site.client(role).get(f"/console{path}", follow_redirects=True)
    assert answer.status_code == 200, answer.text
    return answer.text


def test_a_shipment_is_packed_given_back_and_packed_again(site, oms, shipment):
    assert shipment in shown(site, "/parcels?node=lyon")
    assert "Pack a parcel" in shown(site, f"/parcels/shipments/{shipment}")
    place = f"/parcels/shipments/{shipment}/0"
    mistaken = site.send(f"{place}/pack", "oms", line="1", quantity="2", weight_g="heavy")
    assert mistaken.status_code == 422
    assert 'aria-invalid="true"' in mistaken.text
    packed = site.send(f"{place}/pack", "oms", line="1", quantity="2", weight_g="1500")
    assert packed.status_code == 303, packed.text
    assert oms.get(f"/v1/shipments/{shipment}/0").get_json()["packings"][0]["parcels"][0]["weight_g"] == 1500
    site.send(f"{place}/cancel", "oms", packing="1", because="wrong box")
    assert "wrong box" in shown(site, place)
    site.send(f"{place}/pack", "oms", line="1", quantity="2")
    paper = site.client("oms").get(f"/console{place}/label?parcel=2&format=pdf")
    assert (paper.status_code, paper.headers["Content-Type"], paper.data[:5]) == (200, "application/pdf", b"%PDF-")
    assert site.client("oms").get(f"/console{place}/note").data[:5] == b"%PDF-"


def test_the_print_queue_is_retried_and_dropped(site, oms, shipment):
    site.send("/parcels/printing", "oms", paper="label", of=f"{shipment}/0/2", node="lyon")
    jobs = oms.get("/v1/print-jobs?node=lyon").get_json()["jobs"]
    assert shipment in shown(site, "/parcels/printing")
    assert site.send(f"/parcels/printing/{jobs[0]['id']}/retry", "oms").status_code == 303
    for job in jobs:
        assert site.send(f"/parcels/printing/{job['id']}/drop", "oms").status_code == 303
    assert oms.get("/v1/print-jobs?node=lyon").get_json()["jobs"] == []
    tested = site.send("/parcels/printers/lyon/label/test", "oms")
    assert 'class="message bad"' in site.client("oms").get(tested.headers["Location"]).text


def test_parcels_are_handed_over_and_tracked(site, oms, shipment):
    assert "colis" in shown(site, "/parcels/packed")
    closed = site.send("/parcels/manifests", "oms", node="lyon", carrier="colis")
    assert closed.status_code == 303, closed.text
    place = closed.headers["Location"].removeprefix("/console")
    assert shipment in shown(site, place)
    assert shown(site, f"/parcels/manifests?number={place.rpartition('/')[2]}") == shown(site, place)
    assert site.client("oms").get(f"/console{place}/page").data[:5] == b"%PDF-"
    parcel = oms.get(f"/v1/shipments/{shipment}/0").get_json()["packings"][1]["parcels"][0]
    assert "nothing of it yet" in shown(site, f"/parcels/tracking?number={parcel['sscc']}")
    assert "No parcel goes by the number X&lt;b&gt;" in shown(site, "/parcels/tracking?number=X<b>")
    refused = site.send("/parcels/manifests", "oms", node="lyon", carrier="colis")
    assert refused.status_code >= 400


def test_who_may_not_pack_sees_no_button_and_is_refused(site, shipment):
    assert "Give its labels back" not in shown(site, f"/parcels/shipments/{shipment}/0", "auditor")
    assert site.send(f"/parcels/shipments/{shipment}/0/pack", "auditor", line="1", quantity="1").status_code == 403
    assert site.client("oms").post(f"/console/parcels/shipments/{shipment}/0/pack").status_code == 403
    assert site.client("auditor").get(f"/console/parcels/shipments/{shipment}/0/label").status_code == 403


@pytest.mark.parametrize(
    ("path", "name"),
    [
        ("/parcels", "parcels-to-pack"),
        ("/parcels/shipments/{shipment}/0", "parcels-shipment"),
        ("/parcels/packed", "parcels-packed"),
        ("/parcels/printing", "parcels-printing"),
        ("/parcels/manifests", "parcels-manifests"),
        ("/parcels/tracking", "parcels-tracking"),
    ],
)
def test_its_pages_are_readable(opened, site, shipment, path, name):
    verify_pages(opened, site, path.format(shipment=shipment), name)


def test_shipments_of_a_decision_a_manifest_and_a_parcel_that_was_found_are_readable(opened, site, oms):
    decision = oms.post("/v1/decisions", json=order_json(("A", 1), ("B", 1), id="P/2")).get_json()["id"]
    verify_pages(opened, site, f"/parcels/shipments/{decision}", "parcels-shipments")
    addressee = {"name": "Zoë", "lines": ["7 rue"], "postcode": "75011", "town": "Paris", "country": "FR"}
    assert oms.put("/v1/orders/P%2F2/addressee", json=addressee).status_code < 300
    number = next(at for at in (0, 1) if oms.get(f"/v1/shipments/{decision}/{at}").get_json()["node"] == "lille")
    packed = oms.post(f"/v1/shipments/{decision}/{number}/packed", json={"parcels": [{"lines": {"2": 1}}]})
    assert packed.status_code in (200, 201), packed.text
    closed = oms.post("/v1/manifests", json={"node": "lille", "carrier": "colis"}).get_json()
    verify_pages(opened, site, f"/parcels/manifests/{closed['manifest']}", "parcels-manifest")
    parcel = oms.get(f"/v1/shipments/{decision}/{number}").get_json()["packings"][0]["parcels"][0]
    verify_pages(opened, site, f"/parcels/tracking?number={parcel['sscc']}", "parcel-found")
