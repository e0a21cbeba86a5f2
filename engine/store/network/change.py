"""Changes products or nodes of the loaded network, and nothing of its stock: all that is asked for, or nothing."""

import enum
import hashlib
from collections.abc import Mapping, Sequence
from dataclasses import replace
from types import MappingProxyType
from typing import Any

import orjson

from engine.model.facts import Network, Node, Product
from engine.store.audit.acts import Act
from engine.store.connection.client import Client, faults
from engine.store.keys import Keys
from engine.store.network import load
from engine.store.network.read import read_product_records, read_product_values
from engine.store.network.serialization import (
    dump,
    learnt_of,
    network_record,
    product_of,
    product_record,
    product_values_record,
)
from engine.store.script_keys import CHANGE_FACTS


class Stored(enum.Enum):
    """What became of a product or node that was sent."""

    NEW = "new"
    CHANGED = "changed"
    SAME = "same"


def change_products(
    client: Client, keys: Keys, network: Network, products: Sequence[Product], *, now: int
) -> list[Stored] | None:
    """Store the products, each SKU once, in the network as it was read; their paces of sale stay. None if another
    network is loaded by now: then nothing was changed. `now` is in UTC seconds.
    """
    known = read_product_records(client, keys, [product.sku for product in products])
    outcomes: list[Stored] = []
    records: dict[str, bytes] = {}
    for product in products:
        record = known[product.sku]
        before, paces = (None, {}) if record is None else product_of(record)
        outcomes.append(_outcome(before, product))
        if before != product:
            records[product.sku] = dump(product_record(product, paces, learnt_of(record or {})))
    if not records:
        return outcomes
    words = read_product_values(client, keys)
    merged = {path: sorted({*words.get(path, ()), *values}) for path, values in product_values_record(products).items()}
    decimals = {product.sku: product.decimals for product in products if product.decimals}
    changed = replace(network, decimals={**network.decimals, **decimals})
    body = b"" if changed == network else dump(network_record(changed))
    details = {"before": network.version, "products": sorted(records)}
    stored = _change(
        client, keys, network.version, body=body, words=dump(merged), records=records, details=details, now=now
    )
    return outcomes if stored else None


def change_nodes(
    client: Client, keys: Keys, network: Network, nodes: Sequence[Node], *, now: int
) -> list[Stored] | None:
    """Store the nodes, each id once, in the network as it was read. None as `change_products`."""
    outcomes = [_outcome(network.nodes.get(node.id), node) for node in nodes]
    changed = replace(network, nodes={**network.nodes, **{node.id: node for node in nodes}})
    if set(outcomes) <= {Stored.SAME}:
        return outcomes
    names = [node.id for node, outcome in zip(nodes, outcomes, strict=True) if outcome is not Stored.SAME]
    details = {"before": network.version, "nodes": sorted(names)}
    stored = _change(client, keys, network.version, body=dump(network_record(changed)), details=details, now=now)
    return outcomes if stored else None


def change_network(
    client: Client, keys: Keys, network: Network, changed: Network, *, details: Mapping[str, Any], now: int
) -> bool:
    """Put a network whose products are the same in place of the one that was read. False if another is there by now."""
    body = dump(network_record(changed))
    return _change(client, keys, network.version, body=body, details=details, now=now)


def _outcome(before: object, now: object) -> Stored:
    return Stored.NEW if before is None else Stored.SAME if before == now else Stored.CHANGED


def _change(
    client: Client,
    keys: Keys,
    before: str,
    *,
    body: bytes = b"",
    words: bytes = b"",
    records: Mapping[str, bytes] = MappingProxyType({}),
    details: Mapping[str, Any],
    now: int,
) -> bool:
    """False if another network is loaded by now. `details` are those of the log entry."""
    flat = [part for record in records.items() for part in record]
    parts = [before, body.decode(), {sku: record.decode() for sku, record in records.items()}]
    version = hashlib.sha256(orjson.dumps(parts)).hexdigest()
    act = Act(kind="network_changed", subject=version, details=details)
    with faults():
        answer = client.script("change_facts")(
            keys=CHANGE_FACTS.keys(keys), args=[before, version, body, words, now, act.body, *flat]
        )
    if answer == b"done":
        return True
    load.finish(client, keys)
    return False
