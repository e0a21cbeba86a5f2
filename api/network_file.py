"""network.yaml to a Network."""

import zoneinfo
from collections.abc import Iterator, Mapping
from pathlib import Path
from typing import Any

from api.inventory import NetworkShape
from api.schemas import mistakes_of
from engine.errors import Mistake
from engine.facts import Network, Node, Place, Service
from rules import literals
from rules.errors import LiteralInvalid, PolicyInvalid
from rules.reading import Document, read
from rules.vocabulary import ATTRIBUTE_KINDS, Kind, Value

MOST_BYTES = 64 << 20

_ATTRIBUTE_READERS = {
    Kind.FLAG: literals.flag,
    Kind.NUMBER: literals.number,
    Kind.WORD: str,
    Kind.TAGS: lambda text: frozenset(filter(None, text.split("|"))),
}


def read_network(path: Path, content: bytes, notes: list[Mistake]) -> Network | None:
    """The network (its version still empty), or None with its mistakes noted."""
    try:
        document = read(path.name, content, most=MOST_BYTES)
    except PolicyInvalid as error:
        notes += [
            Mistake(where=f"{path}:{finding.line}", field="", message=finding.message) for finding in error.findings
        ]
        return None
    root: Any = document.root
    if not isinstance(root, dict):
        notes.append(
            Mistake(where=str(path), field="", message="the file is a mapping: currency, time_zone, nodes ...")
        )
        return None
    shape = NetworkShape()
    found = [(tuple(name.split(".")), text) for name, text in mistakes_of(shape.validate(root))]
    if not found:
        network = _network(shape.load(root), kinds_of(root.get("attributes") or {}))
        found = [*_attribute_mistakes(root, network.attributes), *_cross_mistakes(root)]
    if found:
        notes += [_located(path, document, where, text) for where, text in found]
        return None
    return network


def _located(path: Path, document: Document, where: tuple[str, ...], text: str) -> Mistake:
    place = tuple(int(part) if part.isdigit() else part for part in where)
    finding = document.finding(place, "", text)
    return Mistake(where=f"{path}:{finding.line}", field=".".join(where), message=text)


def kinds_of(attributes: Mapping[str, Mapping[str, str]]) -> dict[str, Kind]:
    """The kinds of the extra attributes by path, as network.yaml declares them."""
    return {
        f"{group}.attributes.{name}": ATTRIBUTE_KINDS[kind]
        for group, kinds in attributes.items()
        for name, kind in kinds.items()
    }


def attribute_value(kind: Kind, text: str) -> Value:
    """An attribute's text as its declared kind; raises LiteralInvalid."""
    value: Value = _ATTRIBUTE_READERS[kind](text)
    return value


def _network(data: dict[str, Any], kinds: dict[str, Kind]) -> Network:
    emissions = {mode: entry["grams_per_tonne_km"] for mode, entry in data["emissions"].items()}
    services = [_service(entry, emissions) for entry in data["services"]]
    nodes = [_node(entry, kinds) for entry in data["nodes"]]
    return Network(
        version="",
        currency=data["currency"],
        time_zone=data["time_zone"],
        attributes=kinds,
        services={service.id: service for service in services},
        nodes={node.id: node for node in nodes},
        channels=frozenset(data.get("channels", ())),
    )


def _service(data: dict[str, Any], emissions: Mapping[str, int]) -> Service:
    transit = tuple((band["up_to"], band["takes"]) for band in data.pop("transit"))
    countries = frozenset(data.pop("countries", ()))
    return Service(**data, transit=transit, countries=countries, emission=emissions.get(data["mode"], 0))


def _node(data: dict[str, Any], kinds: Mapping[str, Kind]) -> Node:
    data.pop("name", None)
    place = Place(latitude=data.pop("latitude"), longitude=data.pop("longitude"))
    attributes = dict(_attributes(data.pop("attributes", {}), kinds))
    tags, services = frozenset(data.pop("tags", ())), tuple(data.pop("services"))
    return Node(**data, place=place, attributes=attributes, tags=tags, services=services)


def _attributes(raw: Mapping[str, Any], kinds: Mapping[str, Kind]) -> Iterator[tuple[str, Value]]:
    for name, text in raw.items():
        kind = kinds.get(f"node.attributes.{name}")
        if kind is not None and isinstance(text, str):
            try:
                yield name, attribute_value(kind, text)
            except LiteralInvalid:
                continue  # noted by _attribute_mistakes, with its place


_Found = tuple[tuple[str, ...], str]


def _attribute_mistakes(root: dict[str, Any], kinds: Mapping[str, Kind]) -> Iterator[_Found]:
    for index, node in enumerate(root["nodes"]):
        for name, text in (node.get("attributes") or {}).items():
            where = ("nodes", str(index), "attributes", name)
            kind = kinds.get(f"node.attributes.{name}")
            if kind is None:
                yield where, f"'{name}' is no attribute declared under attributes: node"
                continue
            try:
                attribute_value(kind, str(text))
            except LiteralInvalid as error:
                yield where, str(error)


def _cross_mistakes(root: dict[str, Any]) -> Iterator[_Found]:
    """What only shows between the parts of the file."""
    if root["time_zone"] not in zoneinfo.available_timezones():
        yield ("time_zone",), f"'{root['time_zone']}' is no time zone; write for example Europe/Paris"
    services = {service["id"] for service in root["services"]}
    for part in ("services", "nodes"):
        seen: set[str] = set()
        for index, entry in enumerate(root[part]):
            if entry["id"] in seen:
                yield (part, str(index), "id"), f"'{entry['id']}' stands here a second time"
            seen.add(entry["id"])
    for index, service in enumerate(root["services"]):
        if service["mode"] not in root["emissions"]:
            yield ("services", str(index), "mode"), f"emissions says nothing of '{service['mode']}'"
    for index, node in enumerate(root["nodes"]):
        for number, name in enumerate(node["services"]):
            if name not in services:
                yield ("nodes", str(index), "services", str(number)), f"no service goes by the id '{name}'"
