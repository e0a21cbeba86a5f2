"""What a caller over HTTP is told when a carrier refuses or is busy; and the log is told nothing of an address."""

import pytest

from engine.service import Pointsman
from tests.support.fake_carriers.fake_server import LABELS, serving
from tests.support.fake_carriers.selling import load_selling_network, selling_settings
from tests.support.fake_carriers.sendcloud import FakeSendcloud
from tests.support.order_json import order_json
from tests.support.problem_json import problem_of

ZOE = {"name": "Zoë Müller", "lines": ["7 passage Secret"], "postcode": "75011", "town": "Paris", "country": "FR"}


@pytest.fixture
def fake():
    with serving(FakeSendcloud()) as carrier:
        yield carrier


@pytest.fixture
def pointsman(server_url, network, clock, fake):
    settings = selling_settings(server_url, network, {"shop": "sendcloud"})
    with Pointsman(settings, clock=clock) as shop:
        yield load_selling_network(shop, fake)


@pytest.fixture
def shipment(http, pointsman):
    made = http.post("/v1/decisions", json=order_json(("A", 1), id="O-1")).get_json()
    assert http.put("/v1/orders/O-1/addressee", json=ZOE).status_code == 204
    return f"/v1/shipments/{made['id']}/0"


def test_a_busy_carrier_says_how_long_to_wait_and_a_retry_packs(http, shipment, fake):
    faults = iter(["busy"])
    fake.faults = lambda _: next(faults, None)
    busy = http.post(f"{shipment}/packed", json={})
    assert problem_of(busy, 503)["type"] == "urn:pointsman:problem:carrier-unavailable"
    assert busy.headers["Retry-After"] == "7"
    packed = http.post(f"{shipment}/packed", json={})
    assert packed.status_code == 200
    (parcel,) = packed.get_json()["packings"][0]["parcels"]
    assert parcel["tracking_number"].startswith("3SYZXG")
    assert http.get(f"{shipment}/label").data == LABELS["pdf"]
    assert len(fake.bills) == 1


def test_no_label_is_given_before_its_carrier_sold_it(http, shipment, fake):
    fake.faults = lambda _: "dropped"
    assert http.post(f"{shipment}/packed", json={}).status_code == 503
    for paper in ("label", "note"):
        problem = problem_of(http.get(f"{shipment}/{paper}"), 409)
        assert problem["type"] == "urn:pointsman:problem:not-packable"
        assert f"POST {shipment}/packed" in problem["detail"]


def test_a_refusal_names_the_field_and_the_store_has_nothing_of_what_the_carrier_wrote(http, shipment, fake, contents):
    fake.fails = "address"
    fake.refusal = "Unknown postal code of 7 passage Secret."
    problem = problem_of(http.post(f"{shipment}/packed", json={}), 422)
    assert problem["type"] == "urn:pointsman:problem:carrier-refused"
    assert [error["field"] for error in problem["errors"]] == ["addressee.postcode"]
    assert "7 passage Secret" in problem["errors"][0]["message"]
    assert "passage Secret" not in repr(contents())
    shown = http.get(shipment).get_json()["packings"][0]
    assert (shown["state"], shown["because"]) == ("cancelled", "carrier 'shop' refused it: addressee.postcode")
