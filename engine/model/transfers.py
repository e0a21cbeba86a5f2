"""Transfers: units that are moved from one node to another."""

from dataclasses import dataclass
from typing import Literal, TypeAlias

TransferStatus: TypeAlias = Literal["proposed", "approved", "shipped", "received", "cancelled"]
OPEN_TRANSFERS = frozenset({"proposed", "approved", "shipped"})
"""The statuses of transfers that are not over."""
MOST_LINES = 500
"""Of one transfer: one step of the server stores it, and moves its goods."""
_RECEIPT = "transfer:"
"""What the ids of receipts by which transfers arrive begin with."""


@dataclass(frozen=True, slots=True, kw_only=True)
class TransferLine:
    """Units of one SKU of a transfer: planned, how many of them left, and how many have arrived. `gain` is what moving
    them is expected to earn, in micros, and `why` says so, if they were proposed.
    """

    sku: str
    units: int
    shipped: int = 0
    received: int = 0
    gain: int | None = None
    why: str | None = None


@dataclass(frozen=True, slots=True, kw_only=True)
class Transfer:
    """Units that are moved from `origin` to `goal`. Instants are UTC seconds: when it was made, left, is expected, and
    was over; `takes` is minutes from leaving to arriving.
    """

    id: str
    origin: str
    goal: str
    status: TransferStatus
    lines: tuple[TransferLine, ...]
    takes: int
    made_at: int
    note: str = ""
    shipped_at: int | None = None
    expected_at: int | None = None
    ended_at: int | None = None

    @property
    def is_open(self) -> bool:
        return self.status in OPEN_TRANSFERS

    def to_come(self, line: TransferLine) -> int:
        """How many units of a line are on their way."""
        return max(0, line.shipped - line.received) if self.status == "shipped" else 0

    def receipt_of(self, line: TransferLine) -> str:
        """The id of the receipt at the goal by which units of a line arrive."""
        return f"{_RECEIPT}{self.id}:{line.sku}"


def transfer_of(receipt: str, sku: str) -> str | None:
    """The transfer by which units of the SKU arrive on a receipt; None: they come by none."""
    if not (receipt.startswith(_RECEIPT) and receipt.endswith(f":{sku}")):
        return None
    return receipt.removeprefix(_RECEIPT).removesuffix(f":{sku}") or None
