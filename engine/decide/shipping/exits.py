"""What is the same for every order: the ways out of each node, with their calendars and lanes."""

from collections.abc import Sequence
from dataclasses import dataclass

from engine.decide.shipping.calendar import Calendar
from engine.decide.shipping.distance import Direction, direction
from engine.decide.shipping.schedule import Calendars, Departures
from engine.model.facts import Lane, Network, Node, OptionKey, Service


@dataclass(frozen=True, slots=True, kw_only=True)
class Way:
    """A service out of a node. `travels` is when it makes headway, None: all the time."""

    key: OptionKey
    service: Service
    collecting: bool
    departures: Departures
    travels: Calendar | None
    rhythm: int
    """The same for ways of the same departures and travels: what one order finds out of one holds for all."""
    lanes: tuple[Lane, ...]
    """Those it may take; the same tuple for ways that may take the same."""


@dataclass(frozen=True, slots=True, kw_only=True)
class Exit:
    """A node with its ways, by service. `hours` is when it is open, None: always."""

    node: Node
    direction: Direction
    hours: Calendar | None
    ways: Sequence[Way]


class Exits:
    """The exits of a network, each node's made when it is first asked for."""

    def __init__(self, network: Network) -> None:
        self.network = network
        self._calendars = Calendars(network)
        self._exits: dict[str, Exit] = {}
        self._rhythms: dict[tuple[int, int], int] = {}
        self._lanes: dict[tuple[int, ...], tuple[Lane, ...]] = {}

    def of(self, name: str) -> Exit:
        known = self._exits.get(name)
        if known is None:
            known = self._exits[name] = self._made(self.network.nodes[name])
        return known

    def _made(self, node: Node) -> Exit:
        hours = self._calendars.of_node(node)
        services = [self.network.services[name] for name in sorted(node.services)]
        ways = [self._way(node, service, hours) for service in services]
        return Exit(node=node, direction=direction(node.place), hours=hours, ways=ways)

    def _way(self, node: Node, service: Service, hours: Calendar | None) -> Way:
        collecting = service.mode == "pickup"
        departures = self._calendars.departures(node, service)
        travels = hours if collecting else self._calendars.of_service(service, node)
        rhythm = self._rhythms.setdefault((id(departures), id(travels)), len(self._rhythms))
        lanes = () if collecting else self._lanes_of(node, service)
        return Way(
            key=OptionKey(node=node.id, service=service.id),
            service=service,
            collecting=collecting,
            departures=departures,
            travels=travels,
            rhythm=rhythm,
            lanes=lanes,
        )

    def _lanes_of(self, node: Node, service: Service) -> tuple[Lane, ...]:
        """Nothing travels by them that is collected where it is."""
        found = tuple(
            lane
            for lane in self.network.lanes
            if lane.leaves(node) and (not lane.services or service.id in lane.services)
        )
        return self._lanes.setdefault(tuple(map(id, found)), found)
