"""Every way to ship: routes (node, service) with distance, arrival, cost and CO2e, and what a line costs on each."""

from collections.abc import Iterable, Iterator
from dataclasses import dataclass

from engine.decide import pricing
from engine.decide.calendar import Calendar
from engine.decide.distance import direction, great_circle, route_distance
from engine.decide.lanes import Goal, Lanes
from engine.decide.schedule import Departures, arrival
from engine.decide.ways import Exit, Way, ways
from engine.facts import Line, Network, Node, Order, Product, Service

_DAY = 1_440
"""Minutes."""
_MOST_DAYS = 366
"""A service that would take longer does not go there."""


@dataclass(frozen=True, slots=True, kw_only=True)
class Route:
    """A node and a service to the order's destination. `fixed` is micros a shipment: handling, base, distance;
    `drop` is milligrams of CO2e a shipment. Instants are UTC seconds, `distance` metres.
    """

    node: Node
    service: Service
    distance: int
    ships_at: int
    arrives_by: int
    late: bool | None
    fixed: int
    drop: int

    @property
    def key(self) -> tuple[str, str]:
        return (self.node.id, self.service.id)

    def carries(self, product: Product) -> bool:
        return pricing.carries(self.service, product)


@dataclass(frozen=True, slots=True, kw_only=True)
class Option:
    """A line by a route: per-unit micros and milligrams."""

    line: Line
    route: Route
    unit_cost: int
    unit_carbon: int

    @classmethod
    def of(cls, line: Line, product: Product, route: Route) -> "Option":
        return cls(
            line=line,
            route=route,
            unit_cost=pricing.unit_cost(route.node, route.service, product),
            unit_carbon=pricing.unit_carbon(route.service, route.distance, product),
        )

    @property
    def cost(self) -> int:
        """Micros of the line shipped whole, alone."""
        return self.route.fixed + self.line.quantity * self.unit_cost

    @property
    def carbon(self) -> int:
        """Milligrams of CO2e of the line shipped whole, alone."""
        return self.route.drop + self.line.quantity * self.unit_carbon


def routes(order: Order, network: Network, nodes: Iterable[str], now: int) -> Iterator[Route]:
    """The routes of `nodes` to the order's destination, by node id and then service id."""
    chosen = network.nodes[order.collect_at] if order.collect_at else None
    place = chosen.place if chosen else order.place
    if place is None:
        raise ValueError(f"order {order.id} has neither a place nor a node to collect at")
    country, region = (chosen.country, chosen.region) if chosen else (order.country, order.region)
    goal = direction(place)
    out = ways(network)
    lanes = Lanes(Goal(country=country, region=region, postcode=None if chosen else order.postcode))
    times = _Times(now, order.promise_by, out.out_of(chosen.id).hours if chosen else None)
    for name in sorted(nodes):
        leaving = out.out_of(name)
        metres = great_circle(leaving.direction, goal)
        for way in leaving.ways:
            service = way.service
            # collecting is only at the node the customer chose, and there nothing needs to travel
            if way.collecting is (order.collect_at == name) and (not service.countries or country in service.countries):
                route = _route(leaving, way, metres, lanes, times)
                if route is not None:
                    yield route


def _route(leaving: Exit, way: Way, metres: float, lanes: Lanes, times: "_Times") -> Route | None:
    node, service = leaving.node, way.service
    reach = _reach(way, metres, lanes)
    if reach is None:
        return None
    distance, minutes = reach
    ships_at = times.departure(way.departures)
    arrives_by = None if ships_at is None else times.arrival(way, ships_at, minutes)
    if ships_at is None or arrives_by is None:
        return None
    return Route(
        node=node,
        service=service,
        distance=distance,
        ships_at=ships_at,
        arrives_by=arrives_by,
        late=times.is_late(arrives_by),
        fixed=pricing.shipment_cost(node, service, distance),
        drop=service.drop,
    )


def _reach(way: Way, metres: float, lanes: Lanes) -> tuple[int, int] | None:
    """Metres, and the minutes they take; None if the service does not go there."""
    service = way.service
    lane = lanes.first(way.lanes, service) if way.lanes else None
    distance = 0 if way.collecting else route_distance(metres, service.detour)
    minutes = None
    if lane is not None:
        if not lane.served:
            return None
        distance = distance if lane.distance is None else lane.distance
        minutes = lane.takes
    if service.max_distance is not None and distance > service.max_distance:
        return None
    if minutes is None:
        minutes = _transit(service, distance)
    return None if minutes is None else (distance, minutes)


def _transit(service: Service, distance: int) -> int | None:
    """Minutes; None where no band reaches."""
    if service.daily_distance is not None:
        days = max(1, -(-distance // service.daily_distance))
        return days * _DAY if days <= _MOST_DAYS else None
    return next((minutes for reach, minutes in service.transit if distance <= reach), None)


class _Times:
    """When what is decided now leaves and arrives; what several routes share is worked out once."""

    def __init__(self, now: int, promise: int | None, goal: Calendar | None) -> None:
        """`goal` is when the place is open at which the order is collected, None: always, or it is delivered."""
        self._now = now
        self._promise = promise
        self._goal = goal
        self._leaving: dict[int, int | None] = {}
        self._arriving: dict[tuple[int, int, int], int | None] = {}

    def is_late(self, arrives_by: int) -> bool | None:
        return None if self._promise is None else arrives_by > self._promise

    def departure(self, departures: Departures) -> int | None:
        if departures.hours is None:
            return departures.next(self._now)
        key = id(departures)
        if key not in self._leaving:
            self._leaving[key] = departures.next(self._now)
        return self._leaving[key]

    def arrival(self, way: Way, ships_at: int, minutes: int) -> int | None:
        if way.travels is None and self._goal is None:
            return ships_at + minutes * 60
        key = (id(way.travels), ships_at, minutes)
        if key not in self._arriving:
            there = arrival(way.travels, ships_at, minutes * 60)
            opened = there if there is None or self._goal is None else arrival(self._goal, there, 0)
            self._arriving[key] = opened
        return self._arriving[key]
