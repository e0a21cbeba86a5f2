"""The transfers that the ledger should have by its log, and what their goods changed of what is on hand."""

from dataclasses import dataclass, field

from engine.store.flows.transfers import text_of
from engine.store.log.entry import Entry
from engine.store.reconcile.expected_state import LateChanges
from engine.store.reconcile.expected_stock import ExpectedStock


@dataclass(slots=True, kw_only=True)
class ExpectedTransfers:
    """Of each transfer the last that was logged. What arrives of one is logged by its receipts."""

    late: LateChanges
    stock: ExpectedStock
    open: dict[str, str] = field(default_factory=dict)
    """By id, as `Keys.open_transfers` has them."""
    ended: dict[str, str] = field(default_factory=dict)

    def change(self, entry: Entry) -> None:
        body, name = entry.transfer, entry.decision
        self.late.note("transfers", name)
        to, gone = (self.open, self.ended) if body.transfer.is_open else (self.ended, self.open)
        gone.pop(name, None)
        to[name] = text_of(body.transfer)
        for sku, node, delta in body.moved:
            self.stock.move((sku, node), delta, entry.instant())
