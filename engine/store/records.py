"""Facts as the JSON they are stored as, and back. Sets are sorted lists; what is None or empty is left out."""

import hashlib
from collections.abc import Iterable, Mapping
from types import MappingProxyType
from typing import Any

import orjson

from engine.facts import Inventory, Network, Node, Place, Product, Service
from rules.vocabulary import Kind, Value

Record = dict[str, Any]


def dump(record: Record) -> bytes:
    return orjson.dumps(record, option=orjson.OPT_SORT_KEYS)


def inventory_version(inventory: Inventory) -> str:
    """64 hexadecimal digits: the SHA-256 of all that is loaded, but for the units on hand."""
    digest = hashlib.sha256(dump(network_record(inventory.network)))
    for sku in sorted(inventory.products):
        digest.update(dump(product_record(inventory.products[sku], inventory.paces.get(sku, {}))))
    return digest.hexdigest()


def network_record(network: Network) -> Record:
    return {
        "currency": network.currency,
        "time_zone": network.time_zone,
        "attributes": {path: kind.name for path, kind in network.attributes.items()},
        "nodes": [_node_record(network.nodes[name]) for name in sorted(network.nodes)],
        "services": [_service_record(network.services[name]) for name in sorted(network.services)],
        # left out where nothing is said, so that such networks keep their version
        **({"channels": sorted(network.channels)} if network.channels else {}),
    }


def network_of(version: str, record: Record) -> Network:
    return Network(
        version=version,
        currency=record["currency"],
        time_zone=record["time_zone"],
        attributes={path: Kind[name] for path, name in record["attributes"].items()},
        nodes={item["id"]: _node_of(item) for item in record["nodes"]},
        services={item["id"]: _service_of(item) for item in record["services"]},
        channels=frozenset(record.get("channels", ())),
    )


def words_record(products: Iterable[Product]) -> Record:
    """The words that rules may say of products, by fact."""
    found: dict[str, set[str]] = {f"product.{name}": set() for name in ("category", "brand", "season", "tags")}
    for product in products:
        found["product.tags"] |= product.tags
        for name in ("category", "brand", "season"):
            word = getattr(product, name)
            if word is not None:
                found[f"product.{name}"].add(word)
    return {path: sorted(words) for path, words in found.items()}


def product_record(product: Product, paces: Mapping[str, int]) -> Record:
    names = ("sku", "category", "lifecycle", "weight", "brand", "season")
    return _without_nothing({name: getattr(product, name) for name in names}) | {
        "tags": sorted(product.tags),
        "attributes": _attribute_record(product.attributes),
        "paces": dict(paces),
    }


def product_of(record: Record) -> tuple[Product, Mapping[str, int]]:
    """The product, and its pace of sale by node."""
    known = {name: value for name, value in record.items() if name not in ("paces", "tags", "attributes")}
    product = Product(**known, tags=frozenset(record["tags"]), attributes=_attributes_of(record["attributes"]))
    return product, record["paces"]


def _node_record(node: Node) -> Record:
    names = ("id", "type", "country", "region", "handling", "preparation")
    return _without_nothing({name: getattr(node, name) for name in names}) | {
        "latitude": node.place.latitude,
        "longitude": node.place.longitude,
        "services": list(node.services),
        "tags": sorted(node.tags),
        "attributes": _attribute_record(node.attributes),
    }


def _node_of(record: Record) -> Node:
    known = dict(record)
    place = Place(latitude=known.pop("latitude"), longitude=known.pop("longitude"))
    return Node(
        place=place,
        services=tuple(known.pop("services")),
        tags=frozenset(known.pop("tags")),
        attributes=_attributes_of(known.pop("attributes")),
        **known,
    )


def _service_record(service: Service) -> Record:
    names = ("id", "mode", "base", "emission", "per_km", "per_kg", "detour", "drop", "max_distance", "max_weight")
    return _without_nothing({name: getattr(service, name) for name in names}) | {
        "transit": [list(band) for band in service.transit],
        "countries": sorted(service.countries),
    }


def _service_of(record: Record) -> Service:
    known = dict(record)
    transit = tuple((reach, minutes) for reach, minutes in known.pop("transit"))
    return Service(transit=transit, countries=frozenset(known.pop("countries")), **known)


def _without_nothing(record: Record) -> Record:
    return {name: value for name, value in record.items() if value is not None}


def _attribute_record(attributes: Mapping[str, Value]) -> Record:
    return {name: sorted(value) if isinstance(value, frozenset) else value for name, value in attributes.items()}


def _attributes_of(record: Record) -> Mapping[str, Value]:
    return MappingProxyType(
        {name: frozenset(value) if isinstance(value, list) else value for name, value in record.items()}
    )
