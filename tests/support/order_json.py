"""Orders as callers write them in JSON, for the network of tests/data/small."""

import itertools
from typing import Any

_numbers = itertools.count(1)


def order_json(*lines: tuple[str, Any], **more: Any) -> dict[str, Any]:
    """Lines as (SKU, quantity); by default one SHIRT to Paris. Fields that are None in `more` are left out."""
    defaults = {
        "id": f"W-{next(_numbers)}",
        "channel": "web",
        "placed_at": "2026-11-27T08:12:31Z",
        "destination": {"country": "FR", "postcode": "75001", "latitude": 48.8534, "longitude": 2.3488},
        "lines": [{"sku": sku, "quantity": quantity} for sku, quantity in lines or [("SHIRT", 1)]],
    }
    return {name: value for name, value in {**defaults, **more}.items() if value is not None}


def shipped_units(record: dict[str, Any]) -> int:
    return sum(line["quantity"] for shipment in record["shipments"] for line in shipment["lines"])


def unfilled_units(record: dict[str, Any]) -> int:
    return sum(line["quantity"] for line in record["unfilled"])
