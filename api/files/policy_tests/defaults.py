"""The default nodes, services and products of policy tests: used as they are, or as a base for others."""

import math
from collections.abc import Collection, Mapping
from types import MappingProxyType

from engine.decide.shipping.distance import EARTH_RADIUS
from engine.model.facts import MICRODEGREES, GeoPoint, Network, Node, Product, Service
from engine.model.transfer_lanes import NodeNames, TransferLane
from rules.syntax.literals import MICROS

CENTRE = GeoPoint(latitude=48_856_600, longitude=2_352_200)
"""The destination of an order without one: the middle of Paris."""
COUNTRY = "FR"
TIME_ZONE = "Europe/Paris"
ANYWHERE = 10**9
"""Metres; longer than any route."""
_HOUR = 60
_KM = 1_000
_GRAM = 1_000
"""Milligrams."""


def place_away(metres: int) -> GeoPoint:
    """The place that lies `metres` south of CENTRE, along the meridian."""
    degrees = math.degrees(metres / EARTH_RADIUS)
    return GeoPoint(latitude=CENTRE.latitude - round(degrees * MICRODEGREES), longitude=CENTRE.longitude)


def _node(kind: str, distance: int, handling: int, *services: str) -> Node:
    place = place_away(distance * _KM)
    return Node(id=kind, type=kind, place=place, country=COUNTRY, services=services, handling=handling)


NODES: Mapping[str, Node] = MappingProxyType(
    {
        "warehouse": _node("warehouse", 300, MICROS // 2, "parcel"),
        "distributor": _node("distributor", 400, MICROS, "parcel"),
        "supplier": _node("supplier", 600, MICROS * 3 // 2, "parcel"),
        "store": _node("store", 10, 2 * MICROS, "parcel", "pickup"),
    }
)


def _service(
    name: str, mode: str, *, base: int, takes: int, emission: int, drop: int, reach: int | None = None
) -> Service:
    """`base` in currency units, `takes` in hours, `emission` in grams of CO2e per tonne-kilometre, `drop` in grams,
    `reach` in kilometres.
    """
    return Service(
        id=name,
        mode=mode,
        base=base * MICROS,
        transit=((ANYWHERE, takes * _HOUR),),
        emission=emission * _GRAM,
        drop=drop * _GRAM,
        max_distance=None if reach is None else reach * _KM,
    )


SERVICES: Mapping[str, Service] = MappingProxyType(
    {
        "parcel": _service("parcel", "truck", base=5, takes=48, emission=200, drop=300),
        "rail": _service("rail", "rail", base=6, takes=72, emission=10, drop=300),
        "express": _service("express", "van", base=10, takes=20, emission=1_000, drop=300, reach=500),
        "air": _service("air", "air", base=20, takes=12, emission=3_000, drop=300),
        "bike": _service("bike", "bike", base=4, takes=3, emission=1, drop=0, reach=12),
        "pickup": _service("pickup", "pickup", base=0, takes=1, emission=0, drop=0),
    }
)
"""One service of each mode, with round numbers."""
BY_MODE: Mapping[str, Service] = MappingProxyType({service.mode: service for service in SERVICES.values()})


def default_network() -> Network:
    """The network of these nodes and services."""
    return Network(
        version="",
        currency="EUR",
        time_zone=TIME_ZONE,
        nodes=NODES,
        services=SERVICES,
        transfer_lanes=(lane_between(NODES),),
    )


def lane_between(nodes: Collection[str]) -> TransferLane:
    """On which a unit is moved from any of the nodes to any other for 2.00, in two days."""
    names = NodeNames(nodes=frozenset(nodes))
    return TransferLane(origin=names, goal=names, takes=48 * _HOUR, per_unit=2 * MICROS)


def default_product(sku: str) -> Product:
    return Product(sku=sku, category="other", lifecycle="core", weight=1_000, margin=10 * MICROS)
