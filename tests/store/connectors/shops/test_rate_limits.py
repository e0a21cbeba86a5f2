"""A shop that is asked too often says so in its own way: the connector waits, loses nothing and sends nothing twice."""

import json

import pytest

from engine.model.facts import Line
from engine.model.parcels import ShipmentKey
from tests.support.facts import order
from tests.support.fake_shops import magento, shopify, woocommerce
from tests.support.fake_shops.fake_shop import RateLimit, running
from tests.support.parcels import pack
from tests.support.shipped_connectors import FOLDER

ADDRESSES = {"shopify": "https://your-shop.myshopify.com"}
MOST_TURNS = 60


@pytest.fixture
def limited(monkeypatch, clock):
    """Starts a fake that takes three requests, and then one every ten seconds."""

    def started(fake, *settings):
        for name, value in settings:
            monkeypatch.setenv(f"POINTSMAN_CONNECTOR_{name}", value)
        fake.limit = RateLimit(most=3, seconds=10, clock=clock, since=clock())
        return running(fake)

    return started


def run_until_all_is_over(connector, clock):
    """Turns, ten seconds apart, until one has nothing to say; what became of all."""
    reports = []
    for _ in range(MOST_TURNS):
        reports.append(connector.run())
        if not (reports[-1].sent or reports[-1].error or reports[-1].messages or reports[-1].left_alone_until):
            return reports
        clock.now += 10
    raise AssertionError(f"not over after {MOST_TURNS} turns: {reports[-1]}")


def test_shopify_throttles_a_query_and_gets_all_of_the_stock(limited, shipped, shop, clock):
    fake = shopify.FakeShopify()
    with limited(fake, ("SHOPIFY_STOCK_TOKEN", shopify.TOKEN)):
        for sku in ("A", "B"):
            for location in (shopify.LYON, shopify.PARIS):
                fake.stock(sku, location, 0)
        stock = shipped("shopify-stock", {ADDRESSES["shopify"]: fake.url, "most: 20": "most: 1"})
        reports = run_until_all_is_over(stock, clock)
        assert any("says that it is busy" in report.error for report in reports)
        assert (len(fake.refused) > 0, sum(report.sent for report in reports)) == (True, 3)
        assert not any(report.messages for report in reports)
        assert sorted(fake.levels.values()) == [0, 3, 5, 10]
        keys = [asked.json["variables"]["key"] for asked in fake.requests if "mutation" in asked.json["query"]]
        refused = [asked.json["variables"]["key"] for asked in fake.refused if "mutation" in asked.json["query"]]
        assert len(keys) - len(refused) == len(set(keys)) == 2  # positions of a SKU go out together


@pytest.mark.parametrize("name", ["woocommerce", "magento"])
def test_a_shop_that_says_how_long_to_wait_gets_all_of_the_stock_and_is_left_alone_meanwhile(
    limited, shipped, clock, name
):
    fake = woocommerce.FakeWooCommerce() if name == "woocommerce" else magento.FakeMagento()
    settings = [("WOOCOMMERCE_STOCK_KEY", woocommerce.KEY), ("WOOCOMMERCE_STOCK_SECRET", woocommerce.SECRET)]
    with limited(fake, *settings, ("MAGENTO_STOCK_TOKEN", magento.TOKEN)):
        most = {"woocommerce": "most: 50", "magento": "most: 100"}[name]
        stock = shipped(f"{name}-stock", {"https://shop.example.com": fake.url, most: "most: 1"})
        if isinstance(fake, woocommerce.FakeWooCommerce):
            fake.add("A")
            fake.add("B")
        else:
            fake.skus = {"A", "B"}
            fake.limit.used = 2
        reports = run_until_all_is_over(stock, clock)
        assert any("answered 429" in report.error for report in reports)
        assert len(fake.refused) == sum("answered 429" in report.error for report in reports)
        assert not any(report.messages for report in reports)
        if isinstance(fake, woocommerce.FakeWooCommerce):
            assert {sku: product["stock_quantity"] for sku, product in fake.products.items()} == {"A": 15, "B": 3}
        else:
            assert fake.stock == {("A", "default"): 10, ("A", "paris"): 5, ("B", "default"): 3}


def test_a_shop_that_is_asked_before_makes_one_shipment_of_each_however_often_it_refuses(limited, shipped, shop, clock):
    fake = magento.FakeMagento()
    documented = json.loads((FOLDER / "magento-orders" / "documented.json").read_text())["items"][0]
    with limited(fake, ("MAGENTO_SHIPMENTS_TOKEN", magento.TOKEN)):
        shipments = shipped("magento-shipments", {"https://shop.example.com": fake.url})
        shipments.run()
        for number in (11, 12, 13):
            line = {**documented["items"][0], "item_id": number, "qty_ordered": 1, "sku": "A"}
            fake.orders.append({**documented, "entity_id": number, "items": [line]})
            shop.decide(order(Line(id=str(number), sku="A", quantity=1), id=f"magento-{number}", tags=("magento",)))
            name = shop.orders.show(f"magento-{number}").shipments[0].decision
            pack(shop, ShipmentKey(name, 0))
            shop.holds.confirm(name, op=f"left-{number}")
        reports = run_until_all_is_over(shipments, clock)
        assert any("answered 429" in report.error for report in reports)
        assert len(fake.refused) > 0
        assert sum(report.sent for report in reports) == 3
        assert sorted(made["order_id"] for made in fake.shipments) == [11, 12, 13]


def test_orders_that_are_pulled_from_a_shop_that_refuses_come_once_each(limited, shipped, shop, clock):
    fake = magento.FakeMagento()
    documented = json.loads((FOLDER / "magento-orders" / "documented.json").read_text())["items"][0]
    address = {"country_id": "FR", "postcode": "69003", "city": "Lyon", "region_code": None}
    documented["extension_attributes"]["shipping_assignments"][0]["shipping"]["address"] |= address
    for number in range(1, 8):
        line = {**documented["items"][0], "item_id": number, "qty_ordered": 1, "sku": "A"}
        order_ = {**documented, "entity_id": number, "items": [line], "order_currency_code": "EUR"}
        fake.orders.append(order_)
    with limited(fake, ("MAGENTO_ORDERS_TOKEN", magento.TOKEN)):
        changes = {"https://shop.example.com": fake.url, "pageSize]=100": "pageSize]=2", "first: 7d": "first: 4000d"}
        orders = shipped("magento-orders", {**changes, "most_a_minute: 60": "most_a_minute: 6000"})
        first = orders.run()
        assert "answered 429" in first.error
        fake.limit.most = 4
        taken = first.ended("applied")
        clock.now += 60
        second = orders.run()
        assert (second.error, taken + second.ended("applied")) == ("", 7)
        assert sum(shop.orders.show(f"magento-{number}").units("held") for number in range(1, 8)) == 7
