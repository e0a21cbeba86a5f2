"""Nodes, services, products and stock on hand: written whole, in one transaction; read once per version."""

from collections.abc import Iterable, Mapping

import orjson

from engine.facts import Inventory, Network, Product
from engine.store.client import Client, faults
from engine.store.keys import Keys
from engine.store.records import dump, network_of, network_record, product_of, product_record


def save(client: Client, keys: Keys, inventory: Inventory) -> None:
    """Put `inventory` in place of what was loaded before. Holds, decisions and policies stay."""
    products = {
        sku: dump(product_record(product, inventory.paces.get(sku, {}))) for sku, product in inventory.products.items()
    }
    with faults():
        before = {sku.decode() for sku in client.redis.hkeys(keys.products)}
        with client.redis.pipeline(transaction=True) as write:
            write.delete(keys.facts, keys.products, *[keys.on_hand(sku) for sku in sorted(before)])
            body = dump(network_record(inventory.network))
            write.hset(keys.facts, mapping={"version": inventory.network.version, "body": body})
            if products:
                write.hset(keys.products, mapping=products)
            for sku, stock in inventory.stock.items():
                write.hset(keys.on_hand(sku), mapping=dict(stock))
            write.execute()


def read_network(client: Client, keys: Keys) -> Network | None:
    """The network as it is now; None if none was loaded."""
    with faults():
        version, body = client.redis.hmget(keys.facts, ["version", "body"])
    return None if body is None else network_of(version.decode(), orjson.loads(body))


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


def all_skus(client: Client, keys: Keys) -> list[str]:
    """Every SKU that is loaded, sorted."""
    with faults():
        return sorted(sku.decode() for sku in client.redis.hkeys(keys.products))
