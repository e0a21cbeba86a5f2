"""The ways to ship an order: routes (node, service) with distance, arrival, cost and CO2e, and each line's cost."""

from collections.abc import Iterable, Iterator
from dataclasses import dataclass

from engine.decide.shipping import pricing
from engine.decide.shipping.calendar import Calendar
from engine.decide.shipping.distance import DISTANCE_STEP, direction, great_circle, route_distance
from engine.decide.shipping.exits import Exit, Exits, Way
from engine.decide.shipping.lanes import Destination, LaneFinder
from engine.decide.shipping.schedule import Departures, arrival
from engine.model.facts import Line, Node, OptionKey, Order, Product, Service
from engine.model.timetable import DAY

_MOST_DAYS = 366
"""A service that would take longer does not go there."""


@dataclass(frozen=True, slots=True, kw_only=True)
class Route:
    """A node and a service to the order's destination. `fixed` is micros a shipment: handling, base, distance;
    `drop` is milligrams of CO2e a shipment. Instants are UTC seconds, `distance` metres.
    """

    key: OptionKey
    node: Node
    service: Service
    distance: int
    ships_at: int
    arrives_by: int
    late: bool | None
    fixed: int
    drop: int

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


def routes(order: Order, exits: Exits, nodes: Iterable[str], now: int) -> Iterator[Route]:
    """The routes of `nodes` to the order's destination, by node id and then service id."""
    collected_at = exits.network.nodes[order.collect_at] if order.collect_at else None
    place = collected_at.place if collected_at else order.place
    if place is None:
        raise ValueError(f"order {order.id} has neither a place nor a node to collect at")
    goes_to = collected_at or order
    postcode = None if collected_at else order.postcode
    towards = direction(place)
    lanes = LaneFinder(Destination(country=goes_to.country, region=goes_to.region, postcode=postcode))
    times = _Times(now, order.promise_by, exits.of(collected_at.id).hours if collected_at else None)
    for name in sorted(nodes):
        leaving = exits.of(name)
        metres = great_circle(leaving.direction, towards)
        for way in leaving.ways:
            service = way.service
            # the customer fetches the order only at the node they chose, and nothing travels from there
            fits = way.collecting is (order.collect_at == name)
            if fits and (not service.countries or goes_to.country in service.countries):
                route = _route(leaving, way, metres, lanes, times)
                if route is not None:
                    yield route


def _route(leaving: Exit, way: Way, metres: float, lanes: LaneFinder, times: "_Times") -> Route | None:
    node, service = leaving.node, way.service
    reach = _reach(way, metres, lanes)
    if reach is None:
        return None
    distance, minutes = reach
    when = times.of(way, minutes)
    if when is None:
        return None
    ships_at, arrives_by, late = when
    return Route(
        key=way.key,
        node=node,
        service=service,
        distance=distance,
        ships_at=ships_at,
        arrives_by=arrives_by,
        late=late,
        fixed=pricing.shipment_cost(node, service, distance),
        drop=service.drop,
    )


def _reach(way: Way, metres: float, lanes: LaneFinder) -> tuple[int, int] | None:
    """Metres, and the minutes they take; None if the service does not go there."""
    service = way.service
    lane = lanes.first(way.lanes) if way.lanes else None
    if lane is not None and not lane.served:
        return None
    most = service.max_distance
    if lane is not None and lane.distance is not None:
        distance = lane.distance
    elif most is not None and metres > most + DISTANCE_STEP:
        return None  # rules out most nodes for a bike without computing the detour
    else:
        distance = 0 if way.collecting else route_distance(metres, service.detour)
    if most is not None and distance > most:
        return None
    minutes = _transit(service, distance) if lane is None or lane.takes is None else lane.takes
    return None if minutes is None else (distance, minutes)


def _transit(service: Service, distance: int) -> int | None:
    """Minutes; None where no band reaches."""
    if service.daily_distance is not None:
        days = max(1, -(-distance // service.daily_distance))
        return days * DAY if days <= _MOST_DAYS else None
    return next((minutes for reach, minutes in service.transit if distance <= reach), None)


class _Times:
    """When shipments decided now leave and arrive; computed once for all routes of the same schedule and transit."""

    def __init__(self, now: int, promise: int | None, collecting_hours: Calendar | None) -> None:
        """`collecting_hours` is when the node at which the order is collected is open; None: always, or the order is
        delivered.
        """
        self._now = now
        self._promise = promise
        self._collecting_hours = collecting_hours
        self._times: dict[tuple[int, int], tuple[int, int, bool | None] | None] = {}
        self._departures: dict[int, int | None] = {}

    def of(self, way: Way, minutes: int) -> tuple[int, int, bool | None] | None:
        """When it ships, when it arrives, and whether that is late; None: never."""
        key = (way.schedule, minutes)
        if key not in self._times:
            self._times[key] = self._compute(way, minutes * 60)
        return self._times[key]

    def _compute(self, way: Way, seconds: int) -> tuple[int, int, bool | None] | None:
        ships_at = self._departure(way.departures)
        arrives_by = None if ships_at is None else arrival(way.travels, ships_at, seconds)
        if arrives_by is not None and self._collecting_hours is not None:
            arrives_by = arrival(self._collecting_hours, arrives_by, 0)
        if ships_at is None or arrives_by is None:
            return None
        return ships_at, arrives_by, None if self._promise is None else arrives_by > self._promise

    def _departure(self, departures: Departures) -> int | None:
        key = id(departures)
        if key not in self._departures:
            self._departures[key] = departures.next(self._now)
        return self._departures[key]
