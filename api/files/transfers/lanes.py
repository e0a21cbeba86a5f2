"""Reads the `transfers` of network.yaml, and finds mistakes in them that only show beside the nodes and services."""

import difflib
from collections.abc import Collection, Iterator, Mapping, Sequence
from typing import Any

from engine.model.facts import Network, Service
from engine.model.transfer_lanes import NodeNames, TransferLane
from engine.transfers.lanes import is_among

_ENDS = {"from": "origin", "to": "goal"}


def transfer_lanes_of(
    data: Mapping[str, Any], services: Sequence[Service], emissions: Mapping[str, Any]
) -> tuple[TransferLane, ...]:
    """The lanes of what `TransfersShape` has read; `emissions` are those of the file, by mode. A service or mode that
    there is not counts as one without emissions: `transfer_lane_mistakes` reports it.
    """
    by_name = {service.id: service for service in services}
    carbon_price = data.get("carbon_price", 0)
    return tuple(_lane(entry, by_name, emissions, carbon_price) for entry in data.get("lanes", ()))


def _lane(
    data: dict[str, Any], services: Mapping[str, Service], emissions: Mapping[str, Any], carbon_price: int
) -> TransferLane:
    ends = {end: _names(data.pop(end)) for end in _ENDS.values()}
    service, mode = services.get(data.pop("service", "")), emissions.get(data.pop("mode", ""), {})
    emission = service.emission if service else mode.get("grams_per_tonne_km", 0)
    detour = data.pop("detour", service.detour if service else 1_000)
    if "distance" in data:
        detour = 1_000
    return TransferLane(**ends, emission=emission, detour=detour, carbon_price=carbon_price, **data)


def _names(data: Mapping[str, Sequence[str]]) -> NodeNames:
    return NodeNames(**{part: frozenset(names) for part, names in data.items()})


def transfer_lane_mistakes(root: Mapping[str, Any], network: Network) -> Iterator[tuple[tuple[str, ...], str]]:
    """Unknown names, lanes from a node to itself alone, and lanes of which nobody knows how far they are: the keys that
    lead to each, and what is wrong there. `network` is what the file was read as.
    """
    lanes = (root.get("transfers") or {}).get("lanes") or ()
    for index, (entry, lane) in enumerate(zip(lanes, network.transfer_lanes, strict=True)):
        where = ("transfers", "lanes", str(index))
        unknown = [*_unknown_nodes(entry, network), *_unknown_carriers(entry, root, network)]
        yield from ((where + keys, message) for keys, message in unknown)
        if not unknown:
            yield from ((where + keys, message) for keys, message in _impossible(lane, network))


def _unknown_nodes(entry: Mapping[str, Any], network: Network) -> Iterator[tuple[tuple[str, ...], str]]:
    nodes = network.nodes.values()
    names_by_part: dict[str, Collection[str]] = {
        "nodes": set(network.nodes),
        "groups": {node.group for node in nodes if node.group},
        "tags": {tag for node in nodes for tag in node.tags},
    }
    for end in _ENDS:
        for part, names in entry[end].items():
            for number, name in enumerate(names):
                if name not in names_by_part[part]:
                    message = f"no node is '{name}'" if part == "nodes" else f"no node has the {part[:-1]} '{name}'"
                    yield (end, part, str(number)), message + _meant(name, names_by_part[part])


def _unknown_carriers(
    entry: Mapping[str, Any], root: Mapping[str, Any], network: Network
) -> Iterator[tuple[tuple[str, ...], str]]:
    service, mode = entry.get("service"), entry.get("mode")
    if service is not None and service not in network.services:
        yield ("service",), f"no service goes by the id '{service}'{_meant(service, network.services)}"
    if mode is not None and mode not in root["emissions"]:
        yield ("mode",), f"there is no '{mode}' under emissions"


def _impossible(lane: TransferLane, network: Network) -> Iterator[tuple[tuple[str, ...], str]]:
    origins = [node for node in network.nodes.values() if is_among(node, lane.origin)]
    goals = [node for node in network.nodes.values() if is_among(node, lane.goal)]
    if len(origins) == 1 and origins == goals:
        yield ("to",), f"it leads from '{origins[0].id}' to itself alone"
    if lane.distance is None and lane.emission:
        bare = next((node.id for node in [*origins, *goals] if node.place is None), None)
        if bare is not None:
            yield ("distance",), f"'{bare}' has no coordinates, so it must be written how far the lane goes"


def _meant(word: str, names: Collection[str]) -> str:
    near = difflib.get_close_matches(word, list(names), n=1)
    return f"; did you mean '{near[0]}'?" if near else ""
