"""Which units of orders still stand on receipts."""

from collections.abc import Iterable, Mapping
from types import MappingProxyType

from msgspec import UNSET

from engine.decide.record import DecisionRecord
from engine.store.connection.client import Client
from engine.store.hold_changes.stored_holds import Peg, read_pegs
from engine.store.keys import Keys
from engine.store.orders.stored_order import StoredOrder

Pegs = Mapping[str, tuple[Peg, ...]]
"""By decision; none of one that waits for no receipt."""
NO_PEGS: Pegs = MappingProxyType({})


def read_order_pegs(client: Client, keys: Keys, orders: Iterable[StoredOrder]) -> Pegs:
    """Those of the orders' decisions. Nothing is read of decisions that promised no goods that were to come."""
    records = (decision.record for order in orders for decision in order.decisions if decision.hold)
    promised = {record.id or "": names for record in records if (names := _promised(record))}
    if not promised:
        return {}
    return dict(zip(promised, read_pegs(client, keys, promised), strict=True))


def _promised(record: DecisionRecord) -> list[tuple[str, str, int]]:
    """Of which SKUs it promised units of which receipts, with the number of their shipment; each once."""
    names = (
        (line.sku, units.receipt, number)
        for number, shipment in enumerate(record.shipments)
        for line in shipment.lines
        if line.receipts is not UNSET
        for units in line.receipts
    )
    return list(dict.fromkeys(names))
