"""Mistakes in network.yaml that only show when its parts are compared: unknown names, duplicates, impossible times."""

import difflib
import zoneinfo
from collections.abc import Collection, Iterator, Mapping
from typing import Any, TypeAlias

from api.files.attributes import attribute_value
from api.files.fulfilment.carriers import carrier_mistakes
from api.files.opening_hours import as_date
from api.files.transfers.lanes import transfer_lane_mistakes
from engine.decide.address import countries
from engine.decide.shipping.amounts import costs_by_the_metre, farthest
from engine.decide.shipping.columns import WIDEST
from engine.model.facts import Network
from engine.model.timetable import ALWAYS
from rules.errors import LiteralInvalid
from rules.vocabulary import Kind

_PlacedMistake: TypeAlias = tuple[tuple[str, ...], str]
"""The keys that lead from the root of the file to the place, and what is wrong there."""
_WEEKS = 52
"""A preparation or transit that takes longer than this must be a typing mistake."""


def cross_mistakes(root: dict[str, Any], network: Network) -> Iterator[_PlacedMistake]:
    """`root` is the file's content, without mistakes in its shape; `network` is what it was read as."""
    yield from _attributes(root, network.attributes)
    yield from _duplicates(root)
    yield from _modes(root)
    yield from _services(root)
    yield from _time_zones(root)
    yield from _calendars(root)
    yield from _lanes(root, network)
    yield from transfer_lane_mistakes(root, network)
    yield from carrier_mistakes(root, network)
    yield from _places(root, network)
    yield from _rates(network)
    yield from _impossible_times(root, network)
    yield from _uncounted_costs(root, network)


def node_mistakes(root: dict[str, Any], network: Network) -> Iterator[_PlacedMistake]:
    """Those of the nodes of `root` alone, which has `time_zone`, `services` and `nodes`; `network` has them already."""
    yield from _attributes(root, network.attributes)
    yield from _services(root)
    yield from _time_zones(root)
    yield from _calendars(root)
    yield from _places(root, network)
    yield from _impossible_times(root, network)


def _attributes(root: dict[str, Any], kinds: Mapping[str, Kind]) -> Iterator[_PlacedMistake]:
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


def _duplicates(root: dict[str, Any]) -> Iterator[_PlacedMistake]:
    for part in ("services", "nodes"):
        seen: set[str] = set()
        for index, entry in enumerate(root[part]):
            if entry["id"] in seen:
                yield (part, str(index), "id"), f"'{entry['id']}' stands here a second time"
            seen.add(entry["id"])


def _modes(root: dict[str, Any]) -> Iterator[_PlacedMistake]:
    for index, service in enumerate(root["services"]):
        if service["mode"] not in root["emissions"] and "emission" not in service:
            yield ("services", str(index), "mode"), f"there is no '{service['mode']}' under emissions"


def _services(root: dict[str, Any]) -> Iterator[_PlacedMistake]:
    services = {service["id"] for service in root["services"]}
    for index, node in enumerate(root["nodes"]):
        for number, name in enumerate(node["services"]):
            if name not in services:
                yield ("nodes", str(index), "services", str(number)), f"no service goes by the id '{name}'"
        for name in node.get("cut_offs") or {}:
            if name not in node["services"]:
                hint = _meant(name, node["services"])
                yield ("nodes", str(index), "cut_offs", name), f"the node has no service '{name}'{hint}"


def _time_zones(root: dict[str, Any]) -> Iterator[_PlacedMistake]:
    available = zoneinfo.available_timezones()
    zones = [(("time_zone",), root["time_zone"])]
    zones += [
        (("nodes", str(index), "time_zone"), node["time_zone"])
        for index, node in enumerate(root["nodes"])
        if "time_zone" in node
    ]
    for where, zone in zones:
        if zone not in available:
            yield where, f"'{zone}' is no time zone; write for example Europe/Paris"


