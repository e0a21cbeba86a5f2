"""Every way to ship: routes (node, service) with distance, arrival, cost and CO2e, and what a line costs on each."""

import math
from collections.abc import Iterable, Iterator
from dataclasses import dataclass

from engine.facts import Line, Network, Node, Order, Place, Product, Service, rounded

EARTH_RADIUS = 6_371_008.8
"""Metres: the mean radius R1 of the WGS-84 ellipsoid (Moritz 2000, Geodetic Reference System 1980)."""
DISTANCE_STEP = 100
MILLIGRAM = 10**9
"""grams x metres x (mg of CO2e / tonne-km) in one milligram: a tonne is 10**6 g, a kilometre 10**3 m."""
_MICRODEGREES = 1e-6 * math.pi / 180


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

    def unit_cost(self, product: Product) -> int:
        """Micros for the weight of one unit."""
        return rounded(self.service.per_kg * product.weight, 1_000)

    def unit_carbon(self, product: Product) -> int:
        """Milligrams of CO2e of one unit: ISO 14083's transport activity (tonne-km) x the emission intensity."""
        return rounded(product.weight * self.distance * self.service.emission, MILLIGRAM)

    def carries(self, product: Product) -> bool:
        return self.service.max_weight is None or product.weight <= self.service.max_weight


@dataclass(frozen=True, slots=True, kw_only=True)
class Option:
    """A line by a route: per-unit micros and milligrams."""

    line: Line
    route: Route
    unit_cost: int
    unit_carbon: int

    @classmethod
    def of(cls, line: Line, product: Product, route: Route) -> "Option":
        return cls(line=line, route=route, unit_cost=route.unit_cost(product), unit_carbon=route.unit_carbon(product))

    @property
    def cost(self) -> int:
        """Micros of the line shipped whole, alone."""
        return self.route.fixed + self.line.quantity * self.unit_cost

    @property
    def carbon(self) -> int:
        """Milligrams of CO2e of the line shipped whole, alone."""
        return self.route.drop + self.line.quantity * self.unit_carbon


def great_circle(a: Place, b: Place) -> float:
    """Metres over the mean sphere, by haversine (Sinnott 1984, Sky & Telescope 68:159)."""
    lat_a, lat_b = a.latitude * _MICRODEGREES, b.latitude * _MICRODEGREES
    across = math.sin((lat_b - lat_a) / 2) ** 2
    along = math.sin((b.longitude - a.longitude) * _MICRODEGREES / 2) ** 2
    return 2 * EARTH_RADIUS * math.asin(math.sqrt(min(1.0, across + math.cos(lat_a) * math.cos(lat_b) * along)))


def route_distance(metres: float, detour: int) -> int:
    """The great circle times the detour (thousandths), rounded to 100 m."""
    return rounded(round(metres) * detour, 1_000 * DISTANCE_STEP) * DISTANCE_STEP


def routes(order: Order, network: Network, nodes: Iterable[str], now: int) -> Iterator[Route]:
    """The routes of `nodes` to the order's destination, by node id and then service id."""
    chosen = network.nodes[order.collect_at] if order.collect_at else None
    goal, country = (chosen.place, chosen.country) if chosen else (order.place, order.country)
    if goal is None:
        raise ValueError(f"order {order.id} has neither a place nor a node to collect at")
    for name in sorted(nodes):
        node = network.nodes[name]
        metres = great_circle(node.place, goal)
        for service_id in sorted(node.services):
            service = network.services[service_id]
            if _offered(order, node, service, country):
                route = _route(order, node, service, metres, now)
                if route is not None:
                    yield route


def _offered(order: Order, node: Node, service: Service, country: str | None) -> bool:
    """Collecting is only at the node the customer chose, and there nothing needs to travel."""
    if (service.mode == "pickup") is not (order.collect_at == node.id):
        return False
    return not service.countries or country in service.countries


def _route(order: Order, node: Node, service: Service, metres: float, now: int) -> Route | None:
    distance = 0 if service.mode == "pickup" else route_distance(metres, service.detour)
    if service.max_distance is not None and distance > service.max_distance:
        return None
    takes = next((minutes for reach, minutes in service.transit if distance <= reach), None)
    if takes is None:
        return None
    ships_at = now + node.preparation * 60
    arrives_by = ships_at + takes * 60
    return Route(
        node=node,
        service=service,
        distance=distance,
        ships_at=ships_at,
        arrives_by=arrives_by,
        late=None if order.promise_by is None else arrives_by > order.promise_by,
        fixed=node.handling + service.base + rounded(service.per_km * distance, 1_000),
        drop=service.drop,
    )
