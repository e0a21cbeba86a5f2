"""Reads the loaded network and its products; version_cache.py keeps what was read, by version."""

from collections.abc import Iterable, Mapping
from dataclasses import replace

import orjson

from engine.errors import InputInvalid, Mistake
from engine.model.facts import Inventory, Network, Product
from engine.store.connection.client import Client, faults
from engine.store.keys import Keys
from engine.store.network import load
from engine.store.network.serialization import Record, inventory_version, network_of, product_of


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


def read_flow_starts(client: Client, keys: Keys) -> str:
    """How often a receipt was opened or units came back, as the facts have it."""
    with faults():
        starts = client.redis.hget(keys.facts, "flow_starts")
    return (starts or b"0").decode()


def read_products(
    client: Client, keys: Keys, skus: Iterable[str]
) -> dict[str, tuple[Product, Mapping[str, int]] | None]:
    """Each product with its pace of sale by node (see `Inventory.paces`); None for a SKU the network does not have."""
    records = read_product_records(client, keys, skus)
    return {sku: None if record is None else product_of(record) for sku, record in records.items()}


def read_product_records(client: Client, keys: Keys, skus: Iterable[str]) -> dict[str, Record | None]:
    """The same as they are stored."""
    names = list(skus)
    with faults():
        bodies = client.redis.hmget(keys.products, names) if names else []
    return {sku: None if body is None else orjson.loads(body) for sku, body in zip(names, bodies, strict=True)}


def other_decimals(sku: str, before: int) -> str:
    """What is wrong with a product whose quantities had so many decimals before."""
    return (
        f"quantities of '{sku}' had {before} decimals so far, and its stock, holds and orders are counted so;"
        f" give the article another SKU"
    )


def with_known_decimals(client: Client, keys: Keys, inventory: Inventory) -> Inventory:
    """The inventory with the decimals of SKUs that it does not have any more, but that orders and the log may have.
    Raises InputInvalid if a SKU has other decimals than in the network that is loaded: its stock and holds are counted
    so.
    """
    with faults():
        version, body = client.redis.hmget(keys.facts, ["version", "body"])
    if body is None:
        return inventory
    # of a load that was interrupted, too: this one replaces it, even if it can't be completed
    network = network_of(version.decode(), orjson.loads(body))
    before, now = network.decimals, inventory.network.decimals
    new = [sku for sku in now if sku not in before]
    there = {sku: product for sku, product in read_products(client, keys, new).items() if product is not None}
    changed = [sku for sku in before if sku in inventory.products and before[sku] != inventory.products[sku].decimals]
    mistakes = [
        Mistake(
            where="products.csv",
            field="decimals",
            message=other_decimals(sku, before.get(sku, 0)),
        )
        for sku in sorted([*changed, *there])
    ]
    if mistakes:
        raise InputInvalid(mistakes)
    gone = {sku: decimals for sku, decimals in before.items() if sku not in inventory.products}
    if not gone:
        return inventory
    merged = replace(inventory, network=replace(inventory.network, decimals={**now, **gone}))
    return replace(merged, network=replace(merged.network, version=inventory_version(merged)))
