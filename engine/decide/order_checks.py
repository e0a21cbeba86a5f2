"""Checks an order against the facts before it is decided."""

import difflib
from collections.abc import Iterator

from engine.errors import Mistake, OrderInvalid
from engine.model.facts import Order, Snapshot


def check_order(order: Order, snapshot: Snapshot) -> None:
    """Raise OrderInvalid with every mistake: unknown SKUs, an unknown node to collect at."""
    mistakes = list(_mistakes(order, snapshot))
    if mistakes:
        raise OrderInvalid(mistakes)


def _mistakes(order: Order, snapshot: Snapshot) -> Iterator[Mistake]:
    for index, line in enumerate(order.lines):
        if line.sku not in snapshot.products:
            yield Mistake(field=f"lines.{index}.sku", message=f"no product goes by the SKU '{line.sku}'")
    nodes = snapshot.network.nodes
    if order.collect_at is not None and order.collect_at not in nodes:
        near = difflib.get_close_matches(order.collect_at, list(nodes), n=1)
        hint = f"; did you mean '{near[0]}'?" if near else ""
        yield Mistake(field="collect_at", message=f"no node goes by the id '{order.collect_at}'{hint}")
