"""The orders that a request has tried instead of logged ones."""

from collections.abc import Iterable, Iterator, Mapping, Sequence
from typing import Any, Final

from marshmallow import ValidationError

from api.shapes.mistakes import mistakes_of
from api.shapes.order import OrderRequest
from api.shapes.quantities import Quantities
from engine.decide.order_checks import check_order
from engine.errors import InputInvalid, Mistake, OrderInvalid
from engine.model.facts import Inventory, NetworkCaches, Order, Snapshot
from engine.service import Pointsman
from engine.simulation.rolled.orders_to_try import OrdersToTry

MOST_ORDERS: Final = 5_000
SENT: Final = "POST /v1/whatif"
"""Where these orders are from, in the place of a file's name."""


def orders_to_try(
    service: Pointsman, sent: Sequence[Mapping[str, Any]], *, folder: str, inventory: Inventory | None
) -> OrdersToTry:
    """The orders, on the network and the stock of a folder of that name, or else on those of now. Raises OrderInvalid
    with every mistake, by the place of its order, from 0.
    """
    network = service.network() if inventory is None else inventory.network
    quantities = Quantities(network.decimals)
    shape = OrderRequest(max_lines=service.settings.max_lines, quantities=lambda: quantities)
    mistakes: list[Mistake] = []
    orders = list(_read(shape, sent, mistakes))
    skus = dict.fromkeys(sku for _, order in orders for sku in order.skus)
    products = service.products(skus) if inventory is None else inventory.products
    facts = Snapshot(
        network=network, caches=NetworkCaches(network), products=products, positions={}, loads={}, has_lots=False
    )
    for number, order in orders:
        mistakes += _mistakes_of(number, order, facts)
    mistakes += _repeated(orders)
    if mistakes:
        raise OrderInvalid(mistakes)
    return OrdersToTry(file=SENT, orders=tuple(order for _, order in orders), folder=folder, inventory=inventory)


def _read(shape: OrderRequest, sent: Iterable[Any], mistakes: list[Mistake]) -> Iterator[tuple[int, Order]]:
    for number, raw in enumerate(sent):
        try:
            yield number, shape.load(raw)
        except ValidationError as error:
            mistakes += (_placed(number, mistake) for mistake in mistakes_of(error.messages))


def _mistakes_of(number: int, order: Order, facts: Snapshot) -> list[Mistake]:
    try:
        check_order(order, facts, now=order.placed_at)
    except InputInvalid as error:
        return [_placed(number, mistake) for mistake in error.mistakes]
    return []


def _repeated(orders: Iterable[tuple[int, Order]]) -> Iterator[Mistake]:
    seen: set[str] = set()
    for number, order in orders:
        if order.id in seen:
            yield Mistake(field=f"orders.{number}.id", message=f"an order '{order.id}' stands here before")
        seen.add(order.id)


def _placed(number: int, mistake: Mistake) -> Mistake:
    return Mistake(field=f"orders.{number}.{mistake.field}".removesuffix("."), message=mistake.message)
