"""Orders that wait are offered what is to come before newcomers get it, if the policies promise it."""

import pytest

from tests.conftest import activate
from tests.support.decision_json import json_of
from tests.support.facts import HOUR, LYON, NOW, inventory, node, order

DAY = 24 * HOUR


@pytest.fixture
def shop(bare):
    bare.load(inventory([node("lyon", LYON)], {"A": {"lyon": 0}}))
    activate(bare, "then: {promise_from: confirmed, hold: 5 d}")
    return bare


def decided(shop, units, **more):
    return json_of(shop.decide(order(("A", units), **more), wait=True))


def test_who_waits_is_promised_what_is_announced_before_newcomers(shop, announce):
    assert decided(shop, 4, id="waits")["waiting"]
    announce(quantity=5)
    assert shop.orders.show("waits").units("held") == 4
    newcomer = decided(shop, 3, id="new")
    assert [line["quantity"] for item in newcomer["shipments"] for line in item["lines"]] == [1]
    assert shop.check().clean


def test_a_receipt_that_grows_is_offered_and_one_that_is_not_promised_is_not(shop, announce):
    announce(quantity=1)
    decided(shop, 4, id="waits")
    announce(quantity=3, sequence=2)
    assert shop.orders.show("waits").units("held") == 3
    announce("PO-2", quantity=5, status="planned")
    assert shop.orders.show("waits").units("held") == 3
    announce("PO-2", quantity=5, status="confirmed", sequence=2, expected_at=NOW + 2 * DAY)
    assert shop.orders.show("waits").units("held") == 4
    assert shop.check().clean


def test_what_arrives_goes_to_who_was_promised_it_and_then_to_who_waits(shop, announce, receive):
    announce(quantity=4, status="planned")
    decided(shop, 3, id="waits")
    announce(quantity=4, sequence=2)
    decided(shop, 3, id="later")
    receive(6, over=True)
    assert (shop.orders.show("waits").units("held"), shop.orders.show("later").units("held")) == (3, 3)
    (item,) = shop.stock.show("A").nodes
    assert (item.position.on_hand, item.position.held) == (6, 6)
    assert shop.check().clean
