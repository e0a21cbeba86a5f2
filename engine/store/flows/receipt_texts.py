"""Receipts as they are stored, one text each (see parts/receipts.lua). Pure."""

from collections.abc import Iterable, Mapping
from dataclasses import dataclass, replace
from typing import cast

from engine.model.lots import TAB
from engine.model.receipts import Receipt, ReceiptSource, ReceiptStatus, in_order_of_arrival


@dataclass(frozen=True, slots=True, kw_only=True)
class StoredReceipt:
    """A receipt, the status that its last message gave it, and whether a transfer or a return owns it."""

    receipt: Receipt
    stated: str
    owned: bool


def parse(name: str, sku: str, text: bytes | str) -> StoredReceipt:
    """A receipt as parts/receipts.lua stores it."""
    words = (text if isinstance(text, str) else text.decode()).split(TAB)
    status, expected_at, quantity, received, promised, sequence, source, node, stated, owned = words
    receipt = Receipt(
        id=name,
        source=cast("ReceiptSource", source),
        node=node,
        sku=sku,
        quantity=int(quantity),
        expected_at=int(expected_at),
        status=cast("ReceiptStatus", status),
        received=int(received),
        promised=int(promised),
        sequence=int(sequence),
    )
    return StoredReceipt(receipt=receipt, stated=stated, owned=owned == "1")


def text_of(stored: StoredReceipt) -> str:
    """The receipt as parts/receipts.lua stores it."""
    item = stored.receipt
    words = (item.status, item.expected_at, item.quantity, item.received, item.promised, item.sequence)
    return TAB.join(map(str, (*words, item.source, item.node, stored.stated, int(stored.owned))))


def by_node(receipts: Iterable[Receipt]) -> dict[str, list[Receipt]]:
    """Those of each node, the next to arrive first."""
    nodes: dict[str, list[Receipt]] = {}
    for receipt in in_order_of_arrival(receipts):
        nodes.setdefault(receipt.node, []).append(receipt)
    return nodes


def without_promises(receipt: Receipt, units: Mapping[str, int]) -> Receipt:
    """As if so many of its units, by receipt, were promised to nobody."""
    return replace(receipt, promised=max(0, receipt.promised - units.get(receipt.id, 0)))
