"""WooCommerce is told what a channel may sell, by its own product numbers, and what has left, in a note."""

import pytest

from tests.support.decision_json import json_of
from tests.support.facts import order
from tests.support.fake_shops.fake_shop import running
from tests.support.fake_shops.woocommerce import KEY, SECRET, FakeWooCommerce

ADDRESS = "https://shop.example.com"


@pytest.fixture
def woo(monkeypatch):
    for name in ("STOCK", "SHIPMENTS"):
        monkeypatch.setenv(f"POINTSMAN_CONNECTOR_WOOCOMMERCE_{name}_KEY", KEY)
        monkeypatch.setenv(f"POINTSMAN_CONNECTOR_WOOCOMMERCE_{name}_SECRET", SECRET)
    fake = FakeWooCommerce()
    with running(fake):
        yield fake


def units(woo):
    return {sku: product["stock_quantity"] for sku, product in woo.products.items()}


def test_what_the_channel_may_sell_is_set_and_then_what_changed(woo, shipped, shop):
    woo.add("A")
    woo.add("B")
    stock = shipped("woocommerce-stock", {ADDRESS: woo.url})
    assert stock.run().error == ""
    assert units(woo) == {"A": 15, "B": 3}
    shop.decide(order(("A", 4)))
    assert stock.run().sent == 1
    assert units(woo) == {"A": 11, "B": 3}
    assert woo.requests[-2].query["sku"] == "A"


def test_a_variation_and_an_article_that_is_not_there_are_kept_aside(woo, shipped):
    woo.add("A", type="variation", parent_id=22)
    (message,) = shipped("woocommerce-stock", {ADDRESS: woo.url}).run().messages
    assert message.endings["bad"] == 2
    assert units(woo) == {"A": None}


def test_an_article_that_is_refused_alone_is_told_with_its_words(woo, shipped):
    woo.add("A")
    woo.add("B")
    stock = shipped("woocommerce-stock", {ADDRESS: woo.url, "?type!='variation'": "?type!='nothing'"})
    woo.products["B"]["type"] = "variation"
    (message,) = stock.run().messages
    assert "Invalid ID." in str(message.problems[0])


@pytest.mark.parametrize("fault", ["lost", "dropped"])
def test_the_customer_gets_one_note_whatever_fails(woo, shipped, shop, clock, fault):
    woo.notes["727"] = []
    shipments = shipped("woocommerce-shipments", {ADDRESS: woo.url})
    shipments.run()
    made = json_of(shop.decide(order(("A", 1), id="woo-727", tags=("woocommerce",))))
    shop.holds.confirm(made["id"], op="left")
    woo.fault = lambda asked: fault if asked.method == "POST" else None
    assert "was not reached" in shipments.run().error
    woo.fault = lambda _: None
    clock.now += 6
    assert shipments.run().error == ""
    (note,) = woo.notes["727"]
    assert note["note"].startswith("Your parcel has left. (pointsman ")
    assert note["customer_note"] is True


def test_what_is_asked_before_counts_among_the_requests_of_a_minute(woo, shipped, shop):
    woo.notes["727"] = []
    shipments = shipped("woocommerce-shipments", {ADDRESS: woo.url, "most_a_minute: 60": "most_a_minute: 4"})
    shipments.run()
    made = json_of(shop.decide(order(("A", 6), id="woo-727", tags=("woocommerce",))))
    for number in range(3):
        shop.holds.confirm(made["id"], lines={"1": 1}, op=f"left {number}")
    shipments.run()
    assert len(woo.requests) == 4


def test_a_wrong_key_keeps_the_notes_back(woo, shipped, shop, monkeypatch, clock):
    woo.notes["727"] = []
    shipments = shipped("woocommerce-shipments", {ADDRESS: woo.url})
    shipments.run()
    made = json_of(shop.decide(order(("A", 1), id="woo-727", tags=("woocommerce",))))
    shop.holds.confirm(made["id"], op="left")
    monkeypatch.setenv("POINTSMAN_CONNECTOR_WOOCOMMERCE_SHIPMENTS_KEY", "ck_2")
    assert "answered 401" in shipments.run().error
    monkeypatch.setenv("POINTSMAN_CONNECTOR_WOOCOMMERCE_SHIPMENTS_KEY", KEY)
    clock.now += 6
    assert shipments.run().sent == 1
