"""What a caller over HTTP is told when a carrier refuses or is busy; and the log is told nothing of an address."""

from dataclasses import replace

import pytest

from engine.fulfilment.carriers.settings import CarrierSettings
from engine.model.carriers import CarrierAccount
from engine.service import Pointsman
from engine.settings import Settings
from tests.support.facts import LYON, node, service
from tests.support.fake_carriers.booking import KEYS, PRODUCTS
from tests.support.fake_carriers.fake_server import LABELS, serving
from tests.support.fake_carriers.sendcloud import FakeSendcloud
from tests.support.order_json import order_json
from tests.support.parcels import LYON_ADDRESS, packing_network
from tests.support.problem_json import problem_of

ZOE = {"name": "Zoë Müller", "lines": ["7 passage Secret"], "postcode": "75011", "town": "Paris", "country": "FR"}


@pytest.fixture
def fake():
    with serving(FakeSendcloud()) as carrier:
        yield carrier


@pytest.fixture
def pointsman(server_url, network, clock, fake):
    keys = {f"POINTSMAN_CARRIER_SHOP_{word}": text for word, text in KEYS["sendcloud"].items()}
    settings = Settings(
        redis_url=server_url, network=network, backlog="manual", carriers=CarrierSettings(variables=keys)
    )
    with Pointsman(settings, clock=clock) as shop:
        yield packing_network(
            shop,
            services=[service(carrier="shop", carrier_product=PRODUCTS["sendcloud"])],
            nodes=[node("lyon", LYON, address=replace(LYON_ADDRESS, phone="+33 4 72"))],
            carriers={"shop": CarrierAccount(id="shop", door="sendcloud", url=fake.url)},
        )


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
