"""Facts for tests, which name only the values that matter to them and get defaults for all others.

The coordinates of Lyon, Paris, Lille and Marseille are those of GeoNames. Prices and paces are round numbers.
"""

import dataclasses
import datetime
import itertools
from collections.abc import Mapping

from engine.decide.decide import decide
from engine.decide.decision import Decision
from engine.decide.matching.matcher import Matcher
from engine.model.facts import (
    GeoPoint,
    Inventory,
    Line,
    Network,
    NetworkCaches,
    Node,
    NodeRest,
    Order,
    Product,
    Service,
    Snapshot,
    StockPosition,
)
from engine.model.lots import lot_label, unexpired_units
from engine.model.receipts import Receipt, in_order_of_arrival
from engine.store.network.serialization import inventory_version
from rules.loader import load_policies
from rules.policy import PolicySet

NOW = 1_795_770_000
"""Friday, 27 November 2026, 09:00 UTC; 10:00 in Paris."""
TODAY = datetime.date(2026, 11, 27).toordinal()
HOUR = 3_600
EURO = 1_000_000
_numbers = itertools.count(1)
LYON = GeoPoint(latitude=45_748_460, longitude=4_846_710)
PARIS = GeoPoint(latitude=48_853_410, longitude=2_348_800)
LILLE = GeoPoint(latitude=50_632_970, longitude=3_058_580)
MARSEILLE = GeoPoint(latitude=43_296_950, longitude=5_381_070)


def service(name="parcel", **more):
    """Reaches 2,000 km in 48 h for 5 euros, carries anything, emits nothing."""
    defaults = {"mode": "truck", "base": 5 * EURO, "emission": 0, "transit": ((2_000_000, 48 * 60),)}
    return Service(**{"id": name, **defaults, **more})


def node(name, place=LYON, **more):
    """A warehouse that ships by parcel, for nothing and at once."""
    return Node(**{"id": name, "place": place, "type": "warehouse", "country": "FR", "services": ("parcel",), **more})


def product(sku="A", **more):
    return Product(**{"sku": sku, "category": "home", "lifecycle": "core", "weight": 1_000, **more})


def order(*lines, place=PARIS, **more):
    """Lines as (SKU, quantity) or Line; by default one unit of A to Paris. Each has an id of its own."""
    order_lines = [
        line if isinstance(line, Line) else Line(id=str(number), sku=line[0], quantity=line[1])
        for number, line in enumerate(lines or [("A", 1)], start=1)
    ]
    defaults = {
        "id": f"W-{next(_numbers)}",
        "channel": "web",
        "delivery": "standard",
        "placed_at": NOW,
        "country": "FR",
    }
    return Order(**{**defaults, "place": place, "lines": tuple(order_lines), **more})


def collected(*lines, at, **more):
    return order(*lines, place=None, delivery="click_and_collect", collect_at=at, country=None, **more)


def network(nodes, services=None, **more):
    offered = services or [service()]
    defaults = {"version": "v1", "currency": "EUR", "time_zone": "Europe/Paris"}
    return Network(
        **{
            **defaults,
            "nodes": {item.id: item for item in nodes},
            "services": {item.id: item for item in offered},
            **more,
        }
    )


def receipt(name="PO-7", units=10, *, days=10, at=None, sku="A", place="lyon", **more):
    """So many units of A that are confirmed to come to Lyon, so many days after NOW."""
    expected_at = NOW + days * 24 * HOUR if at is None else at
    defaults = {"source": "purchase_order", "status": "confirmed"}
    return Receipt(
        **{**defaults, "id": name, "node": place, "sku": sku, "quantity": units, "expected_at": expected_at, **more}
    )


