"""What of a network the index of promises depends on, as a hash: where it differs, the index has to be made anew."""

import hashlib
from typing import Any, Final

from engine.model.facts import Network
from engine.store.network.serialization import dump, network_record

_FORM: Final = 2
"""The number of the index's form: one that an earlier release made has no estimates."""
_IRRELEVANT: Final = frozenset(
    {
        *("currency", "attributes", "channels", "order_words", "transfer_lanes", "rates", "decimals", "returns"),
        *("demand", "feed_steps", "parcels"),
    }
)
_IRRELEVANT_OF_NODE: Final = frozenset(
    {
        *("type", "attributes", "handling", "unit_handling", "address", "printers"),
        *("daily_orders", "hourly_orders", "daily_units", "daily_weight"),
    }
)
_IRRELEVANT_OF_SERVICE: Final = frozenset(
    {
        *("base", "per_km", "per_kg", "unit_prices", "parcel_prices", "drop", "carrier", "emission", "emission_source"),
        *("max_weight", "max_parcel_weight", "on_time"),
    }
)
"""Whatever else is written of a network, a node or a service may change when something leaves or arrives."""


def schedules_hash(network: Network) -> str:
    """16 hexadecimal digits."""
    record = network_record(network)
    relevant: dict[str, Any] = _without(record, _IRRELEVANT)
    relevant["nodes"] = [_without(node, _IRRELEVANT_OF_NODE) for node in record["nodes"]]
    relevant["services"] = [_without(service, _IRRELEVANT_OF_SERVICE) for service in record["services"]]
    relevant["form"] = _FORM
    return hashlib.sha256(dump(relevant)).hexdigest()[:16]


def _without(record: dict[str, Any], names: frozenset[str]) -> dict[str, Any]:
    return {name: value for name, value in record.items() if name not in names}
