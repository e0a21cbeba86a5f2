"""A day of orders: each decided at the instant it was placed, and what came of them all."""

from collections import Counter
from collections.abc import Callable, Sequence

from api.records.day import Day
from engine.errors import Mistake, OrderInvalid
from engine.model.facts import Order
from engine.service import Pointsman
from engine.store.ledger import Key

CALLER = "route"
"""Whose idempotency keys these are: an order routed before is answered, so that a day cut short can go on."""


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
