"""Nodes, services, products and stock on hand: written whole, in one transaction; read once per version."""

from collections.abc import Iterable, Mapping
from typing import Any

import orjson

from engine.facts import Inventory, Network, Product
from engine.store.client import Client, faults
from engine.store.keys import Keys
from engine.store.records import dump, network_of, network_record, product_of, product_record, words_record


def save(client: Client, keys: Keys, inventory: Inventory) -> None:
    """Put `inventory` in place of what was loaded before. Holds, decisions and policies stay; which message about a
    position was the newest begins anew.
    """
    products = {
        sku: dump(product_record(product, inventory.paces.get(sku, {}))) for sku, product in inventory.products.items()
    }
    body, words = dump(network_record(inventory.network)), dump(words_record(inventory.products.values()))

    def write(pipe: Any) -> None:
        # read while watched: stock that another load brings in meanwhile must not be left behind
        before = [sku.decode() for sku in pipe.hkeys(keys.products)]
        pipe.multi()
        gone = [key for sku in sorted(before) for key in (keys.on_hand(sku), keys.base(sku), keys.stamp(sku))]
        pipe.delete(keys.facts, keys.products, *gone)
        pipe.hset(keys.facts, mapping={"version": inventory.network.version, "body": body, "words": words})
        if products:
            pipe.hset(keys.products, mapping=products)
        for sku, stock in inventory.stock.items():
            pipe.hset(keys.on_hand(sku), mapping=dict(stock))

    with faults():
        client.redis.transaction(write, keys.products)


def read_network(client: Client, keys: Keys) -> Network | None:
    """The network as it is now; None if none was loaded."""
    with faults():
        version, body = client.redis.hmget(keys.facts, ["version", "body"])
    return None if body is None else network_of(version.decode(), orjson.loads(body))


def read_words(client: Client, keys: Keys) -> dict[str, list[str]]:
    """The words that fit products, by fact: `product.category`. Empty if a release before this one loaded them."""
    with faults():
        body = client.redis.hget(keys.facts, "words")
    return dict(orjson.loads(body)) if body else {}


def read_version(client: Client, keys: Keys) -> str | None:
    """The version of the network as it is now."""
    with faults():
        version = client.redis.hget(keys.facts, "version")
    return None if version is None else str(version.decode())


def read_products(
    client: Client, keys: Keys, skus: Iterable[str]
) -> dict[str, tuple[Product, Mapping[str, int]] | None]:
    """Each product with its pace of sale by node; None for a SKU nobody knows."""
    wanted = list(skus)
    with faults():
        found = client.redis.hmget(keys.products, wanted) if wanted else []
    return {
        sku: None if body is None else product_of(orjson.loads(body)) for sku, body in zip(wanted, found, strict=True)
    }
