"""The map of one decision: what ships from where to whom, and the places that could have shipped and did not."""

from collections.abc import Mapping, Sequence
from typing import Any

from markupsafe import Markup

from api.language.current import counted, say
from api.reports.charts.flow_map import MapFlow, MapNode, flow_map

Places = Mapping[str, tuple[float, float]]


def decision_map(record: Mapping[str, Any], places: Places, others: Sequence[str]) -> Markup | None:
    """None if nothing of it can be placed. `others` are places that ship nothing: they are rings."""
    shipped: dict[str, int] = {}
    for shipment in record["shipments"]:
        units = sum(int(line["quantity"]) for line in shipment["lines"])
        shipped[shipment["node"]] = shipped.get(shipment["node"], 0) + units
    nodes = [
        MapNode(label=name, name=_ships(name, units), place=places[name], baseline=0, draft=units)
        for name, units in shipped.items()
        if name in places
    ]
    nodes += [
        MapNode(label=name, name=say("{node} ships nothing of it", node=name), place=places[name], baseline=1, draft=0)
        for name in others
        if name in places and name not in shipped
    ]
    if not nodes:
        return None
    goal = _goal(record)
    flows = [
        MapFlow(name=_ships(node.label, node.draft), start=node.place, end=goal, units=node.draft, changes=False)
        for node in nodes
        if goal is not None and node.draft
    ]
    return flow_map(nodes, flows, name=say("Map of what ships from where"), labelled=len(nodes))


def _goal(record: Mapping[str, Any]) -> tuple[float, float] | None:
    destination = record["order"]["destination"] or {}
    placed = record.get("placed") or {}
    for address in (destination, placed):
        if address.get("latitude") is not None:
            return float(address["latitude"]), float(address["longitude"])
    return None


def _ships(node: str, units: int) -> str:
    return say("{node} ships {units}", node=node, units=counted(units, "unit"))
