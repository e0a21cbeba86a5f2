"""The returns that the ledger should have by its log."""

from dataclasses import dataclass, field

from engine.store.flows.stored_return import OrderReturn, StoredReturn
from engine.store.log.entry import Entry
from engine.store.reconcile.expected_state import LateChanges
from engine.store.reconcile.expected_stock import ExpectedStock


@dataclass(slots=True, kw_only=True)
class ExpectedReturns:
    """The returns of one network by id, and those of each order by the order's id."""

    late: LateChanges
    by_id: dict[str, StoredReturn] = field(default_factory=dict)
    of_order: dict[str, dict[str, OrderReturn]] = field(default_factory=dict)

    def change(self, entry: Entry, stock: ExpectedStock) -> None:
        """A step of a return was taken, and moved stock."""
        body = entry.returned
        for move in body.moves:
            position = move.sku, move.node
            stock.set_apart(position, move.quarantine)
            if move.blocked:
                stock.block(position, move.blocked)
            if move.on_hand:
                stock.move(position, move.on_hand, entry.instant())
        self.put(body.returned)
        self.late.note("returns", body.returned.id)
        self.late.note("order_returns", body.returned.order)

    def put(self, stored: StoredReturn) -> None:
        self.by_id[stored.id] = stored
        self.of_order.setdefault(stored.order, {})[stored.id] = OrderReturn.of(stored)
