"""A day of orders: each decided at the instant it was placed, and what came of them all."""

from collections import Counter
from collections.abc import Callable, Mapping, Sequence
from dataclasses import dataclass, field
from typing import Any

from engine.errors import Mistake, OrderInvalid
from engine.model.facts import Order
from engine.service import Pointsman
from engine.store.ledger import Key

CALLER = "route"
"""Whose idempotency keys these are: an order routed before is answered, so that a day cut short can go on."""


@dataclass(slots=True, kw_only=True)
class Day:
    """What came of the orders. `decided` counts, by rule, the weighed orders that would have gone otherwise."""

    currency: str
    orders: int = 0
    before: int = 0
    """Orders that had been decided already."""
    statuses: Counter[str] = field(default_factory=Counter)
    units: int = 0
    shipped: int = 0
    clearance: int = 0
    """Units shipped of products at the end of their line."""
    shipments: int = 0
    cost: int = 0
    co2: int = 0
    promised: int = 0
    """Shipments of orders that had a promise."""
    on_time: int = 0
    fired: Counter[str] = field(default_factory=Counter)
    lacking: int = 0
    """Orders that lacked units another one took, which deserved them more."""
    weighed: int = 0
    decided: Counter[str] = field(default_factory=Counter)

    def add(self, record: Mapping[str, Any], clearance: frozenset[str]) -> None:
        """Count one decision in."""
        self.orders += 1
        self.statuses[record["status"]] += 1
        self.units += sum(line["quantity"] for line in record["order"]["lines"])
        self.shipments += len(record["shipments"])
        self.cost += record["cost_micros"]
        self.co2 += record["co2_mg"]
        self.fired.update(record["rules"]["fired"].keys())
        for shipment in record["shipments"]:
            self.promised += shipment["late"] is not None
            self.on_time += shipment["late"] is False
            for line in shipment["lines"]:
                self.shipped += line["quantity"]
                self.clearance += line["quantity"] if line["sku"] in clearance else 0


def check_products(orders: Sequence[Order], pointsman: Pointsman) -> frozenset[str]:
    """The SKUs at the end of their line; raises OrderInvalid if any order has a SKU that nobody knows."""
    skus = dict.fromkeys(sku for order in orders for sku in order.skus)
    known = pointsman.products(skus)
    twice = [name for name, count in Counter(order.id for order in orders).items() if count > 1]
    mistakes = [
        Mistake(where=f"order {name}", field="id", message="stands in the file more than once") for name in twice
    ]
    mistakes += [
        Mistake(where=f"order {order.id}", field="sku", message=f"no product goes by the SKU '{sku}'")
        for order in orders
        for sku in order.skus
        if sku not in known
    ]
    if mistakes:
        raise OrderInvalid(mistakes)
    return frozenset(sku for sku, product in known.items() if product.lifecycle == "end_of_line")


def route(
    orders: Sequence[Order], pointsman: Pointsman, *, weigh: int, progress: Callable[[], None] = lambda: None
) -> Day:
    """Decide `orders` one by one, each at its `placed_at`; weigh the rules on `weigh` of them, spread evenly."""
    clearance = check_products(orders, pointsman)
    day = Day(currency=pointsman.network().currency)
    stride = max(1, -(-len(orders) // weigh)) if weigh else 0
    for index, order in enumerate(orders):
        weighed = pointsman.weigh(order, now=order.placed_at) if stride and index % stride == 0 else None
        answer = pointsman.decide(order, now=order.placed_at, key=Key(caller=CALLER, name=order.id))
        day.add(answer.record, clearance)
        if not answer.new:
            day.before += 1
        elif weighed is not None:
            day.weighed += 1
            day.decided.update(weighed)
        progress()
    return day


def route_together(
    orders: Sequence[Order], pointsman: Pointsman, *, wait: bool, progress: Callable[[], None] = lambda: None
) -> Day:
    """Decide `orders` as of the instant the last of them was placed, the one that deserves it first; raises what kept
    one from being decided: those before it stay decided, and the same command goes on from there.
    """
    clearance = check_products(orders, pointsman)
    day = Day(currency=pointsman.network().currency)
    if not orders:
        return day
    found = pointsman.decide_together(
        orders,
        now=max(order.placed_at for order in orders),
        # each order's key is that of `route`: one routed before is answered
        keys=lambda order: Key(caller=CALLER, name=order.id),
        caller=CALLER,
        wait=wait,
        progress=progress,
    )
    if found.failure is not None:
        raise found.failure
    for answer in found.answers:
        record = answer.record
        day.add(record, clearance)
        day.before += not answer.new
        day.lacking += bool(record.get("lacked"))
    return day


def day_record(day: Day) -> dict[str, Any]:
    """The day for programs; amounts in the unit their name ends in."""
    return {
        "orders": day.orders,
        "decided_before": day.before,
        **{status: day.statuses[status] for status in ("filled", "partial", "unfilled")},
        "units_ordered": day.units,
        "units_shipped": day.shipped,
        "units_from_clearance": day.clearance,
        "shipments": day.shipments,
        "cost_micros": day.cost,
        "currency": day.currency,
        "co2_mg": day.co2,
        "shipments_promised": day.promised,
        "shipments_on_time": day.on_time,
        "orders_outranked": day.lacking,
        "orders_weighed": day.weighed,
        "rules": {
            rule: {"fired": day.fired[rule], "decided_of_weighed": day.decided[rule]}
            for rule in sorted(day.fired.keys() | day.decided.keys())
        },
    }
