"""Sale orders and stock are read from Odoo's /json/2."""

import copy
import json
import time

import pytest

from tests.support.fake_shops.fake_shop import running
from tests.support.fake_shops.odoo import API_KEY, FakeOdoo
from tests.support.shipped_connectors import FOLDER

ADDRESS = "https://odoo.example.com"
ORDER = json.loads((FOLDER / "odoo-orders" / "documented.json").read_text())["records"][0]

LONG_AGO = {"first: 7d": "first: 4000d"}
"""The orders of tests have dates of their own, whenever tests run."""


@pytest.fixture
def odoo(monkeypatch):
    for name in ("ORDERS", "STOCK"):
        monkeypatch.setenv(f"POINTSMAN_CONNECTOR_ODOO_{name}_API_KEY", API_KEY)
    fake = FakeOdoo()
    with running(fake):
        yield fake


def place(odoo, name, sku="A", **more):
    made = copy.deepcopy(ORDER)
    made["partner_shipping_id"] |= {"zip": "69003", "city": "Lyon", "country_id": {"code": "FR"}, "state_id": False}
    made["order_line"][0]["product_id"]["default_code"] = sku
    odoo.orders.append({**made, "name": name, "write_date": "2026-11-27 08:00:00", **more})


def test_confirmed_orders_are_taken_over_once(odoo, shipped, shop):
    place(odoo, "S00021")
    place(odoo, "S00022", state="draft")
    orders = shipped("odoo-orders", {ADDRESS: odoo.url, "value: b2b": "value: web", **LONG_AGO})
    report = orders.run()
    assert (report.error, report.ended("applied"), report.ended("bad")) == ("", 1, 0)
    assert shop.orders.show("odoo-S00021").units("held") == 3
    assert shop.fulfilment.parcels.addressee("odoo-S00021").company == "Azure Interior"
    odoo.orders[0]["write_date"] = "2099-01-01 00:00:00"
    assert orders.run().ended("unchanged") == 1


def test_what_is_on_hand_is_taken_over_also_where_nothing_is_left(odoo, shipped, shop, clock):
    clock.now = int(time.time())  # what is pulled was counted when it was asked, by the clock of this machine
    odoo.products = [
        {"id": 17, "default_code": "A", "qty_available": 45.0},
        {"id": 23, "default_code": "B", "qty_available": 0.0},
        {"id": 24, "default_code": "SERV", "qty_available": 1.0},
    ]
    report = shipped("odoo-stock", {ADDRESS: odoo.url}).run()
    assert report.error == ""
    assert (report.ended("applied"), report.ended("bad")) == (2, 1)
    assert {item.node: item.position.on_hand for item in shop.stock.show("A").nodes}["lyon"] == 45
    assert {item.node: item.position.on_hand for item in shop.stock.show("B").nodes}["lyon"] == 0


def test_a_wrong_key_is_told_in_the_words_of_odoo_and_loses_nothing(odoo, shipped, monkeypatch):
    place(odoo, "S00021")
    orders = shipped("odoo-orders", {ADDRESS: odoo.url, "value: b2b": "value: web", **LONG_AGO})
    monkeypatch.setenv("POINTSMAN_CONNECTOR_ODOO_ORDERS_API_KEY", "another")
    assert "Invalid apikey" in orders.run().error
    monkeypatch.setenv("POINTSMAN_CONNECTOR_ODOO_ORDERS_API_KEY", API_KEY)
    assert orders.run().ended("applied") == 1
