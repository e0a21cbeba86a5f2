"""Reads the loaded network and its products; version_cache.py keeps what was read, by version."""

from collections.abc import Iterable, Mapping

import orjson

from engine.model.facts import Network, Product
from engine.store.connection.client import Client, faults
from engine.store.keys import Keys
from engine.store.network import load
from engine.store.network.serialization import network_of, product_of


def read_network(client: Client, keys: Keys) -> Network | None:
    """The network as it is now; an unfinished load is completed first. None if no network was ever loaded."""
    while True:
        with faults():
            version, body = client.redis.hmget(keys.facts, ["version", "body"])
        if body is None:
            return None
        if version.decode() != load.LOADING:
            return network_of(version.decode(), orjson.loads(body))
        load.finish(client, keys)


def read_product_values(client: Client, keys: Keys) -> dict[str, list[str]]:
    """The values that products have, by fact such as `product.category`. Empty if a release that did not store them
    loaded the network.
    """
    with faults():
        body = client.redis.hget(keys.facts, "words")
    return dict(orjson.loads(body)) if body else {}


def read_version(client: Client, keys: Keys) -> str | None:
    """The version of the network as it is now; LOADING while it is being loaded."""
    with faults():
        version = client.redis.hget(keys.facts, "version")
    return None if version is None else str(version.decode())


def read_skus(client: Client, keys: Keys) -> list[str]:
    """The SKUs of all products, sorted."""
    with faults():
        return sorted(sku.decode() for sku in client.redis.hkeys(keys.products))


def read_products(
    client: Client, keys: Keys, skus: Iterable[str]
) -> dict[str, tuple[Product, Mapping[str, int]] | None]:
    """Each product with its pace of sale by node (see `Inventory.paces`); None for a SKU the network does not have."""
    names = list(skus)
    with faults():
        bodies = client.redis.hmget(keys.products, names) if names else []
    return {
        sku: None if body is None else product_of(orjson.loads(body)) for sku, body in zip(names, bodies, strict=True)
    }
