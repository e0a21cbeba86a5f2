"""What is expected to come in at a node: receipts of purchase orders, advance notices, transfers and returns."""

from collections.abc import Iterable
from dataclasses import dataclass
from typing import Literal, TypeAlias

ReceiptSource: TypeAlias = Literal["purchase_order", "asn", "transfer", "return"]
ReceiptStatus: TypeAlias = Literal["planned", "confirmed", "in_transit", "received", "cancelled"]
ReceiptUnits: TypeAlias = tuple[tuple[str, int], ...]
"""(id of a receipt, units of it), the next to arrive first, each above 0."""
OPEN = frozenset({"planned", "confirmed", "in_transit"})
"""The statuses of receipts of which units are still to come."""


@dataclass(frozen=True, slots=True, kw_only=True)
class Receipt:
    """Units of one SKU that come to one node. `received` of its `quantity` are there already; `promised` are held for
    orders of those that are still to come, never more than these. `expected_at` is in UTC seconds. Of two messages
    about it, the one with the greater `sequence` counts.
    """

    id: str
    source: ReceiptSource
    node: str
    sku: str
    quantity: int
    expected_at: int
    status: ReceiptStatus
    received: int = 0
    promised: int = 0
    sequence: int = 0

    @property
    def is_open(self) -> bool:
        """Whether units of it are still to come."""
        return self.status in OPEN

    @property
    def to_come(self) -> int:
        """The units that are still to come."""
        return max(0, self.quantity - self.received) if self.is_open else 0

    @property
    def free(self) -> int:
        """Those of them that are held for nobody."""
        return self.to_come - self.promised

    def is_late(self, now: int) -> bool:
        """Whether units are still to come that were expected by `now`, in UTC seconds."""
        return self.is_open and self.expected_at <= now


def in_order_of_arrival(receipts: Iterable[Receipt]) -> list[Receipt]:
    """The next to arrive first; of several at an instant, by their ids."""
    return sorted(receipts, key=lambda receipt: (receipt.expected_at, receipt.id))
