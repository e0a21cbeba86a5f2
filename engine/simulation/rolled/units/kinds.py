"""The kinds of entries of the log that say where units are."""

from typing import Final

ORDER_KINDS: Final = frozenset(
    {"confirmed", "released", "expired", "rejected", "cancelled", "amended", "undone", "withdrawn", "queued"}
)
STOCK_KINDS: Final = frozenset(
    {"moved", "counted", "return_disposed", "transfer_shipped", "transfer_received", "transfer_cancelled"}
)
KINDS: Final = frozenset({"decided", "received"}) | ORDER_KINDS | STOCK_KINDS
"""The kinds of entries that a roll reads."""
