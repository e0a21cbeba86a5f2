"""What Shopify is told: its stock with the quantity that it is changed from, and what left with its tracking number."""

import dataclasses
import json

import pytest

from engine.model.parcels import ShipmentKey
from engine.orders.cancellation.plan import CancelRequest
from engine.store.stock import Movement
from tests.support.decision_json import json_of
from tests.support.facts import order
from tests.support.fake_shops.fake_shop import running
from tests.support.fake_shops.shopify import (
    LYON,
    PARIS,
    TOKEN,
    FakeShopify,
    FulfillmentOrder,
    ShopifyOrder,
)
from tests.support.parcels import pack

ADDRESS = "https://your-shop.myshopify.com"


@pytest.fixture
def shopify(monkeypatch):
    for name in ("STOCK", "FULFILMENTS"):
        monkeypatch.setenv(f"POINTSMAN_CONNECTOR_SHOPIFY_{name}_TOKEN", TOKEN)
    fake = FakeShopify()
    with running(fake):
        yield fake


@pytest.fixture
def stock(shopify, shipped):
    """Shopify's items and levels, all of them 0 by now."""
    for sku in ("A", "B"):
        for location in (LYON, PARIS):
            shopify.stock(sku, location, 0)
    return shipped("shopify-stock", {ADDRESS: shopify.url})


def levels(shopify):
    names = {item: sku for sku, item in shopify.items.items()}
    places = {LYON: "lyon", PARIS: "paris"}
    return {(names[item], places[where]): units for (item, where), units in shopify.levels.items()}


def sell(shop, sku, units, op):
    shop.stock.move([Movement(node="lyon", sku=sku, delta=-units, op=op)])


def test_stock_is_set_at_each_location(shopify, stock, shop):
    assert stock.run().error == ""
    assert levels(shopify) == {("A", "lyon"): 10, ("A", "paris"): 5, ("B", "lyon"): 3, ("B", "paris"): 0}
    sell(shop, "A", 2, "1")
    assert stock.run().sent == 2
    assert levels(shopify)["A", "lyon"] == 8
    asked, told = shopify.requests[-2:]
    assert "mutation" not in asked.json["query"]
    quantity, _ = told.json["variables"]["input"]["quantities"]
    assert (quantity["quantity"], quantity["changeFromQuantity"], quantity["locationId"]) == (8, 10, LYON)


def test_what_was_sold_there_meanwhile_is_not_overwritten_blindly(shopify, stock, shop, clock):
    stock.run()
    sell(shop, "A", 2, "1")
    shopify.sold_meanwhile = [("A", LYON)]
    report = stock.run()
    assert "says that it is busy" in report.error
    assert levels(shopify)["A", "lyon"] == 9
    clock.now += 10
    assert stock.run().sent == 2
    assert levels(shopify)["A", "lyon"] == 8


def test_what_other_channels_hold_is_taken_off_and_comes_back(shopify, stock, shop, clock):
    stock.run()
    made = shop.decide(order(("A", 3), channel="shops", id="S-1"))
    where = json_of(made)["shipments"][0]["node"]
    before = levels(shopify)["A", where]
    assert stock.run().error == ""
    assert levels(shopify)["A", where] == before - 3
    shop.cancellations.cancel(CancelRequest(order="S-1", lines={"1": 1}, op="c"))
    stock.run()
    assert levels(shopify)["A", where] == before - 2
    clock.now += 40 * 86_400
    stock.run()
    assert levels(shopify)["A", where] == before
    assert stock.run().sent == 0


@pytest.mark.parametrize("code", ["THROTTLED", "INTERNAL_SERVER_ERROR", "ACCESS_DENIED", "SHOP_INACTIVE"])
def test_an_error_of_the_server_or_of_the_token_keeps_back_and_loses_nothing(shopify, stock, clock, code):
    shopify.busy, shopify.code = 1, code
    report = stock.run()
    assert "says that it is busy" in report.error
    assert report.messages == []
    clock.now += 6
    shopify.busy = 0
    assert stock.run().error == ""
    assert levels(shopify)["A", "lyon"] == 10


def test_where_the_same_key_is_still_under_way_it_is_sent_again_later(shopify, stock, clock):
    shopify.key_in_use = True
    report = stock.run()
    assert "says that it is busy" in report.error
    assert report.messages == []
    clock.now += 6
    shopify.key_in_use = False
    assert stock.run().error == ""
    assert levels(shopify)["A", "lyon"] == 10


def test_an_answer_that_got_lost_changes_nothing_twice(shopify, stock, shop, clock):
    stock.run()
    sell(shop, "A", 2, "1")
    shopify.fault = lambda asked: "lost" if "mutation" in asked.json["query"] else None
    assert "was not reached" in stock.run().error
    shopify.fault = lambda _: None
    clock.now += 6
    assert stock.run().error == ""
    assert levels(shopify)["A", "lyon"] == 8
    keys = [sent.json["variables"]["key"] for sent in shopify.requests if "mutation" in sent.json["query"]]
    assert len(keys) == len(set(keys)) == 3


