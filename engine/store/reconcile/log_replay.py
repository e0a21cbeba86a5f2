"""Replays the decision log, entry by entry, to the state that the ledger should have. No server is asked."""

import datetime
import zoneinfo
from collections import Counter
from collections.abc import Iterator, Mapping
from dataclasses import dataclass, field, replace

from msgspec import UNSET

from engine.decide.facts_record import FactsReferenceRecord
from engine.decide.order_record import seconds
from engine.model.facts import NodeRest
from engine.model.lots import LotUnits, joined, place_of, without
from engine.store.connection.server_clock import MOST_SECONDS_OFF
from engine.store.flows.promise_state import PROMISE_KINDS
from engine.store.holds import is_set_aside
from engine.store.log.entry import Entry, EntryId
from engine.store.log.entry_bodies import PartUnits, RejectionBody
from engine.store.log.kinds import PARCEL_KINDS, RETURN_KINDS, TRANSFER_KINDS
from engine.store.log.stored_entry import UNREADABLE, RawEntry, is_amendment, parse_entry, parse_entry_id
from engine.store.personal.order_keys import Secrets
from engine.store.reconcile.expected_orders import ExpectedOrders
from engine.store.reconcile.expected_periods import ExpectedAllotments, ExpectedLoads
from engine.store.reconcile.expected_state import ExpectedHold, ExpectedShipment, LateChanges, shipments_of
from engine.store.reconcile.expected_stock import ExpectedStock
from engine.store.reconcile.flows.expected_promises import note_promise
from engine.store.reconcile.flows.expected_receipts import ExpectedReceipts
from engine.store.reconcile.flows.expected_returns import ExpectedReturns
from engine.store.reconcile.flows.expected_transfers import ExpectedTransfers
from engine.store.reconcile.fulfilment.expected_parcels import ExpectedParcels
from engine.store.reconcile.fulfilment.expected_tracking import ExpectedTracking

_COUNTED = frozenset({"held", "confirmed"})
"""States of units that count in what nodes are given to ship on a day."""


