"""The ways to ship an order, one at a time and in Python's integers: the plain reference of the columns.

`routes` computes them here, and asserts that the columns of `Ways` and `reach` say the same.
"""

import datetime
from collections.abc import Iterable, Iterator, Sequence
from dataclasses import dataclass, replace

import numpy as np

from engine.decide.address.address import address_of, node_address
from engine.decide.shipping.calendar import Calendar
from engine.decide.shipping.distance import DISTANCE_STEP, Direction, direction, great_circle, route_distance
from engine.decide.shipping.lanes import Destination, leads_to
from engine.decide.shipping.pricing import MILLIGRAM
from engine.decide.shipping.reach import LATE, minutes_until, reach
from engine.decide.shipping.schedule import Calendars, Departures, travel
from engine.decide.shipping.ways import Ways
from engine.model.facts import Lane, Line, Network, Node, OptionKey, Order, Product, Service, rounded
from engine.model.timetable import DAY

_MOST_DAYS = 366
"""A service that would take longer does not go there."""


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
    direction: Direction | None
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
        return Exit(node=node, direction=direction(node.place) if node.place else None, hours=hours, ways=ways)

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


@dataclass(frozen=True, slots=True, kw_only=True)
class Route:
    """A node and a service to the order's destination. `fixed` is micros a shipment: handling, base, distance;
    `drop` is milligrams of CO2e a shipment. Instants are UTC seconds, `distance` metres.
    """

    key: OptionKey
    node: Node
    service: Service
    distance: int
    begins: int
    ships_at: int
    arrives_by: int
    late: bool | None
    fixed: int
    drop: int

    def carries(self, product: Product) -> bool:
        return carries(self.service, product)


@dataclass(frozen=True, slots=True, kw_only=True)
class Option:
    """A line by a route: per-unit micros and milligrams."""

    line: Line
    route: Route
    unit_cost: int
    unit_carbon: int
    weight: int

    @classmethod
    def of(cls, line: Line, product: Product, route: Route) -> "Option":
        return cls(
            line=line,
            route=route,
            unit_cost=unit_cost(route.node, route.service, product),
            unit_carbon=unit_carbon(route.service, route.distance, product),
            weight=product.weight,
        )

    @property
    def cost(self) -> int | None:
        """Micros of the line shipped whole, alone; None if the service takes no such shipment."""
        for_weight = weight_cost(self.route.service, self.line.quantity * self.weight)
        return None if for_weight is None else self.route.fixed + self.line.quantity * self.unit_cost + for_weight

    @property
    def carbon(self) -> int:
        """Milligrams of CO2e of the line shipped whole, alone."""
        return self.route.drop + self.line.quantity * self.unit_carbon


