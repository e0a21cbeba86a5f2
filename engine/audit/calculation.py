"""How the cost and the CO2e of a decision come about, row by row; the rows add up to what was recorded.

CO2e is that of ISO 14083: of each line, its mass times the transport distance is its transport activity in tonne-km,
and that times the emission intensity of the service is what its transport emits; so the emissions of a vehicle are
allocated to what it carries by tonne-km. The last mile is one amount a shipment, which is allocated to its lines by
mass. What one unit emits is rounded to the milligram, as decisions count it.
"""

from collections.abc import Iterator, Sequence
from dataclasses import dataclass
from math import lcm
from typing import Literal, TypeAlias

from engine.decide.address.address import address_of, node_address
from engine.decide.order_record import order_of
from engine.decide.record import DecisionRecord
from engine.decide.record_parts import ShipmentRecord
from engine.decide.shipping.distance import direction, great_circle, route_distance
from engine.decide.shipping.pricing import MILLIGRAM, Band, band_at, carriage
from engine.model.facts import Network, Node, Product, Service, rounded
from rules.reserves import FULL_SHARE

CostPart: TypeAlias = Literal["handling", "base", "distance", "unit_handling", "unit_weight", "shipment_weight"]
"""handling and unit_handling are the place's, for a shipment and for a unit; base, distance, unit_weight and
shipment_weight the service's.
"""
EmissionPart: TypeAlias = Literal["transport", "last_mile"]
DistanceBy: TypeAlias = Literal["great_circle", "lane", "unknown"]
"""great_circle: times the detour of the service. unknown: where it goes was erased."""


@dataclass(frozen=True, slots=True, kw_only=True)
class CostRow:
    """`amount` micros, for `units` of a line at `each`; or, without a line, for the shipment."""

    part: CostPart
    amount: int
    line: str | None = None
    sku: str | None = None
    units: int = 0
    each: int = 0


@dataclass(frozen=True, slots=True, kw_only=True)
class EmissionRow:
    """`amount` milligrams of CO2e: of the transport of `units` of a line, each of which weighs `weight` grams (of a
    whole unit) and emits `each`; or, without a line, of the shipment's last mile. `activity` is the transport activity
    in units of 1e-9 tonne-km (gram-metres), `factor` milligrams a tonne-km.
    """

    part: EmissionPart
    amount: int
    line: str | None = None
    sku: str | None = None
    units: int = 0
    weight: int = 0
    each: int = 0
    activity: int = 0
    factor: int = 0


@dataclass(frozen=True, slots=True, kw_only=True)
class LineEmission:
    """What of a shipment's CO2e is allocated to a line, in milligrams."""

    line: str
    sku: str
    transport: int
    last_mile: int


@dataclass(frozen=True, slots=True, kw_only=True)
class ShipmentCalculation:
    """Of one shipment. `detour` is thousandths of the great circle; `source` says where the emission factor is from, if
    the network does; `factor` is that, in milligrams a tonne-km. `weight` is grams of the shipment.
    """

    node: str
    service: str
    mode: str
    distance: int
    detour: int
    distance_by: DistanceBy
    weight: int
    factor: int
    source: str | None
    costs: tuple[CostRow, ...]
    emissions: tuple[EmissionRow, ...]
    lines: tuple[LineEmission, ...]
    recorded_cost: int
    recorded_co2: int

    @property
    def cost(self) -> int:
        return sum(row.amount for row in self.costs)

    @property
    def co2(self) -> int:
        return sum(row.amount for row in self.emissions)


@dataclass(frozen=True, slots=True, kw_only=True)
class Calculation:
    """Of one decision: its shipments, also those that are planned. `policy_amounts` is what the policies counted beside
    cost, in micros: a price of carbon, what they prefer and avoid, look-ahead prices, and penalties; `lookahead` are
    the look-ahead prices alone. Nobody pays any of it.
    """

    record: DecisionRecord
    shipments: tuple[ShipmentCalculation, ...]
    policy_amounts: int
    lookahead: int

    @property
    def agrees(self) -> bool:
        """Whether the rows add up to what was recorded."""
        return all((item.cost, item.co2) == (item.recorded_cost, item.recorded_co2) for item in self.shipments)


def calculate(record: DecisionRecord, network: Network, products: dict[str, Product]) -> Calculation:
    """How the amounts of `record` come about, in the network and by the products that it was decided with. Raises
    LookupError or ValueError for a record that was decided with others.
    """
    shipments = record.scheduled.shipments if record.scheduled else record.shipments
    made = tuple(_shipment(item, record, network, products) for item in shipments)
    return Calculation(
        record=record,
        shipments=made,
        policy_amounts=record.score.money_micros - sum(item.recorded_cost for item in made),
        lookahead=sum(_lookahead(item, record, products) for item in shipments),
    )


def _lookahead(shipment: ShipmentRecord, record: DecisionRecord, products: dict[str, Product]) -> int:
    """What look-ahead prices added to what a shipment counted as."""
    then, amount = record.lookahead, 0
    if not then or not then.prices:
        return 0
    for item in shipment.lines:
        price = then.prices.get(item.sku, {}).get(shipment.node)
        if price is not None:
            of_weight = price.price_micros * then.weight_basis_points
            amount += item.quantity * rounded(of_weight, FULL_SHARE * products[item.sku].scale)
    return amount


@dataclass(frozen=True, slots=True, kw_only=True)
class _Units:
    """Units of a line in a shipment."""

    line: str
    sku: str
    units: int
    product: Product