@dataclass(slots=True, kw_only=True)
class LogReplay:
    """The state that the ledger should have after the entry `end`."""

    zone: str = "UTC"
    """The installation's time zone, for decisions of releases that did not log the day of their loads."""
    end: EntryId = (0, 0)
    late: LateChanges = field(default_factory=LateChanges)
    holds: dict[str, ExpectedHold] = field(default_factory=dict)
    """Holds that have not ended, by decision; those set aside for decisions that are still being made, by their id."""
    open_holds: Counter[str] = field(default_factory=Counter)
    """Number of holds that have not ended, by caller."""
    ended: dict[str, str | None] = field(default_factory=dict)
    """By decision that holds nothing any more, how each of its shipments ended; None if it never held anything. Whoever
    has compared one with the ledger deletes it here, so that they do not pile up.
    """
    later: dict[str, tuple[int, ...]] = field(default_factory=dict)
    """By decision that has some, the numbers of shipments that count in no load, as `Hold.later`."""
    resting: dict[str, NodeRest] = field(default_factory=dict)
    """The rest of each node. Those that are over are kept for as long as commit_follow_up.lua keeps them."""
    unreadable: list[EntryId] = field(default_factory=list)
    shipped: int = 0
    ended_early: int = 0
    """Holds that were logged as expired before their time by the server's own clock: who ended them had a wrong one."""
    decisions: int = 0
    stock: ExpectedStock = field(init=False)
    orders: ExpectedOrders = field(init=False)
    loads: ExpectedLoads = field(init=False)
    receipts: ExpectedReceipts = field(init=False)
    transfers: ExpectedTransfers = field(init=False)
    allotments: ExpectedAllotments = field(init=False)
    returns: ExpectedReturns = field(init=False)
    tracking: ExpectedTracking = field(init=False)
    parcels: ExpectedParcels = field(init=False)

    def __post_init__(self) -> None:
        self.stock = ExpectedStock(late=self.late)
        self.orders = ExpectedOrders(late=self.late)
        self.loads = ExpectedLoads(late=self.late)
        self.receipts = ExpectedReceipts(late=self.late, stock=self.stock)
        self.transfers = ExpectedTransfers(late=self.late, stock=self.stock)
        self.allotments = ExpectedAllotments(late=self.late)
        self.returns = ExpectedReturns(late=self.late)
        self.tracking = ExpectedTracking(late=self.late)
        self.parcels = ExpectedParcels(late=self.late)

    def add(self, raw: RawEntry, secrets: Secrets | None = None) -> None:
        """Apply the next entry of the log; `secrets` are those of the order keys that amendments need. One that can't
        be read is noted, and changes nothing; one whose facts are not those that its record names is noted, too.
        """
        entry_id, fields = raw
        self.end = parse_entry_id(entry_id)
        try:
            entry = parse_entry(entry_id, fields, secrets if is_amendment(fields) else None)
            self.receipts.unpeg(entry)
            self._add(entry)
        except UNREADABLE:
            self.unreadable.append(self.end)

    @property
    def set_aside(self) -> int:
        """Units that are held for decisions that are still being made."""
        return sum(hold.total for name, hold in self.holds.items() if is_set_aside(name))

    def endings(self, decision: str) -> str | None:
        """How the shipments of a decision ended; None if none did, or if it was deleted from `ended`."""
        hold = self.holds.get(decision)
        if hold is None:
            return self.ended.get(decision)
        return " ".join(hold.endings) if any(ending != "-" for ending in hold.endings) else None

    def _add(self, entry: Entry) -> None:
        match entry.kind:
            case "decided":
                self._add_decision(entry)
            case "set_aside":
                self._add_set_aside(entry)
            case "moved":
                self._move_stock(entry)
            case "extended" | "confirmed" | "released" | "expired" | "cancelled" | "amended" | "undone":
                self._move_units(entry)
            case "rejected":
                self._reject(entry)
            case "woken":
                self.resting.pop(entry.decision, None)
                self.late.note("rests", entry.decision)
            case "withdrawn":
                self.orders.wait(entry.decision, "", 0)
            case "queued" | "approved" | "erased":
                self.orders.change(entry)
            case _:
                self._add_flow(entry)

    def _add_flow(self, entry: Entry) -> None:
        """Of what comes in, comes back or is moved, and of what was promised."""
        match entry.kind:
            case "expected" | "received" | "overdue":
                self._change_receipt(entry)
            case kind if kind in RETURN_KINDS:
                self.returns.change(entry, self.stock)
                body = entry.returned
                self.parcels.take(body.serials, body.ranges)
            case kind if kind in TRANSFER_KINDS:
                self.transfers.change(entry)
            case kind if kind in PARCEL_KINDS:
                self.parcels.change(entry)
                if entry.kind == "packing_cancelled" and entry.packing.reopened:
                    self._note_promise(entry)
            case kind if kind in PROMISE_KINDS:
                self._note_promise(entry)
            case "tracked":
                self.tracking.change(entry)
            case _:  # a repair restored what the entries before it say; counts and loads are compared by their instant
                pass

    def _note_promise(self, entry: Entry) -> None:
        hold = self.holds.get(entry.decision)
        if hold is not None:
            note_promise(hold, entry)
            self._hold_changed(entry.decision, hold)

    def _move_stock(self, entry: Entry) -> None:
        for movement in entry.applied_movements:
            position, instant = (movement.sku, movement.node), entry.instant(movement.at)
            self.stock.move(position, movement.delta, instant)
            if movement.lot:
                self.stock.move((movement.sku, place_of(movement.node, movement.lot)), movement.delta, instant)
            self.stock.block(position, movement.blocked)

    def _change_receipt(self, entry: Entry) -> None:
        if entry.kind == "overdue":
            self.receipts.overdue(entry)
            return
        for name, until in self.receipts.change(entry):
            hold = self.holds.get(name)
            if hold is not None:
                hold.until = until
                self._hold_changed(name, hold)

    def _add_decision(self, entry: Entry) -> None:
        record = entry.record
        if (
            record.facts is not UNSET
            and not entry.hidden_facts
            and record.facts != FactsReferenceRecord.of(entry.logged_facts)
        ):
            self.unreadable.append(entry.id)
        self.decisions += 1
        self.orders.add_decision(entry, record)
        shipments = dict(enumerate(shipments_of(record)))
        if not shipments or record.hold is None:
            self.ended[entry.decision] = None
            return
        self.stock.check_floors(entry, self._on_hand_alone(entry, shipments), record)
        self.shipped += sum(shipment.total for shipment in shipments.values())
        self.orders.place(record.first, record.units_shipped)
        self._begin_hold(
            entry,
            shipments,
            date=entry.day or self._date_of(record.decided_at),
            until=seconds(record.hold.expires_at),
            first=record.first,
            weights=None if record.weights is UNSET else record.weights,
        )
        self.receipts.peg(entry)

    @staticmethod
    def _on_hand_alone(entry: Entry, shipments: dict[int, ExpectedShipment]) -> dict[int, ExpectedShipment]:
        """The shipments of a decision with what it took of units on hand: 0 where all are of receipts."""
        alone = dict(shipments)
        for sku, _, number, units, _ in entry.pegs:
            left = {**alone[number].units, sku: alone[number].units[sku] - units}
            alone[number] = replace(alone[number], units=left)
        return alone

    def _add_set_aside(self, entry: Entry) -> None:
        shipments = {
            number: ExpectedShipment(
                node=item.node,
                service=item.service,
                units={part.sku: part.units for part in item.units},
                lots={part.sku: part.lots for part in item.units if part.lots},
            )
            for number, item in enumerate(entry.set_aside)
        }
        self.stock.check_floors(entry, shipments)
        until = entry.until or 0
        self._begin_hold(entry, shipments, date=entry.day, until=until, first="", weights=entry.weights)

    def _begin_hold(
        self,
        entry: Entry,
        shipments: dict[int, ExpectedShipment],
        *,
        date: str,
        until: int,
        first: str,
        weights: Mapping[str, int] | None,
    ) -> None:
        hold = ExpectedHold(
            caller=entry.caller,
            day=date,
            until=until,
            first=first,
            shipments=shipments,
            endings=["-"] * len(shipments),
            weights=weights,
            periods=entry.periods,
            later=entry.later,
        )
        if entry.later:
            self.later[entry.decision] = entry.later
        for shipment in shipments.values():
            for sku, units in shipment.units.items():
                self.stock.hold((sku, shipment.node), units)
            for place, units in shipment.places:
                self.stock.hold(place, units)
        self.loads.begin(entry, hold)
        self.allotments.begin(entry, hold)
        self.holds[entry.decision] = hold
        self.open_holds[entry.caller] += 1
        self._hold_changed(entry.decision, hold)

    def _change_hold(self, entry: Entry) -> None:
        """End whole shipments of a hold, or let it last longer."""
        hold = self.holds.get(entry.decision)
        if hold is None:
            return
        self._hold_changed(entry.decision, hold)
        if entry.kind == "extended":
            hold.until = entry.until or 0
            return
        if entry.kind == "expired" and hold.until - entry.recorded_at > MOST_SECONDS_OFF:
            self.ended_early += 1
        for number in list(hold.shipments) if entry.shipments is None else entry.shipments:
            shipment = hold.shipments.pop(number, None)
            if shipment is not None:
                hold.end_shipment(number, entry.kind, entry.at)
                self._end_shipment(shipment, hold, number, entry)
                self.receipts.shipment_ended(entry.decision, number)
        self._forget_if_ended(entry.decision, hold)

    def _end_shipment(self, shipment: ExpectedShipment, hold: ExpectedHold, number: int, entry: Entry) -> None:
        for sku, units in shipment.units.items():
            position = sku, shipment.node
            self.stock.hold(position, -units)
            if entry.kind == "confirmed":
                self.stock.confirm(position, units, entry.instant())
            else:
                self.allotments.change(hold, position, -units, entry)
        for place, units in shipment.places:
            self.stock.hold(place, -units)
            if entry.kind == "confirmed":
                self.stock.move(place, -units, entry.instant())
        if entry.kind == "confirmed":
            return
        self.orders.place(hold.first, -shipment.total)
        if number in hold.later:
            return
        self.loads.change_output(hold, shipment.node, shipment.units.items(), -1, entry)
        if number not in hold.left:
            self.loads.change_shipments(hold, shipment.node, -1, entry)

    def _forget_if_ended(self, decision: str, hold: ExpectedHold) -> None:
        if not hold.shipments:
            del self.holds[decision]
            self.open_holds[hold.caller] -= 1
            self.ended[decision] = " ".join(hold.endings)

    def _reject(self, entry: Entry) -> None:
        """Take rejected units out of a hold. Shipments of which nothing is left end, and no longer count in the node's
        load, unless it rejected them for lack of capacity.
        """
        hold, rejection = self.holds.get(entry.decision), entry.rejection
        if rejection.rest is not UNSET:
            self._begin_rest(rejection.node, rejection.rest, entry.at)
        if hold is None:
            return
        self._hold_changed(entry.decision, hold)
        for number, rejected in rejection.parts:
            shipment = hold.shipments.pop(number, None)
            if shipment is None:
                continue
            left = Counter(shipment.units)
            left.subtract(dict(rejected))
            lots = self._reject_lots(shipment, rejection, number, entry)
            for sku, units in rejected:
                position = sku, shipment.node
                self.stock.hold(position, -units)
                self.allotments.change(hold, position, -units, entry)
                self.orders.place(hold.first, -units)
                if rejection.blocks is True:
                    self.stock.move(position, -units, entry.instant())
                    self.stock.block(position, units)
            if rejection.room and number not in hold.later:
                self.loads.change_output(hold, shipment.node, rejected, -1, entry)
            if number not in rejection.ended:
                still_held = {sku: units for sku, units in left.items() if units}
                hold.shipments[number] = replace(shipment, units=still_held, lots=_lots_without(shipment.lots, lots))
                continue
            hold.end_shipment(number, entry.kind, entry.at)
            self.receipts.shipment_ended(entry.decision, number)
            if rejection.room and number not in hold.left and number not in hold.later:
                self.loads.change_shipments(hold, shipment.node, -1, entry)
        self._forget_if_ended(entry.decision, hold)

    def _reject_lots(
        self, shipment: ExpectedShipment, rejection: RejectionBody, number: int, entry: Entry
    ) -> dict[str, LotUnits]:
        """Take rejected units of lots out of a hold; returns them by SKU."""
        lots = {} if rejection.lots is UNSET else dict(dict(rejection.lots).get(number, ()))
        for place, units in replace(shipment, lots=lots).places:
            self.stock.hold(place, -units)
            if rejection.blocks is True:
                self.stock.move(place, -units, entry.instant())
        return lots

    def _move_units(self, entry: Entry) -> None:
        """Move units of shipments from one state into another. What was ended may be held again."""
        units = entry.units
        if units is None:
            self._change_hold(entry)
            return
        first = self.orders.change_units(entry, units)
        returned = iter(entry.taken)
        for changed in units.holds:
            hold = self.holds.get(changed.decision)
            is_open = hold is not None
            if hold is None:
                hold = ExpectedHold(
                    caller=entry.caller,
                    day=entry.day,
                    until=0,
                    first=first,
                    shipments={},
                    endings=[],
                    weights=self.loads.weights.get(changed.decision),
                    periods=entry.periods,
                    later=self.later.get(changed.decision, ()),
                )
            for part in changed.parts:
                self._move_part(hold, part, entry, returned)
                if part.number not in hold.shipments:
                    self.receipts.shipment_ended(changed.decision, part.number)
            hold.until = entry.until or hold.until
            hold.left = frozenset(changed.left)
            hold.endings = changed.endings.split() or ["-"] * len(hold.shipments)
            self._hold_changed(changed.decision, hold)
            self.late.note("endings", changed.decision)
            if is_open:
                self._forget_if_ended(changed.decision, hold)
            elif hold.shipments:
                self.ended.pop(changed.decision, None)
                self.holds[changed.decision] = hold
                self.open_holds[hold.caller] += 1
            else:
                self.ended[changed.decision] = changed.endings

    def _move_part(self, hold: ExpectedHold, part: PartUnits, entry: Entry, returned: Iterator[str]) -> None:
        sign = 1 if entry.kind == "undone" else -1 if part.source == "held" else 0
        shipment = hold.shipments.pop(part.number, None)
        held = Counter(shipment.units if shipment else {})
        for sku, units in part.units:
            position = sku, part.node
            held[sku] += sign * units
            self.stock.hold(position, sign * units)
            if entry.kind != "undone":
                counted = int(entry.kind == "confirmed") - int(part.source in ("held", "confirmed"))
                self.allotments.change(hold, position, counted * units, entry)
            if entry.kind == "confirmed":
                self.stock.confirm(position, units, entry.instant())
            elif entry.kind == "undone":
                self.stock.confirmed -= units
                if next(returned) == "1":
                    self.stock.put_back(position, units, entry.instant(part.left_at))
        lots = self._move_lots(shipment, part, entry)
        if entry.kind != "undone":
            placed = int(entry.kind == "confirmed") - int(part.source == "held")
            self.orders.place(hold.first, placed * sum(units for _, units in part.units))
        if +held:
            hold.shipments[part.number] = ExpectedShipment(
                node=part.node, service=part.service, units=dict(+held), lots=lots
            )
        if part.number in hold.later:
            return
        self.loads.change_shipments(hold, part.node, part.room, entry)
        becomes = "held" if entry.kind == "undone" else entry.kind
        more = (becomes in _COUNTED) - (part.source in _COUNTED)
        self.loads.change_output(hold, part.node, part.units, more, entry)

    def _move_lots(self, shipment: ExpectedShipment | None, part: PartUnits, entry: Entry) -> dict[str, LotUnits]:
        """Move the units of a part that are of lots; what the shipment then holds of lots."""
        held = dict(shipment.lots) if shipment else {}
        moved = ExpectedShipment(node=part.node, service=part.service, units={}, lots=dict(part.lots))
        for place, units in moved.places:
            self.stock.hold(place, units if entry.kind == "undone" else -units)
            if entry.kind == "undone":
                self.stock.move(place, units, entry.instant(part.left_at))
            elif entry.kind == "confirmed":
                self.stock.move(place, -units, entry.instant())
        if entry.kind != "undone":
            return _lots_without(held, moved.lots)
        return held | {sku: joined(held.get(sku, ()), lots) for sku, lots in moved.lots.items()}

    def _begin_rest(self, node: str, node_rest: NodeRest, now: int) -> None:
        """Of two rests of a node the longer counts. Those that are over are deleted, as commit_follow_up.lua does."""
        self.late.note("rests", node)
        self.resting = {name: other for name, other in self.resting.items() if other.until > now}
        if node not in self.resting or self.resting[node].until <= node_rest.until:
            self.resting[node] = node_rest

    def _hold_changed(self, decision: str, hold: ExpectedHold) -> None:
        """Note everything that a late entry about a hold may change."""
        if not self.late.begun:
            return
        self.late.note("holds", decision)
        self.late.note("callers", hold.caller)
        for shipment in hold.shipments.values():
            self.loads.note_late(hold, shipment)
            for sku in shipment.units:
                self.late.note("positions", (sku, shipment.node))
            for place, _ in shipment.places:
                self.late.note("positions", place)

    def _date_of(self, decided_at: str) -> str:
        zone = zoneinfo.ZoneInfo(self.zone)
        return datetime.datetime.fromisoformat(decided_at).astimezone(zone).date().isoformat()


def _lots_without(lots: Mapping[str, LotUnits], gone: Mapping[str, LotUnits]) -> dict[str, LotUnits]:
    """What is left of the first, by SKU, when the second are taken off."""
    left = {sku: without(of_sku, gone.get(sku, ())) for sku, of_sku in lots.items()}
    return {sku: of_sku for sku, of_sku in left.items() if of_sku}