def test_a_sku_that_it_does_not_have_is_kept_aside_and_the_others_are_set(shopify, stock):
    del shopify.items["B"]
    (message,) = stock.run().messages
    assert levels_of(shopify, "A") == {10, 5}
    text = " ".join(str(problem) for problem in message.problems)
    assert "'B' is not in the table 'items'" in text


def levels_of(shopify, sku):
    return {units for (item, _), units in shopify.levels.items() if item == shopify.items[sku]}


def test_a_wrong_token_loses_nothing(shopify, stock, monkeypatch, clock):
    monkeypatch.setenv("POINTSMAN_CONNECTOR_SHOPIFY_STOCK_TOKEN", "another")
    assert "answered 401" in stock.run().error
    monkeypatch.setenv("POINTSMAN_CONNECTOR_SHOPIFY_STOCK_TOKEN", TOKEN)
    clock.now += 6
    assert stock.run().error == ""
    assert levels(shopify)["A", "lyon"] == 10


@pytest.fixture
def fulfilments(shopify, shipped):
    """An order of two lines, of 2 A and 1 B, at one location."""
    shopify.orders["4711"] = ShopifyOrder([FulfillmentOrder(1, LYON, {"81": 2, "82": 1})])
    return shipped("shopify-fulfilments", {ADDRESS: shopify.url, "dpd: DPD": "dpd: DPD"})


def leave(shop):
    """Packed and confirmed: the order's shipment, and its tracking number."""
    lines = [
        dataclasses.replace(line, id=number)
        for number, line in zip(("81", "82"), order(("A", 2), ("B", 1)).lines, strict=True)
    ]
    placed = dataclasses.replace(order(id="4711", tags=("shopify",)), lines=tuple(lines))
    made = json_of(shop.decide(placed))
    key = ShipmentKey(made["id"], 0)
    view = pack(shop, key)
    shop.holds.confirm(made["id"], op="left")
    return view.shipment.parcels[0].tracking_number


def test_what_left_is_fulfilled_with_its_tracking_number(shopify, fulfilments, shop):
    fulfilments.run()
    number = leave(shop)
    report = fulfilments.run()
    assert (report.error, report.sent) == ("", 1)
    (made,) = shopify.orders["4711"].fulfillments
    assert made["trackingInfo"] == {"company": "DPD", "numbers": [number]}
    assert made["notifyCustomer"] is True
    assert shopify.orders["4711"].orders[0].remaining == {"81": 0, "82": 0}


def test_a_fulfilment_whose_answer_got_lost_is_not_made_again(shopify, fulfilments, shop, clock):
    fulfilments.run()
    leave(shop)
    shopify.fault = lambda asked: "lost" if "mutation" in asked.json["query"] else None
    assert "was not reached" in fulfilments.run().error
    shopify.fault = lambda _: None
    clock.now += 6
    report = fulfilments.run()
    assert (report.error, report.sent, report.messages) == ("", 0, [])
    assert len(shopify.orders["4711"].fulfillments) == 1
    assert shop.connectors.status("shopify-fulfilments").skipped == 1


def test_a_fulfilment_waits_for_a_scope_that_is_not_granted_yet(shopify, fulfilments, shop, clock):
    fulfilments.run()
    leave(shop)
    shopify.busy, shopify.code = 1, "ACCESS_DENIED"
    report = fulfilments.run()
    assert "says that it is busy" in report.error
    assert report.messages == []
    clock.now += 6
    shopify.busy = 0
    assert fulfilments.run().sent == 1


def test_an_order_that_shopify_split_over_two_locations_is_put_aside_with_its_words(shopify, fulfilments, shop):
    shopify.orders["4711"] = ShopifyOrder([FulfillmentOrder(1, LYON, {"81": 2}), FulfillmentOrder(2, PARIS, {"82": 1})])
    fulfilments.run()
    leave(shop)
    (message,) = fulfilments.run().messages
    assert "must be at the same location" in str(message.problems[0])
    assert "answer" not in json.loads(message.kept.read_text())[0]


def test_an_order_that_shopify_does_not_have_is_put_aside(shopify, fulfilments, shop):
    shopify.orders.clear()
    fulfilments.run()
    leave(shop)
    (message,) = fulfilments.run().messages
    assert message.endings["bad"] == 1


def test_orders_of_other_shops_are_not_told(shopify, fulfilments, shop):
    fulfilments.run()
    made = json_of(shop.decide(order(("A", 1), id="woo-1", tags=("woocommerce",))))
    shop.holds.confirm(made["id"], op="left")
    fulfilments.run()
    assert shopify.requests == []
