"""An order of many lines in a network of many places: the example's places over and over, each with every SKU of the
order and two services at most, so that options, exclusions and stock are what the shipped policies were written for.
"""

import dataclasses
import itertools
from pathlib import Path

from api.files.inventory_folder import load_inventory
from api.files.orders import read_order
from api.files.policies import policy_files
from engine.model.facts import GeoPoint, Line, NetworkCaches, Node, Order, Snapshot, StockPosition
from rules.loader import load_policies
from rules.policy import PolicySet

_ROOT = Path(__file__).parents[2]
HEXAGONE = _ROOT / "examples" / "hexagone"
POLICIES = _ROOT / "policies"

_STEP = 2_000
"""Microdegrees between the places that are made of one: some 200 m."""


def wide_order(*, lines: int, nodes: int, quantity: int) -> tuple[Order, Snapshot]:
    """The example's order, with as many lines of as many SKUs, and what it is decided on."""
    inventory = load_inventory(HEXAGONE)
    templates = [inventory.network.nodes[name] for name in sorted(inventory.network.nodes)]
    places = {node.id: node for node in map(_copy, itertools.cycle(templates), range(nodes))}
    network = dataclasses.replace(inventory.network, version="wide", nodes=places)
    products = {sku: inventory.products[sku] for sku in sorted(inventory.products)[:lines]}
    positions = {
        sku: {
            name: StockPosition(on_hand=7 * row % 60 + 11 * column % 40, held=row % 4, pace=37 * column % 2_500)
            for column, name in enumerate(places)
        }
        for row, sku in enumerate(products)
    }
    order = dataclasses.replace(
        read_order(HEXAGONE / "order.json", max_lines=2),
        lines=tuple(Line(id=str(number), sku=sku, quantity=quantity) for number, sku in enumerate(products, start=1)),
    )
    facts = Snapshot(network=network, caches=NetworkCaches(network), products=products, positions=positions, loads={})
    return order, facts


def shipped_policies() -> PolicySet:
    return load_policies(policy_files(POLICIES))


def _copy(template: Node, number: int) -> Node:
    place = GeoPoint(latitude=template.place.latitude + _STEP * number, longitude=template.place.longitude)
    return dataclasses.replace(
        template, id=f"{template.id}-{number}", place=place, services=template.services[:2], daily_orders=None
    )
