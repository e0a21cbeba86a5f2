"""The services out of each node with their calendars and lanes: what is the same for every order."""

from collections.abc import Sequence
from dataclasses import dataclass

from engine.decide.shipping.calendar import Calendar
from engine.decide.shipping.distance import Direction, direction
from engine.decide.shipping.schedule import Calendars, Departures
from engine.model.facts import Lane, Network, Node, OptionKey, Service


@dataclass(frozen=True, slots=True, kw_only=True)
class Way:
    """A service out of a node. `collecting`: the customer fetches the order at the node. `travels` is when the shipment
    moves, None: all the time.
    """

    key: OptionKey
    service: Service
    collecting: bool
    departures: Departures
    travels: Calendar | None
    schedule: int
    """A number that ways of the same `departures` and `travels` share: their shipments leave and arrive alike."""
    lanes: tuple[Lane, ...]
    """The lanes of the network file that it may take; one and the same tuple for ways that may take the same lanes."""


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
        self._schedules: dict[tuple[int, int], int] = {}
        self._lanes: dict[tuple[int, ...], tuple[Lane, ...]] = {}

    def of(self, name: str) -> Exit:
        leaving = self._exits.get(name)
        if leaving is None:
            leaving = self._exits[name] = self._exit(self.network.nodes[name])
        return leaving

    def _exit(self, node: Node) -> Exit:
        hours = self._calendars.of_node(node)
        services = [self.network.services[name] for name in sorted(node.services)]
        ways = [self._way(node, service, hours) for service in services]
        return Exit(node=node, direction=direction(node.place), hours=hours, ways=ways)

    def _way(self, node: Node, service: Service, hours: Calendar | None) -> Way:
        collecting = service.mode == "pickup"
        departures = self._calendars.departures(node, service)
        travels = hours if collecting else self._calendars.of_service(service, node)
        schedule = self._schedules.setdefault((id(departures), id(travels)), len(self._schedules))
        lanes = () if collecting else self._lanes_of(node, service)
        return Way(
            key=OptionKey(node=node.id, service=service.id),
            service=service,
            collecting=collecting,
            departures=departures,
            travels=travels,
            schedule=schedule,
            lanes=lanes,
        )

    def _lanes_of(self, node: Node, service: Service) -> tuple[Lane, ...]:
        lanes = tuple(
            lane
            for lane in self.network.lanes
            if lane.leaves(node) and (not lane.services or service.id in lane.services)
        )
        return self._lanes.setdefault(tuple(map(id, lanes)), lanes)
