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
from engine.store.network.product_words import entries_of
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
    client: Client,
    keys: Keys,
    network: Network,
    changed: Network,
    *,
    details: Mapping[str, Any],
    now: int,
    policies: Sequence[str] | None = None,
) -> bool:
    """Put a network whose products are the same in place of the one that was read. False if another is there by now, or
    if other policies are active or scheduled than these `policies`, as `StoredTimeline.entries`, if any are given.
    """
    body = dump(network_record(changed))
    return _change(client, keys, network.version, body=body, details=details, now=now, policies=policies)


def replace_network(
    client: Client, keys: Keys, network: Network, changed: Network, *, policies: Sequence[str], now: int
) -> list[Stored] | None:
    """Put `changed` in place of the network that was read, and log which parts of it and which nodes are others. None
    as `change_network`.
    """
    before, after = network_record(network), network_record(changed)
    parts = sorted(part for part in {*before, *after} if before.get(part) != after.get(part))
    if not parts:
        return [Stored.SAME]
    nodes = sorted(name for name, node in changed.nodes.items() if network.nodes.get(name) != node)
    details = {"before": network.version, "parts": parts, **({"nodes": nodes} if nodes else {})}
    stored = change_network(client, keys, network, changed, details=details, now=now, policies=policies)
    return [Stored.CHANGED] if stored else None


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
    policies: Sequence[str] | None = None,
) -> bool:
    """False if another network is loaded by now, or other `policies` decide, if any are given. `details` are those of
    the log entry.
    """
    flat = [
        part
        for sku, record in records.items()
        for part in (sku, record, "\n".join(entries_of(product_of(orjson.loads(record))[0])))
    ]
    parts = [before, body.decode(), {sku: record.decode() for sku, record in records.items()}]
    version = hashlib.sha256(orjson.dumps(parts)).hexdigest()
    act = Act(kind="network_changed", subject=version, details=details)
    checked = b"" if policies is None else orjson.dumps(list(policies))
    with faults():
        answer = client.script("change_facts")(
            keys=CHANGE_FACTS.keys(keys), args=[before, version, body, words, now, act.body, checked, *flat]
        )
    if answer == b"done":
        return True
    load.finish(client, keys)
    return False