def _shipment(
    shipment: ShipmentRecord, record: DecisionRecord, network: Network, products: dict[str, Product]
) -> ShipmentCalculation:
    node, service = network.nodes[shipment.node], network.services[shipment.service]
    distance = shipment.distance_m
    if any(item.quantity < 1 for item in shipment.lines):
        raise ValueError("a shipment can't have less than one unit of a line")
    units = [
        _Units(line=item.line, sku=item.sku, units=item.quantity, product=products[item.sku]) for item in shipment.lines
    ]
    emissions = tuple(_emissions(units, service, distance))
    costs = tuple(_costs(units, node, service, distance, recorded=shipment.cost_micros))
    return ShipmentCalculation(
        node=node.id,
        service=service.id,
        mode=service.mode,
        distance=distance,
        detour=service.detour,
        distance_by=_distance_by(shipment, record, network),
        weight=sum(item.units * item.product.weight // item.product.scale for item in units),
        factor=service.emission,
        source=service.emission_source,
        costs=costs,
        emissions=emissions,
        lines=tuple(_allocated(units, emissions)),
        recorded_cost=shipment.cost_micros,
        recorded_co2=shipment.co2_mg,
    )


def _costs(units: Sequence[_Units], node: Node, service: Service, distance: int, *, recorded: int) -> Iterator[CostRow]:
    """Where a place's kilograms of a day are limited, the smallest unit of a product counts in whole grams, so what a
    shipment weighs may be a little more: then that is what was `recorded`.
    """
    rows = [
        CostRow(part="handling", amount=node.handling),
        CostRow(part="base", amount=service.base),
        CostRow(part="distance", amount=rounded(service.per_km * distance, 1_000)),
        *(row for item in units for row in _costs_of_line(item, node, service)),
    ]
    if service.parcel_prices:
        exact = list(_costs_of_weight(units, service, whole_grams=False))
        total = sum(row.amount for row in (*rows, *exact))
        rows += exact if total == recorded else _costs_of_weight(units, service, whole_grams=True)
    return (row for row in rows if row.amount)


def _costs_of_line(item: _Units, node: Node, service: Service) -> Iterator[CostRow]:
    scale = item.product.scale
    both = rounded(node.unit_handling + carriage(service, item.product.weight), scale)
    handling = rounded(node.unit_handling, scale)
    parts: tuple[tuple[CostPart, int], ...] = (("unit_handling", handling), ("unit_weight", both - handling))
    for part, each in parts:
        yield CostRow(part=part, amount=item.units * each, line=item.line, sku=item.sku, units=item.units, each=each)


def _costs_of_weight(units: Sequence[_Units], service: Service, *, whole_grams: bool) -> Iterator[CostRow]:
    parts = 1 if whole_grams else lcm(*(item.product.scale for item in units))
    weights = [
        item.product.counted_weight if whole_grams else item.product.weight * (parts // item.product.scale)
        for item in units
    ]
    weight = sum(grams * item.units for grams, item in zip(weights, units, strict=True)) // parts
    band = band_at(service, weight) or Band(0, 0, 0, 0)
    yield CostRow(part="shipment_weight", amount=band.costs)
    for grams, item in zip(weights, units, strict=True):
        each = rounded(band.per_gram * grams, parts)
        yield CostRow(
            part="shipment_weight", amount=item.units * each, line=item.line, sku=item.sku, units=item.units, each=each
        )


def _emissions(units: Sequence[_Units], service: Service, distance: int) -> Iterator[EmissionRow]:
    for item in units:
        weight, scale = item.product.weight, item.product.scale
        each = rounded(distance * service.emission * weight, MILLIGRAM * scale)
        yield EmissionRow(
            part="transport",
            amount=item.units * each,
            line=item.line,
            sku=item.sku,
            units=item.units,
            weight=weight,
            each=each,
            activity=item.units * weight * distance // scale,
            factor=service.emission,
        )
    if service.drop:
        yield EmissionRow(part="last_mile", amount=service.drop)


def _allocated(units: Sequence[_Units], emissions: Sequence[EmissionRow]) -> Iterator[LineEmission]:
    last_mile = sum(row.amount for row in emissions if row.part == "last_mile")
    scale = lcm(*(item.product.scale for item in units))
    masses = [item.units * item.product.weight * (scale // item.product.scale) for item in units]
    shares = _shared(last_mile, masses if any(masses) else [item.units for item in units])
    transports = [row.amount for row in emissions if row.part == "transport"]
    for item, transport, share in zip(units, transports, shares, strict=True):
        yield LineEmission(line=item.line, sku=item.sku, transport=transport, last_mile=share)


def _shared(amount: int, weights: Sequence[int]) -> list[int]:
    """The amount shared out by these weights in whole milligrams, by the largest remainders; it adds up."""
    total = sum(weights)
    shares = [amount * weight // total for weight in weights]
    by_remainder = sorted(range(len(weights)), key=lambda index: (-(amount * weights[index] % total), index))
    for index in by_remainder[: amount - sum(shares)]:
        shares[index] += 1
    return shares


def _distance_by(shipment: ShipmentRecord, record: DecisionRecord, network: Network) -> DistanceBy:
    order = order_of(record.order)
    collect_at = order.collect_at if not isinstance(shipment.collect_at, str | None) else shipment.collect_at
    target = network.nodes.get(collect_at) if collect_at else None
    address = node_address(target) if target else address_of(order, network)
    place = network.nodes[shipment.node].place
    if record.erased and not target:
        return "unknown"
    if place is None or address.place is None:
        return "lane"
    metres = great_circle(direction(place), direction(address.place))
    detour = network.services[shipment.service].detour
    return "great_circle" if route_distance(metres, detour) == shipment.distance_m else "lane"
