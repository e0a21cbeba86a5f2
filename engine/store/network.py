"""Nodes, services, products and stock on hand: written whole, at one moment; read once per version."""

import itertools
import uuid
from collections.abc import Iterable, Iterator, Mapping
from typing import Any

import orjson

from engine.errors import Contended
from engine.facts import Inventory, Network, Product
from engine.store.client import Client, faults
from engine.store.keys import Keys
from engine.store.records import dump, network_of, network_record, product_of, product_record, words_record

_FIELDS_AT_ONCE = 2_000
_STAGED_SECONDS = 60 * 60
_MOST_TRIES = 10


def save(client: Client, keys: Keys, inventory: Inventory) -> None:
    """Put `inventory` in place of what was loaded before. Holds, decisions and policies stay; which message about a
    position was the newest begins anew.

    It is brought in beside what is there, some at a time, and then takes its place at one moment. Raises Contended.
    """
    script = client.script("loading")
    for _ in range(_MOST_TRIES):
        staged = Keys(keys.network, staged=uuid.uuid4().hex)
        _stage(client, staged, inventory)
        if _take(client, script, keys, staged, inventory.stock) == b"done":
            return
    raise Contended("the network is being loaded over and over; try again")


def _stage(client: Client, staged: Keys, inventory: Inventory) -> None:
    body, words = dump(network_record(inventory.network)), dump(words_record(inventory.products.values()))
    facts = {"version": inventory.network.version, "body": body, "words": words}
    products = (
        (staged.products, {sku: dump(product_record(product, inventory.paces.get(sku, {})))})
        for sku, product in inventory.products.items()
    )
    stock = ((staged.on_hand(sku), units) for sku, units in inventory.stock.items() if units)
    for batch in _batches(itertools.chain([(staged.facts, facts)], products, stock)):
        with faults(), client.redis.pipeline(transaction=False) as write:
            for key, fields in batch:
                write.hset(key, mapping=dict(fields))
            for key in dict.fromkeys(key for key, _ in batch):
                write.expire(key, _STAGED_SECONDS)  # whoever is killed on the way leaves nothing for ever
            write.execute()


def _batches(items: Iterable[tuple[str, Mapping[str, Any]]]) -> Iterator[list[tuple[str, Mapping[str, Any]]]]:
    batch, fields = [], 0
    for item in items:
        batch.append(item)
        fields += len(item[1])
        if fields >= _FIELDS_AT_ONCE:
            yield batch
            batch, fields = [], 0
    if batch:
        yield batch


def _take(client: Client, script: Any, keys: Keys, staged: Keys, stock: Mapping[str, Mapping[str, int]]) -> Any:
    with faults():
        before = sorted(sku.decode() for sku in client.redis.hkeys(keys.products))
    named = [keys.facts, keys.products, staged.facts, staged.products]
    named += [key for sku in before for key in (keys.on_hand(sku), keys.base(sku), keys.stamp(sku))]
    named += [key for sku, units in stock.items() if units for key in (keys.on_hand(sku), staged.on_hand(sku))]
    with faults():
        return script(keys=named, args=[len(before), *before])


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
