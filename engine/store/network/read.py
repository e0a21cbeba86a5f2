"""Nodes, services, products: read once per version. loads.py writes them."""

from collections.abc import Iterable, Mapping

import orjson

from engine.model.facts import Network, Product
from engine.store.connection.client import Client, faults
from engine.store.keys import Keys
from engine.store.network import load
from engine.store.network.serialization import network_of, product_of


def read_network(client: Client, keys: Keys) -> Network | None:
    """The network as it is now, a load that has begun brought to its end first; None if none was loaded."""
    while True:
        with faults():
            version, body = client.redis.hmget(keys.facts, ["version", "body"])
        if body is None:
            return None
        if version.decode() != load.LOADING:
            return network_of(version.decode(), orjson.loads(body))
        load.finish(client, keys)


def read_words(client: Client, keys: Keys) -> dict[str, list[str]]:
    """The words that fit products, by fact: `product.category`. Empty if a release before this one loaded them."""
    with faults():
        body = client.redis.hget(keys.facts, "words")
    return dict(orjson.loads(body)) if body else {}


def read_version(client: Client, keys: Keys) -> str | None:
    """The version of the network as it is now; LOADING while it is being loaded."""
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
