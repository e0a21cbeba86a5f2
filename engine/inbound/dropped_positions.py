"""Verifies that a network to be loaded keeps the positions to which units are still to come, or where some are in
quarantine: without these, they could never be received or disposed of. Pure.
"""

from collections.abc import Iterable, Iterator

from engine.errors import InputInvalid, Mistake
from engine.inbound.stated_incoming import is_stated
from engine.inventory.position_checks import position_mistake
from engine.model.facts import Inventory
from engine.model.receipts import Receipt


def verify_keeps(inventory: Inventory, receipts: Iterable[Receipt], quarantine: Iterable[tuple[str, str, int]]) -> None:
    """`receipts` are the open ones, `quarantine` says SKU, node and units. Raises InputInvalid with each of a position
    that `inventory` can't have, but what stock.csv announced before and nobody was promised: the load cancels that.
    """
    mistakes = [*_of_receipts(inventory, receipts), *_of_quarantine(inventory, quarantine)]
    if mistakes:
        raise InputInvalid(mistakes)


def _of_receipts(inventory: Inventory, receipts: Iterable[Receipt]) -> Iterator[Mistake]:
    for receipt in sorted(receipts, key=lambda item: (item.sku, item.id)):
        if receipt.promised or not is_stated(receipt):
            is_moved = receipt.source == "transfer"
            act = "receive or cancel the transfer first" if is_moved else "receive it or cancel it first"
            hangs = f"'{receipt.id}' is still to come there, {receipt.promised} units of it promised; {act}"
            yield from _dropped(inventory, receipt.node, receipt.sku, hangs)


def _of_quarantine(inventory: Inventory, quarantine: Iterable[tuple[str, str, int]]) -> Iterator[Mistake]:
    for sku, node, units in sorted(quarantine):
        hangs = f"{units} units of it that came back are in quarantine there; dispose of them first"
        yield from _dropped(inventory, node, sku, hangs)


def _dropped(inventory: Inventory, node: str, sku: str, hangs: str) -> Iterator[Mistake]:
    mistake = position_mistake(node, sku, inventory.network, inventory.products)
    if mistake is not None:
        where = "network.yaml" if mistake.field == "node" else "products.csv"
        message = f"there is no stock of '{sku}' at '{node}' any more, but {hangs}"
        yield Mistake(where=where, field=mistake.field, message=message)
