"""Orders are pulled from Magento a page after the other, and it is told its stock and what has left."""

import copy
import datetime
import json

import pytest

from api.connectors.sending.sender import ConnectorSender
from engine.model.parcels import ShipmentKey
from engine.store.stock import Movement
from tests.support.fake_shops.fake_shop import running
from tests.support.fake_shops.magento import TOKEN, FakeMagento
from tests.support.parcels import pack
from tests.support.shipped_connectors import FOLDER

ADDRESS = "https://shop.example.com"
ORDER = json.loads((FOLDER / "magento-orders" / "documented.json").read_text())["items"][0]

LONG_AGO = {"first: 7d": "first: 4000d"}
"""The orders of tests have dates of their own, whenever tests run."""


@pytest.fixture
def magento(monkeypatch):
    for name in ("ORDERS", "CANCELLATIONS", "STOCK", "SHIPMENTS"):
        monkeypatch.setenv(f"POINTSMAN_CONNECTOR_MAGENTO_{name}_TOKEN", TOKEN)
    fake = FakeMagento()
    fake.skus = {"A", "B"}
    with running(fake):
        yield fake


@pytest.fixture
def orders(magento, shipped):
    return shipped("magento-orders", {ADDRESS: magento.url, "pageSize]=100": "pageSize]=2", **LONG_AGO})


def place(magento, number, *, updated="2026-11-27 08:50:00", **more):
    """An order of one A, to Lyon; the documented one otherwise."""
    made = copy.deepcopy(ORDER)
    address = made["extension_attributes"]["shipping_assignments"][0]["shipping"]["address"]
    address |= {"country_id": "FR", "postcode": "69003", "city": "Lyon", "region_code": None}
    line = {**made["items"][0], "item_id": number * 10, "sku": "A", "qty_ordered": 1}
    made |= {"entity_id": number, "updated_at": updated, "order_currency_code": "EUR", "items": [line], **more}
    magento.orders.append(made)
    return made


def test_orders_of_all_pages_are_taken_over_though_the_last_page_comes_again(magento, orders, shop):
    for number in (1, 2, 3, 4):
        place(magento, number)
    report = orders.run()
    assert (report.error, report.ended("applied"), report.ended("bad")) == ("", 4, 0)
    assert [asked.query["searchCriteria[currentPage]"] for asked in magento.requests] == ["1", "2"]
    assert shop.orders.show("magento-4").units("held") == 1
    assert shop.fulfilment.parcels.addressee("magento-4").name == "Jane Doe"


def test_only_what_changed_since_a_while_before_the_last_time_is_asked_for(magento, orders):
    place(magento, 1)
    orders.run()
    orders.run()
    name = "searchCriteria[filterGroups][0][filters][0][value]"
    first, second = (asked.query[name] for asked in magento.requests)
    assert first < "2020"
    ago = datetime.datetime.now(tz=datetime.UTC) - datetime.datetime.fromisoformat(f"{second}+00:00")
    assert datetime.timedelta(minutes=10) <= ago < datetime.timedelta(hours=2)


def test_the_first_time_orders_of_the_last_seven_days_are_asked_for(magento, shipped):
    days_ago = {days: datetime.datetime.now(tz=datetime.UTC) - datetime.timedelta(days=days) for days in (6, 8)}
    for days, at in days_ago.items():
        place(magento, days, updated=f"{at:%Y-%m-%d %H:%M:%S}")
    report = shipped("magento-orders", {ADDRESS: magento.url}).run()
    assert (report.error, report.ended("applied"), report.rows) == ("", 1, 1)


def test_an_order_that_comes_again_is_decided_once_whatever_became_of_it_there(magento, orders):
    place(magento, 1)
    orders.run()
    place(magento, 2, updated="2099-01-01 00:00:00")
    magento.orders[0]["updated_at"] = "2099-01-01 00:00:00"
    report = orders.run()
    assert (report.ended("applied"), report.ended("unchanged"), report.ended("bad")) == (1, 1, 0)


def test_a_rate_limit_and_a_wrong_token_lose_nothing(magento, orders, monkeypatch, clock):
    place(magento, 1)
    magento.busy = 1
    assert "answered 429" in orders.run().error
    asked = len(magento.requests)
    assert orders.run().left_alone_until == clock.now + 7
    assert len(magento.requests) == asked
    clock.now += 7
    monkeypatch.setenv("POINTSMAN_CONNECTOR_MAGENTO_ORDERS_TOKEN", "another")
    assert "answered 401" in orders.run().error
    monkeypatch.setenv("POINTSMAN_CONNECTOR_MAGENTO_ORDERS_TOKEN", TOKEN)
    assert orders.run().ended("applied") == 1