def _calendars(root: dict[str, Any]) -> Iterator[_PlacedMistake]:
    holidays, opening = root.get("holidays") or {}, root.get("opening_hours") or {}
    for name in holidays:
        if as_date(name) is not None:
            yield ("holidays", name), f"'{name}' is a date; give the list a name"
    for part in ("services", "nodes"):
        for index, entry in enumerate(root[part]):
            hours = entry.get("hours")
            if isinstance(hours, str) and hours not in opening:
                hint = _meant(hours, opening)
                yield (part, str(index), "hours"), f"no opening_hours go by the name '{hours}'{hint}"
            for number, day in enumerate(entry.get("closed") or ()):
                if as_date(day) is None and day not in holidays:
                    message = f"'{day}' is no date, as 2026-12-25, and no list of holidays{_meant(day, holidays)}"
                    yield (part, str(index), "closed", str(number)), message


def _lanes(root: dict[str, Any], network: Network) -> Iterator[_PlacedMistake]:
    nodes = network.nodes.values()
    names_by_part = {
        "nodes": set(network.nodes),
        "groups": {node.group for node in nodes if node.group},
        "tags": {tag for node in nodes for tag in node.tags},
    }
    travelling = {name for name, service in network.services.items() if service.mode != "pickup"}
    for index, lane in enumerate(root.get("lanes") or ()):
        for part, names in lane["from"].items():
            for number, name in enumerate(names):
                if name not in names_by_part[part]:
                    message = f"no node has the {part[:-1]} '{name}'" if part != "nodes" else f"no node is '{name}'"
                    yield ("lanes", str(index), "from", part, str(number)), message + _meant(name, names_by_part[part])
        for number, name in enumerate(lane.get("services") or ()):
            if name not in travelling:
                message = f"no service that travels goes by the id '{name}'{_meant(name, travelling)}"
                yield ("lanes", str(index), "services", str(number)), message


def _places(root: dict[str, Any], network: Network) -> Iterator[_PlacedMistake]:
    """Nodes that lie outside of their country, and nodes without coordinates from which no lane says how far it is."""
    for index, entry in enumerate(root["nodes"]):
        node = network.nodes[entry["id"]]
        if node.place is not None:
            if not countries.lies_in(node.country, node.place):
                kilometres = countries.metres_outside(node.country, node.place) // 1_000
                yield ("nodes", str(index), "latitude"), f"this lies {kilometres:,} km outside {node.country}"
            continue
        measured = [lane for lane in network.lanes if lane.leaves(node) and lane.distance is not None]
        for number, name in enumerate(node.services):
            service = network.services.get(name)
            travels = service is not None and service.mode != "pickup"
            if travels and not any(not lane.services or name in lane.services for lane in measured):
                message = (
                    f"the node has no coordinates, and no lane from it says how far '{name}' goes; add one of them"
                )
                yield ("nodes", str(index), "services", str(number)), message


def _rates(network: Network) -> Iterator[_PlacedMistake]:
    if network.currency in network.rates:
        yield ("rates", network.currency), "this is the network's own currency; leave it out"


def _impossible_times(root: dict[str, Any], network: Network) -> Iterator[_PlacedMistake]:
    """Preparations and transits that never end, and services that never run while the node is open."""
    for index, entry in enumerate(root["services"]):
        service = network.services[entry["id"]]
        longest = max((minutes for _, minutes in service.transit), default=0)
        if longest > _WEEKS * (service.runs or ALWAYS).weekly:
            yield ("services", str(index), "transit"), "it takes more than a year of the days on which it runs"
    for index, entry in enumerate(root["nodes"]):
        node = network.nodes[entry["id"]]
        hours = node.hours or ALWAYS
        if node.preparation > _WEEKS * hours.weekly:
            yield ("nodes", str(index), "preparation"), "it takes more than a year of the opening hours"
        for number, name in enumerate(node.services):
            other = network.services.get(name)
            if other and not hours.meets(other.runs or ALWAYS):
                message = f"the node is closed on every weekday on which '{name}' runs"
                yield ("nodes", str(index), "services", str(number)), message


def _uncounted_costs(root: dict[str, Any], network: Network) -> Iterator[_PlacedMistake]:
    for index, entry in enumerate(root["services"]):
        service = network.services[entry["id"]]
        if costs_by_the_metre(network, service) >= WIDEST:
            kilometres = farthest(network, service) // 1_000
            message = f"a shipment of {kilometres} km would cost more than can be counted; set max_distance"
            yield ("services", str(index), "per_km"), message


def _meant(word: str, names: Collection[str]) -> str:
    near = difflib.get_close_matches(word, list(names), n=1)
    return f"; did you mean '{near[0]}'?" if near else ""
