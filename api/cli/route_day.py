"""Decides a day of orders, one by one or as one batch, and counts the results."""

from collections import Counter
from collections.abc import Callable, Sequence

from api.records.day import DayFigures
from engine.errors import Mistake, OrderInvalid
from engine.model.facts import Order
from engine.service import Pointsman
from engine.store.ledger import RequestKey

CALLER = "route"
"""The caller of the idempotency keys: an order routed before is only answered, so an interrupted day can go on."""


def check_products(orders: Sequence[Order], pointsman: Pointsman) -> frozenset[str]:
    """The orders' SKUs that are end of line; raises OrderInvalid for each unknown SKU and each order id given twice."""
    skus = dict.fromkeys(sku for order in orders for sku in order.skus)
    products = pointsman.products(skus)
    repeated = [name for name, count in Counter(order.id for order in orders).items() if count > 1]
    mistakes = [
        Mistake(where=f"order {name}", field="id", message="is in the file more than once") for name in repeated
    ]
    mistakes += [
        Mistake(where=f"order {order.id}", field="sku", message=f"no product goes by the SKU '{sku}'")
        for order in orders
        for sku in order.skus
        if sku not in products
    ]
    if mistakes:
        raise OrderInvalid(mistakes)
    return frozenset(sku for sku, product in products.items() if product.lifecycle == "end_of_line")


def route(
    orders: Sequence[Order], pointsman: Pointsman, *, weigh: int, progress: Callable[[], None] = lambda: None
) -> DayFigures:
    """Decide `orders` one by one, each at its `placed_at`. On `weigh` of them, evenly spread, measure which rules
    changed the choice.
    """
    clearance = check_products(orders, pointsman)
    day = DayFigures(currency=pointsman.network().currency)
    stride = max(1, -(-len(orders) // weigh)) if weigh else 0
    for index, order in enumerate(orders):
        weighed = pointsman.deciding_rules(order, now=order.placed_at) if stride and index % stride == 0 else None
        answer = pointsman.decide(order, now=order.placed_at, key=RequestKey(caller=CALLER, name=order.id))
        day.add(answer.record, clearance)
        if not answer.new:
            day.before += 1
        elif weighed is not None:
            day.weighed += 1
            day.decided.update(weighed)
        progress()
    return day


def route_together(
    orders: Sequence[Order],
    pointsman: Pointsman,
    *,
    wait: bool,
    progress: Callable[[], None] = lambda: None,
    planning: Callable[[], None] = lambda: None,
) -> DayFigures:
    """Decide `orders` as one batch, those of one priority by a joint plan, as of the instant the last was placed.

    Raises the error that kept an order from being decided; those before it stay decided, and calling this again
    continues after them.
    """
    clearance = check_products(orders, pointsman)
    day = DayFigures(currency=pointsman.network().currency)
    if not orders:
        return day
    batch = pointsman.decide_batch(
        orders,
        now=max(order.placed_at for order in orders),
        # the same keys as in `route`: an order routed before is only answered
        keys=lambda order: RequestKey(caller=CALLER, name=order.id),
        caller=CALLER,
        wait=wait,
        progress=progress,
        planning=planning,
    )
    day.joint = batch.joint if batch.joint.classes else None
    if batch.failure is not None:
        raise batch.failure
    for answer in batch.answers:
        record = answer.record
        day.add(record, clearance)
        day.before += not answer.new
        day.lacking += bool(record.lacked)
    return day
