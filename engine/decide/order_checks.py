"""Checks an order against the facts before it is decided."""

import difflib
from collections.abc import Iterable, Iterator

from engine.decide.shipping.amounts import LargestAmounts
from engine.decide.shipping.columns import WIDEST
from engine.errors import Mistake, OrderInvalid
from engine.model.facts import Order, Snapshot


def check_order(order: Order, snapshot: Snapshot) -> None:
    """Raise OrderInvalid with every mistake: a channel that the network does not list, unknown SKUs, an unknown node to
    collect at, units that could cost or emit more than is counted.
    """
    mistakes = list(_mistakes(order, snapshot))
    if mistakes:
        raise OrderInvalid(mistakes)


def _mistakes(order: Order, snapshot: Snapshot) -> Iterator[Mistake]:
    largest = snapshot.caches.get(LargestAmounts)
    costs = carbon = 0
    for index, line in enumerate(order.lines):
        product = snapshot.products.get(line.sku)
        if product is None:
            yield Mistake(field=f"lines.{index}.sku", message=f"no product goes by the SKU '{line.sku}'")
            continue
        costs += largest.cost(line.quantity, product.weight)
        carbon += largest.carbon(line.quantity, product.weight)
        if max(costs, carbon) >= WIDEST or not largest.is_unit_counted(product.weight):
            message = f"{line.quantity} units of '{line.sku}' could cost or emit more than can be counted; order fewer"
            yield Mistake(field=f"lines.{index}.quantity", message=message)
            break
    nodes, channels = snapshot.network.nodes, snapshot.network.channels
    if order.collect_at is not None and order.collect_at not in nodes:
        message = f"no node goes by the id '{order.collect_at}'{_hint(order.collect_at, nodes)}"
        yield Mistake(field="collect_at", message=message)
    if channels and order.channel not in channels:
        hint = _hint(order.channel, channels) or f"; it has {', '.join(sorted(channels))}"
        yield Mistake(field="channel", message=f"the network lists no channel '{order.channel}'{hint}")


def _hint(word: str, names: Iterable[str]) -> str:
    """The name that was probably meant, as the end of a message; empty if none is near."""
    by_small_letters = {name.casefold(): name for name in names}
    near = difflib.get_close_matches(word.casefold(), by_small_letters, n=1)
    return f"; did you mean '{by_small_letters[near[0]]}'?" if near else ""
