"""Keeps paces of sale that were learnt when a network is loaded again."""

from collections.abc import Iterator
from dataclasses import replace

import orjson

from engine.model.demand import LearntPace
from engine.model.facts import Inventory
from engine.store.connection.client import Client, faults
from engine.store.keys import Keys
from engine.store.network.serialization import Record, inventory_version, learnt_of

_AT_ONCE = 500


def with_learnt_paces(client: Client, keys: Keys, inventory: Inventory) -> tuple[Inventory, str | None]:
    """The inventory with the learnt paces of the network that is there, in place of its own, and the version of that
    network; None, and the inventory as it is, if paces are those of its files, or if none was learnt.
    """
    if inventory.network.demand.source == "file":
        return inventory, None
    with faults():
        version = client.redis.hget(keys.facts, "version")
    paces = {sku: dict(by_node) for sku, by_node in inventory.paces.items()}
    learnt: dict[str, dict[str, LearntPace]] = {}
    for sku, record in _records(client, keys, list(inventory.products)):
        for node, pace in learnt_of(record).items():
            if node in inventory.network.nodes:
                of_sku = paces.setdefault(sku, {})
                learnt.setdefault(sku, {})[node] = pace._replace(given=of_sku.get(node))
                of_sku[node] = record["paces"][node]
    if version is None or not learnt:
        return inventory, None
    merged = replace(inventory, paces=paces, learnt=learnt)
    merged = replace(merged, network=replace(merged.network, version=inventory_version(merged)))
    return merged, version.decode()


def _records(client: Client, keys: Keys, skus: list[str]) -> Iterator[tuple[str, Record]]:
    """Those of the products that are there, as they are stored."""
    for start in range(0, len(skus), _AT_ONCE):
        names = skus[start : start + _AT_ONCE]
        with faults():
            bodies = client.redis.hmget(keys.products, names)
        yield from ((sku, orjson.loads(body)) for sku, body in zip(names, bodies, strict=True) if body is not None)
