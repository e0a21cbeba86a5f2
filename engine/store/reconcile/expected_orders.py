"""The orders that the ledger should have by its log, and where their units are that are neither held nor gone."""

from collections import Counter
from collections.abc import Mapping
from dataclasses import dataclass, field, replace

import msgspec
from msgspec import UNSET

from engine.decide.order_record import OrderRecord, seconds
from engine.decide.record import DecisionRecord
from engine.store.hold_changes.order_change import amended_text
from engine.store.log.entry import Entry, EntryId
from engine.store.log.entry_bodies import UnitsBody
from engine.store.personal.erasure import erased_order
from engine.store.reconcile.expected_state import ExpectedOrder, LateChanges


@dataclass(slots=True, kw_only=True)
class ExpectedOrders:
    """The orders of one network, and which of their units wait, are cancelled, or are in no state that a hold knows."""

    late: LateChanges
    by_id: dict[str, ExpectedOrder] = field(default_factory=dict)
    """Of several first decisions of an order, which earlier releases made, the latest has its id."""
    cancelled: dict[str, Counter[str]] = field(default_factory=dict)
    """Units by line that were cancelled, by order."""
    unplaced: dict[str, int] = field(default_factory=dict)
    """By first decision of an order, its units that are neither held nor waiting and have not left. Below 0, some of
    its units are in two states.
    """
    waiting: dict[str, tuple[str, int]] = field(default_factory=dict)
    """By decision with an entry in the backlog, the first decision of its order, and its units that wait."""
    amended_by: dict[str, tuple[EntryId, ...]] = field(default_factory=dict)
    """By order that was amended, the entry that did so last, and those that erased personal values of it since."""

    def add_decision(self, entry: Entry, record: DecisionRecord) -> None:
        """A decision begins an order, or an amended one is parked by it. Its unfilled and scheduled units wait if it
        says so; those that waited until it decided them wait no more.
        """
        if record.follows is UNSET:
            self._begin(record)
        elif record.because == "amended" and record.awaiting_approval is True:
            self.by_id[record.order.id] = replace(self.by_id[record.order.id], parked=True)
        if record.follows is not UNSET and record.follows.because == "stock":
            self.wait(record.follows.decision, record.first, 0)
        if record.waiting is True:
            self.wait(entry.decision, record.first, record.units_waiting)

    def change(self, entry: Entry) -> None:
        """The order was queued, approved or erased."""
        order = self.by_id[entry.changed_order]
        if entry.kind == "erased" and order.amended is not None:
            order = replace(order, amended=_erased(order.amended, entry))
            self.amended_by[entry.changed_order] += (entry.id,)
        if entry.kind == "queued":
            self.wait(entry.decision, order.first, entry.queued_units)
        parked = order.parked and entry.kind != "approved"
        self.by_id[entry.changed_order] = replace(order, changes=order.changes + 1, parked=parked)
        self.late.note("orders", entry.changed_order)

    def change_units(self, entry: Entry, units: UnitsBody) -> str:
        """Note what an entry about units changes of their order; the order's first decision."""
        order = self.by_id.get(units.order)
        if order is None:
            return ""
        if entry.kind in ("cancelled", "amended") or units.late:
            parked = order.parked or units.parks
            self.by_id[units.order] = replace(order, changes=order.changes + 1, parked=parked)
            self.late.note("orders", units.order)
        if units.cancelled:
            self._cancel(units.order, order.first, units.cancelled)
        if units.amended is not UNSET:
            self._amend(units.amended)
            self.amended_by[units.order] = (entry.id,)
        for decision, count in units.waiting.items():
            self.wait(decision, order.first, count)
        return order.first

    def restore_amended(self, entries: Mapping[EntryId, Entry]) -> None:
        """Put back the orders as amended, by the entries that `amended_by` names. Raises KeyError, ValueError if these
        are not there any more.
        """
        for order, (first, *erasures) in self.amended_by.items():
            units = entries[first].units
            if units is None or units.amended is UNSET:
                raise ValueError(f"entry {first} amends no order")
            text = amended_text(units.amended)
            for erasure in erasures:
                text = _erased(text, entries[erasure])
            self.by_id[order] = replace(self.by_id[order], amended=text)

    def wait(self, decision: str, first: str, units: int) -> None:
        """So many units of the order that `first` began wait under the decision from now on; 0: none any more."""
        first, before = self.waiting.pop(decision, (first, 0))
        self.place(first, units - before)
        if units:
            self.waiting[decision] = first, units

    def place(self, first: str, units: int) -> None:
        """So many more units of the order are held or wait or have left."""
        if first in self.unplaced:  # unless its entry is damaged, or the units are set aside
            self.unplaced[first] -= units

    def _begin(self, record: DecisionRecord) -> None:
        order, units = record.order, sum(line.quantity for line in record.order.lines)
        self.unplaced[record.first] = units
        self.by_id[order.id] = ExpectedOrder(
            first=record.first,
            placed_at=seconds(order.placed_at),
            units=units,
            parked=record.awaiting_approval is True,
        )
        self.late.note("orders", order.id)

    def _cancel(self, order: str, first: str, units: Mapping[str, int]) -> None:
        self.cancelled.setdefault(order, Counter()).update(units)
        self.late.note("cancelled", order)
        self.place(first, sum(units.values()))

    def _amend(self, amended: OrderRecord) -> None:
        order, units = self.by_id[amended.id], sum(line.quantity for line in amended.lines)
        self.place(order.first, order.units - units)
        self.by_id[amended.id] = replace(order, units=units, amended=amended_text(amended))


def _erased(amended: str, erasure: Entry) -> str:
    return erased_order(msgspec.json.decode(amended, type=OrderRecord), erasure.erased_fields)
