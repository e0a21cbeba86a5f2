"""What is derived from the network, which is the costly part of reading it, is made anew only when places change."""

import dataclasses
import json

import pytest

from engine.decide.shipping.ways import Ways
from tests.conftest import activate
from tests.support.facts import LILLE, LYON, inventory, node, order, product


@pytest.fixture
def shop(bare):
    bare.load(inventory([node("lyon", LYON)], {"A": {"lyon": 9}}))
    activate(bare)
    return bare


def ways(shop):
    snapshot, _ = shop._facts.read(["A"], shop.now)
    return snapshot.caches.get(Ways)


def test_after_a_product_changed_the_ways_are_the_same_and_the_product_is_the_new_one(shop):
    activate(shop, "when: {product.weight: {more_than: 10 kg}}, then: {exclude: true}")
    before = ways(shop)
    assert json.loads(shop.decide(order(("A", 1)), dry_run=True).body)["status"] == "filled"
    shop.master_data.put_products(lambda _: [product("A", weight=20_000), product("M", unit="m", decimals=2)])
    assert ways(shop) is before
    assert json.loads(shop.decide(order(("A", 1)), dry_run=True).body)["status"] == "unfilled"
    assert shop.network().decimals == {"M": 2}


def test_after_a_place_changed_the_ways_are_others(shop):
    before = ways(shop)
    shop.master_data.put_nodes(lambda network: [dataclasses.replace(network.nodes["lyon"], handling=9)])
    assert ways(shop) is not before
    assert json.loads(shop.decide(order(("A", 1)), dry_run=True).body)["cost_micros"] == 5_000_009
    after = ways(shop)
    shop.load(inventory([node("lyon", LYON), node("lille", LILLE)], {"A": {"lyon": 9}}))
    assert ways(shop) is not after