def test_a_cancelled_order_is_not_shipped_and_comes_once(magento, orders, shipped, shop):
    made = place(magento, 1)
    orders.run()
    made["status"] = "canceled"
    cancellations = shipped("magento-cancellations", {ADDRESS: magento.url, **LONG_AGO})
    assert cancellations.run().ended("applied") == 1
    assert shop.orders.show("magento-1").units("cancelled") == 1
    assert cancellations.run().ended("applied") == 0


def test_stock_is_set_at_its_sources(magento, shipped, shop):
    stock = shipped("magento-stock", {ADDRESS: magento.url})
    assert stock.run().error == ""
    shop.stock.move([Movement(node="lyon", sku="A", delta=-10, op="1")])
    stock.run()
    assert magento.stock == {("A", "default"): 0, ("A", "paris"): 5, ("B", "default"): 3}
    assert magento.requests[-1].json["sourceItems"][0]["status"] == 0


def test_what_it_refuses_is_kept_aside_with_its_words(magento, shipped):
    magento.skus = {"A"}
    (message,) = shipped("magento-stock", {ADDRESS: magento.url}).run().messages
    assert 'Product with SKU \\"B\\" does not exist' in str(message.problems[0])


@pytest.fixture
def shipments(magento, shipped):
    return shipped("magento-shipments", {ADDRESS: magento.url})


def leave(magento, orders, shop):
    place(magento, 3)
    orders.run()
    (made,) = shop.orders.show("magento-3").shipments
    view = pack(shop, ShipmentKey(made.decision, 0))
    shop.holds.confirm(made.decision, op="left")
    return view.shipment.parcels[0].tracking_number


def test_what_left_is_a_shipment_with_its_track(magento, orders, shipments, shop):
    shipments.run()
    number = leave(magento, orders, shop)
    assert shipments.run().error == ""
    (made,) = magento.shipments
    assert made["items"] == [{"order_item_id": 30, "qty": 1}]
    assert [track["track_number"] for track in made["tracks"]] == [number]
    assert made["arguments"]["extension_attributes"]["source_code"] == "default"


def test_its_stock_is_right_once_it_was_told_of_a_shipment(magento, orders, shipments, shipped, shop):
    """It takes what is shipped off its source by itself, also if the stock without these units was told before."""
    stock = shipped("magento-stock", {ADDRESS: magento.url})
    for connector in (shipments, stock):
        connector.run()
    leave(magento, orders, shop)
    stock.run()
    assert magento.stock["A", "default"] == 9
    shipments.run()
    assert magento.stock["A", "default"] == 8
    assert stock.run().sent == 1
    assert magento.stock["A", "default"] == 9
    assert stock.run().sent == 0


def test_a_stock_that_follows_shipments_goes_on_after_a_crash_and_without_them(  # noqa: PLR0917  # all of its parts
    magento, orders, shipments, shipped, shop, monkeypatch
):
    stock = shipped("magento-stock", {ADDRESS: magento.url})
    for connector in (shipments, stock):
        connector.run()
    leave(magento, orders, shop)
    stock.run()
    shipments.run()
    with monkeypatch.context() as patched:
        patched.setattr(ConnectorSender, "_finish", lambda *_, **__: 1 / 0)
        assert "ZeroDivisionError" in stock.run().error
    told = len(magento.requests)
    shop.stock.move([Movement(node="paris", sku="A", delta=-1, op="1")])
    assert stock.run().sent == 2
    sent = [item for asked in magento.requests[told:] for item in asked.json["sourceItems"]]
    assert [(item["source_code"], item["quantity"]) for item in sent] == [("default", 9), ("paris", 4)]
    keys = [asked.headers["idempotency-key"] for asked in magento.requests[told - 1 :]]
    assert keys[0] == keys[1] != keys[2]
    alone = shipped("magento-stock", {ADDRESS: magento.url, "again_after: magento-shipments\n  ": ""})
    shop.stock.move([Movement(node="paris", sku="A", delta=-1, op="2")])
    assert alone.run().sent == 1
    assert stock.run().sent == 0


def test_a_shipment_whose_answer_got_lost_is_not_made_again(magento, orders, shipments, shop, clock):
    shipments.run()
    leave(magento, orders, shop)
    magento.fault = lambda asked: "lost" if asked.path.endswith("/ship") else None
    assert "was not reached" in shipments.run().error
    magento.fault = lambda _: None
    clock.now += 6
    assert (shipments.run().error, len(magento.shipments)) == ("", 1)


def test_an_order_that_is_not_there_keeps_no_other_back(magento, orders, shipments, shop):
    shipments.run()
    leave(magento, orders, shop)
    magento.orders.clear()
    (message,) = shipments.run().messages
    assert "answered 404" in str(message.problems[0])
