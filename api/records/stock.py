"""Stock as JSON values: by node and channel, what is free, what became of a count."""

from collections.abc import Sequence
from typing import Any

from engine.inventory.stock import Availability, Placed, SkuStock


def availabilities_record(found: Sequence[Availability]) -> dict[str, Any]:
    """Of SKUs read at one moment."""
    return {
        "channel": found[0].channel,
        "policy_version": found[0].policy_version,
        "skus": [
            {"sku": item["sku"], "free": item["free"], "nodes": item["nodes"]}
            for item in map(availability_record, found)
        ],
    }


def availability_record(found: Availability) -> dict[str, Any]:
    return {
        "sku": found.sku,
        "channel": found.channel,
        "free": found.free,
        "policy_version": found.policy_version,
        "nodes": [
            {
                "node": item.node,
                "on_hand": item.position.on_hand,
                "held": item.position.held,
                "available": item.position.available,
                "free": item.free,
            }
            for item in found.nodes
        ],
    }


def stock_record(found: SkuStock) -> dict[str, Any]:
    return {
        "sku": found.sku,
        "policy_version": found.policy_version,
        "on_hand": sum(item.position.on_hand for item in found.nodes),
        "held": sum(item.position.held for item in found.nodes),
        "available": sum(item.position.available for item in found.nodes),
        "free": {name: sum(item.free[name] for item in found.nodes) for name in found.channels},
        "nodes": [
            {
                "node": item.node,
                "on_hand": item.position.on_hand,
                "held": item.position.held,
                "available": item.position.available,
                "free": dict(item.free),
            }
            for item in found.nodes
        ],
    }


def count_record(node: str, sku: str, placed: Placed) -> dict[str, Any]:
    return {
        "node": node,
        "sku": sku,
        "result": "set" if placed.applied else "older" if placed.older else "same",
        "on_hand": placed.position.on_hand,
        "held": placed.position.held,
        "available": placed.position.available,
    }