def snapshot(
    nodes, stock, *, services=None, products=None, loads=None, resting=None, lots=None, receipts=(), **more
) -> Snapshot:
    """`stock` is units or a StockPosition, by SKU and node. A product not given is the default one of its SKU. `lots`,
    by SKU and node, are units of lots by label; of them nothing is held. `receipts` are what is to come.
    """
    positions = {
        sku: {
            name: item if isinstance(item, StockPosition) else StockPosition(on_hand=item)
            for name, item in by_node.items()
        }
        for sku, by_node in stock.items()
    }
    of_lots = {}
    for sku, by_node in (lots or {}).items():
        for name, units in by_node.items():
            position = positions[sku][name]
            stored = [(label, count, 0) for label, count in units]
            on_hand, its = unexpired_units(position.on_hand, position.held, stored, TODAY)
            of_lots.setdefault(sku, {})[name] = its
            positions[sku][name] = position._replace(on_hand=on_hand)
    given = {item.sku: item for item in products or []}
    facts = network(nodes, services, **more)
    coming = {}
    for item in in_order_of_arrival(receipts):
        coming.setdefault(item.sku, {}).setdefault(item.node, []).append(item)
    return Snapshot(
        network=facts,
        caches=NetworkCaches(facts),
        products={sku: given.get(sku) or product(sku) for sku in stock},
        positions=positions,
        loads=loads or {},
        resting=resting or {},
        has_lots=bool(of_lots),
        lots=of_lots,
        receipts=coming,
    )


def rest(until: int, *rules: str, version: str = "v0") -> NodeRest:
    """The rest of a node that rejected units an hour ago for lack of capacity, by these
    rules of that policy version.
    """
    because = {rule: {"en": "Too busy", "fr": "Débordé"} for rule in rules or ["busy/r7"]}
    return NodeRest(
        until=until,
        since=NOW - HOUR,
        reason="no_capacity",
        decision="d1",
        policy_version=version,
        because=because,
    )


def lots(**days):
    """Units of lots by name, given as (units, days from NOW's date until it expires; None: it does not)."""
    labels = {
        name: lot_label(name) if until is None else lot_label(name, TODAY + until) for name, (_, until) in days.items()
    }
    return tuple(sorted((labels[name], units) for name, (units, _) in days.items()))


def inventory(nodes, stock, *, services=None, products=None, paces=None, lots=None, **more) -> Inventory:
    """As `snapshot`, but `stock` has units only; `lots` are those of some of them, by SKU and node."""
    given = {item.sku: item for item in products or []}
    loaded = Inventory(
        network=network(nodes, services, **more),
        products={sku: given.get(sku) or product(sku) for sku in stock},
        stock=stock,
        paces=paces or {},
        lots=lots or {},
    )
    version = inventory_version(loaded)
    return dataclasses.replace(loaded, network=dataclasses.replace(loaded.network, version=version))


def policy_file(*rules: str) -> dict[str, bytes]:
    """One policy file, `test`, with rules r1, r2 ...; each is given in YAML's flow style, without its id and its
    reason.
    """
    lines = [f"  - {{id: r{number}, because: a reason, {rule}}}" for number, rule in enumerate(rules, start=1)]
    return {"test.yaml": "\n".join(["policy: test", "rules:" if lines else "rules: []", *lines, ""]).encode()}


def policies(*rules: str) -> PolicySet:
    return load_policies(policy_file(*rules))


def decided(order: Order, snapshot: Snapshot, *rules: str, now: int = NOW) -> Decision:
    matcher = Matcher(policies(*rules))
    try:
        return decide(order, snapshot, matcher, now)
    finally:
        matcher.close()


def units(decision: Decision) -> Mapping[tuple[str, str, str], int]:
    """Units that ship, by node, service and line."""
    return {
        (shipment.node, shipment.service, parcel.line): parcel.quantity
        for shipment in decision.shipments
        for parcel in shipment.lines
    }


def shipped(decision: Decision) -> Mapping[str, int]:
    """Units that ship, by node."""
    by_node: dict[str, int] = {}
    for (name, _, _), count in units(decision).items():
        by_node[name] = by_node.get(name, 0) + count
    return by_node
