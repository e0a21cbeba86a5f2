"""What is the same for every order: the ways out of each node, with their calendars and lanes."""

from collections.abc import Sequence
from dataclasses import dataclass

from engine.decide.calendar import Calendar
from engine.decide.distance import Direction, direction
from engine.decide.schedule import Calendars, Departures
from engine.facts import Lane, Network, Node, Service

_KEPT = ("", -2)
"""Where a network keeps its ways; no node has this name."""


@dataclass(frozen=True, slots=True, kw_only=True)
class Way:
    """A service out of a node. `travels` is when it makes headway, None: all the time."""

    service: Service
    departures: Departures
    travels: Calendar | None
    lanes: Sequence[Lane]
    collecting: bool


@dataclass(frozen=True, slots=True, kw_only=True)
class Exit:
    """A node with its ways, by service. `hours` is when it is open, None: always."""

    node: Node
    direction: Direction
    hours: Calendar | None
    ways: Sequence[Way]


class Ways:
    """Those of a network, each node's made when it is first asked for."""

    def __init__(self, network: Network) -> None:
        self._network = network
        self._calendars = Calendars(network)
        self._exits: dict[str, Exit] = {}

    def out_of(self, name: str) -> Exit:
        known = self._exits.get(name)
        if known is None:
            known = self._exits[name] = self._made(self._network.nodes[name])
        return known

    def _made(self, node: Node) -> Exit:
        hours = self._calendars.of_node(node)
        lanes = [lane for lane in self._network.lanes if lane.leaves(node)]
        services = [self._network.services[name] for name in sorted(node.services)]
        return Exit(
            node=node,
            direction=direction(node.place),
            hours=hours,
            ways=[
                Way(
                    service=service,
                    departures=self._calendars.departures(node, service),
                    travels=hours if service.mode == "pickup" else self._calendars.of_service(service, node),
                    lanes=lanes,
                    collecting=service.mode == "pickup",
                )
                for service in services
            ],
        )


def ways(network: Network) -> Ways:
    """The same each time."""
    kept = network.worked_out
    found: Ways | None = kept.get(_KEPT)
    if found is None:
        found = kept[_KEPT] = Ways(network)
    return found
