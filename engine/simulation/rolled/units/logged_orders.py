"""The orders of the log as far as it was gone through, each with the variant's of it."""

from collections import Counter
from collections.abc import Callable, Iterator
from typing import Final

from engine.audit.sealing.leaf import id_text
from engine.decide.order_record import order_of
from engine.decide.record import DecisionRecord
from engine.model.receipts import OPEN
from engine.simulation.rolled.rolled_order import VariantOrder
from engine.simulation.rolled.units.logged_units import LoggedOrder
from engine.simulation.rolled.units.order_units import OrderUnits
from engine.simulation.rolled.units.variant_stock import VariantStock
from engine.store.log.entry import Entry

_ALL: Final = 1 << 62


class LoggedOrders:
    """By their first decisions. `times` says how often the variant has an order, by its id."""

    def __init__(self, times: Callable[[str], int]) -> None:
        self._times = times
        self._orders: dict[str, LoggedOrder] = {}
        self._first_of: dict[str, str] = {}
        """By decision, the first one of its order."""

    def __getitem__(self, first: str) -> LoggedOrder:
        return self._orders[first]

    @property
    def variants(self) -> Iterator[VariantOrder]:
        """The variant's orders as they stand, in the order of the log."""
        for order in self._orders.values():
            yield from order.variants

    def of_decision(self, entry: Entry, record: DecisionRecord) -> LoggedOrder:
        """The order as it stands; of one from before the period, as far as this decision is about it."""
        first = self._first_of[entry.decision] = record.first
        order = self._orders.get(first)
        if order is None:
            ordered = Counter({line.id: line.quantity for line in record.order.lines})
            variants = [
                VariantOrder(
                    name=record.order.id if number == 1 else f"{record.order.id}~{number}",
                    first=first,
                    entry=id_text(entry.id),
                    record=record.order,
                    order=None if entry.erased else order_of(record.order),
                    units=OrderUnits(ordered=Counter(ordered)),
                )
                for number in range(1, self._times(record.order.id) + 1)
            ]
            order = self._orders[first] = LoggedOrder(OrderUnits(ordered=ordered), variants, record.order)
        return order

    def of_units(self, entry: Entry) -> LoggedOrder | None:
        """The order of whose units an entry says something; None if the log said nothing of it in the period before."""
        names = [entry.decision]
        if entry.kind not in ("rejected", "withdrawn", "queued") and entry.units is not None:
            names += [hold.decision for hold in entry.units.holds]
        return next((order for order in map(self._of, names) if order is not None), None)

    def receive(self, entry: Entry, stock: VariantStock) -> None:
        """Units that were promised of it are held of what is on hand, in the variant in the order of the log."""
        body, name = entry.receipt, entry.decision
        for hold, number, units in (*body.arrived, *body.lost):
            order = self._of(hold)
            for shipment in order.units.shipments if order else ():
                if (shipment.decision, shipment.number) == (hold, number):
                    shipment.arrived(stock.log, name, units)
        rest = body.units if body.status in OPEN else _ALL
        for variant in self.variants:
            for shipment in variant.units.shipments:
                if rest and shipment.node == body.node:
                    rest -= shipment.arrived(stock.variant, name, rest)

    def _of(self, decision: str) -> LoggedOrder | None:
        return self._orders.get(self._first_of.get(decision, ""))