def routes(order: Order, exits: Exits, nodes: Iterable[str], now: int) -> list[Route]:
    """The routes of `nodes` to the destinations of the order's lines, by key; asserts that the columns say
    the same.
    """
    used = {order.collected_at(line) for line in order.lines}
    plain = [
        route
        for number, collect_at in enumerate(order.destinations)
        if collect_at in used
        for route in _plain_routes(order, collect_at, number, exits=exits, nodes=nodes, now=now)
    ]
    plain.sort(key=lambda route: route.key)
    assert _columns(order, exits.network, nodes, now) == [
        (r.key, r.distance, r.begins, r.ships_at, r.arrives_by, -(-(r.arrives_by - now) // 60), r.fixed, r.drop, r.late)
        for r in plain
    ]
    return plain


def _columns(order: Order, network: Network, nodes: Iterable[str], now: int) -> list[tuple[object, ...]]:
    """What the columns say of the same routes, a row each."""
    ways = Ways(network)
    leaving = np.zeros(len(ways.nodes), dtype=bool)
    leaving[[ways.node_index[name] for name in nodes]] = True
    out = reach(order, ways, leaving, now)
    places = zip(out.way.tolist(), out.destination.tolist(), strict=True)
    keys = [OptionKey(*ways.keys[way][:2], destination) for way, destination in places]
    arrives = minutes_until(out.arrives_by, now)
    columns = (out.distance, out.begins, out.ships_at, out.arrives_by, arrives, out.fixed, out.drop)
    late = [LATE[code] for code in out.late.tolist()]
    return list(zip(keys, *(column.tolist() for column in columns), late, strict=True))


def _plain_routes(
    order: Order, collect_at: str | None, number: int, *, exits: Exits, nodes: Iterable[str], now: int
) -> Iterator[Route]:
    """The routes to one destination, which has this number."""
    collected_at = exits.network.nodes[collect_at] if collect_at else None
    goes_to = node_address(collected_at) if collected_at else address_of(order, exits.network)
    towards = direction(goes_to.place) if goes_to.place else None
    destination = Destination(country=goes_to.country, region=goes_to.region, postcode=goes_to.postcode)
    hours = exits.of(collected_at.id).hours if collected_at else None
    came_in = exits.network.came_in(order.placed_at, now) if order.deliver_on is None else None
    times = _Times(now, came_in, order.promise_by, hours, day=_bounds_of(order.deliver_on, exits.network))
    for name in sorted(nodes):
        leaving = exits.of(name)
        metres = great_circle(leaving.direction, towards) if leaving.direction and towards else None
        for way in leaving.ways:
            service = way.service
            # the customer fetches the order only at the node they chose, and nothing travels from there
            fits = way.collecting is (collect_at == name)
            if fits and (not service.countries or goes_to.country in service.countries):
                route = _route(leaving, way, metres, destination, times)
                if route is not None:
                    yield replace(route, key=route.key._replace(destination=number))


def _bounds_of(day: int | None, network: Network) -> tuple[int, int] | None:
    """The first and the last minute of a date."""
    if day is None:
        return None
    midnights = (datetime.datetime.fromordinal(date).replace(tzinfo=network.zone) for date in (day, day + 1))
    first, end = (int(midnight.timestamp()) for midnight in midnights)
    return first, end - 60


def _route(leaving: Exit, way: Way, metres: float | None, destination: Destination, times: "_Times") -> Route | None:
    node, service = leaving.node, way.service
    reach = _reach(way, metres, destination)
    if reach is None:
        return None
    distance, minutes = reach
    when = times.of(way, minutes)
    if when is None:
        return None
    begins, ships_at, arrives_by, late = when
    return Route(
        key=way.key,
        node=node,
        service=service,
        distance=distance,
        begins=begins,
        ships_at=ships_at,
        arrives_by=arrives_by,
        late=late,
        fixed=shipment_cost(node, service, distance),
        drop=service.drop,
    )


def _reach(way: Way, metres: float | None, destination: Destination) -> tuple[int, int] | None:
    """Metres, and the minutes they take; None if the service does not go there."""
    service = way.service
    lane = next((lane for lane in way.lanes if leads_to(lane, destination)), None)
    if lane is not None and not lane.served:
        return None
    most = service.max_distance
    if lane is not None and lane.distance is not None:
        distance = lane.distance
    elif way.collecting:
        distance = 0
    elif metres is None:
        return None
    elif most is not None and metres > most + DISTANCE_STEP:
        return None  # rules out most nodes for a bike without computing the detour
    else:
        distance = route_distance(metres, service.detour)
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

    def __init__(
        self,
        now: int,
        came_in: int | None,
        promise: int | None,
        collecting_hours: Calendar | None,
        *,
        day: tuple[int, int] | None,
    ) -> None:
        """`came_in` is compared with cut-offs; None: when it is begun. `collecting_hours` is when the node at which the
        order is collected is open; None: always, or the order is delivered. `day` is the first and the last minute of
        the order's nominated day.
        """
        self._now = now
        self._came_in = came_in
        self._day = day
        self._promise = promise
        self._collecting_hours = collecting_hours
        self._times: dict[tuple[int, int], tuple[int, int, int, bool | None] | None] = {}

    def of(self, way: Way, minutes: int) -> tuple[int, int, int, bool | None] | None:
        """When it is begun, ships and arrives, and whether that is late; None: never."""
        key = (way.schedule, minutes)
        if key not in self._times:
            self._times[key] = self._compute(way, minutes * 60)
        return self._times[key]

    def _compute(self, way: Way, seconds: int) -> tuple[int, int, int, bool | None] | None:
        begins = self._now if self._day is None else self._latest(way, seconds, *self._day)
        times = None if begins is None or begins < self._now else self._at(begins, way, seconds)
        if begins is None or times is None:
            return None
        ships_at, arrives_by = times
        return begins, ships_at, arrives_by, None if self._promise is None else arrives_by > self._promise

    def _latest(self, way: Way, seconds: int, first: int, last: int) -> int | None:
        """The latest minute to begin, so that it arrives between the two: back by the hour, and on by the minute."""

        def arrives(begins: int) -> int:
            times = self._at(begins, way, seconds)
            return last + 1 if times is None else times[1]

        hours = (last - hour * 3_600 for hour in range(24 * 90))
        begins = next((hour for hour in hours if arrives(hour) <= last), None)
        if begins is None:
            return None
        while arrives(begins + 60) <= last:
            begins += 60
        return begins if arrives(begins) >= first else None

    def _at(self, begins: int, way: Way, seconds: int) -> tuple[int, int] | None:
        """When what is begun then ships and arrives."""
        leaving = way.departures.stretch(begins, self._came_in)
        ships_at = leaving and leaving.at(begins)
        arriving = None if ships_at is None else travel(way.travels, ships_at, seconds)
        arrives_by = arriving and arriving.at(ships_at)
        if arrives_by is not None and self._collecting_hours is not None:
            opening = self._collecting_hours.stretch(arrives_by, 0)
            arrives_by = opening and opening.at(arrives_by)
        return None if ships_at is None or arrives_by is None else (ships_at, arrives_by)


def shipment_cost(node: Node, service: Service, distance: int) -> int:
    """Handling, base and the metres travelled."""
    return node.handling + service.base + rounded(service.per_km * distance, 1_000)


def unit_cost(node: Node, service: Service, product: Product) -> int:
    """Handling and weight of one unit that the service carries, beside what the weight of its shipment costs."""
    weight = product.weight
    if not service.unit_prices:
        return node.unit_handling + rounded(service.per_kg * weight, 1_000)
    band = next(band for band in service.unit_prices if weight <= band.up_to)
    return node.unit_handling + band.base + rounded(band.per_kg * weight, 1_000)


def weight_cost(service: Service, weight: int) -> int | None:
    """What the weight of a shipment costs; None: the service does not take it."""
    if service.max_weight is not None and weight > service.max_weight:
        return None
    if not service.parcel_prices:
        return 0
    for band in service.parcel_prices:
        if band.over < weight <= band.up_to:
            return max(band.at_least, band.base + band.per_gram * weight)
    return None


def unit_carbon(service: Service, distance: int, product: Product) -> int:
    return rounded(product.weight * distance * service.emission, MILLIGRAM)


def carries(service: Service, product: Product) -> bool:
    """Whether one unit is of a weight for the service, be it with others in a shipment."""
    if service.unit_prices and not 0 < product.weight <= service.unit_prices[-1].up_to:
        return False
    if service.max_unit_weight is not None and product.weight > service.max_unit_weight:
        return False
    tops = [product.weight, service.max_weight or 0, *(band.up_to for band in service.parcel_prices)]
    tops += [min(top, service.max_weight) for top in tops if service.max_weight is not None]
    return any(top >= product.weight and weight_cost(service, top) is not None for top in tops)
