"""The parts of an outcome beside its sums: what leaves each node on each day, units by kind of product, and how long it
takes until all has arrived. Pure.
"""

import functools
import itertools
from collections.abc import Iterable, Mapping, Sequence
from typing import NamedTuple

from engine.decide.order_record import iso_date, seconds
from engine.decide.record_parts import ShipmentRecord
from engine.model.facts import Network, Product
from engine.model.wall_clock import wall_clock
from rules.syntax.literals import SECONDS_A_DAY


class NodeDay(NamedTuple):
    """What leaves a node on a date of its own clock."""

    node: str
    date: str
    shipments: int
    units: int


class ProductUnits(NamedTuple):
    """Units of products of a lifecycle and a category: those that ship, now or later, and those that stay unfilled."""

    lifecycle: str
    category: str
    shipped: int
    unfilled: int


def arrival_seconds(shipments: Sequence[ShipmentRecord], placed_at: int) -> int:
    """From when the order was placed until its last shipment arrives; 0 if nothing ships, or if the order was placed
    later than that, by a clock that is ahead.
    """
    if not shipments:
        return 0
    # timestamps of one form come in the order of time
    return max(0, seconds(max(shipment.arrives_by for shipment in shipments)) - placed_at)


def node_days(shipments: Iterable[ShipmentRecord], network: Network) -> tuple[NodeDay, ...]:
    days: dict[tuple[str, str], list[int]] = {}
    for shipment in shipments:
        zone = network.zone_of(network.nodes[shipment.node])
        row = days.setdefault((shipment.node, _local_date(shipment.ships_at, zone)), [0, 0])
        row[0] += 1
        row[1] += sum(item.quantity for item in shipment.lines)
    return tuple(NodeDay(*key, *row) for key, row in sorted(days.items()))


def product_units(
    shipments: Iterable[ShipmentRecord], unfilled: Iterable[tuple[str, int]], products: Mapping[str, Product]
) -> tuple[ProductUnits, ...]:
    """`unfilled` are SKUs and how many units of them stay unfilled."""
    units: dict[tuple[str, str], list[int]] = {}
    shipped = ((item.sku, item.quantity, 0) for shipment in shipments for item in shipment.lines)
    for sku, ships, missing in itertools.chain(shipped, ((sku, 0, missing) for sku, missing in unfilled)):
        product = products[sku]
        row = units.setdefault((product.lifecycle, product.category), [0, 0])
        row[0] += ships
        row[1] += missing
    return tuple(ProductUnits(*key, *row) for key, row in sorted(units.items()))


@functools.lru_cache(maxsize=10_000)
def _local_date(instant: str, zone: str) -> str:
    """The date of an instant, as `timestamp` writes it, on the clock of a zone."""
    return iso_date(wall_clock(zone).local(seconds(instant)) // SECONDS_A_DAY)
