"""Replays the decision log, entry by entry, to the state that the ledger should have. No server is asked."""

import datetime
import zoneinfo
from collections import Counter, defaultdict
from collections.abc import Iterable, Iterator, Mapping
from dataclasses import dataclass, field, replace
from typing import Any

from msgspec import UNSET

from engine.decide.facts_record import FactsReferenceRecord
from engine.decide.order_record import OrderRecord, seconds
from engine.decide.record import DecisionRecord
from engine.model.facts import NodeRest
from engine.model.load_periods import periods_of
from engine.model.lots import LotUnits, joined, place_of, without
from engine.model.node_loads import output
from engine.store.decision_log import (
    UNREADABLE,
    Entry,
    EntryId,
    PartUnits,
    RawEntry,
    RejectionBody,
    UnitsBody,
    parse_entry,
    parse_entry_id,
)
from engine.store.hold_changes.order_change import amended_text
from engine.store.holds import is_set_aside
from engine.store.reconcile.expected_state import (
    Base,
    DayLoads,
    ExpectedHold,
    ExpectedOrder,
    ExpectedShipment,
    FloorBreach,
    LateEntries,
    Moves,
    PeriodUnits,
    PositionKey,
    PositionUnits,
    SuspectKind,
    shipments_of,
)
from engine.store.taken_units import seconds_kept

_COUNTED = frozenset({"held", "confirmed"})
"""States of units that count in what nodes are given to ship on a day."""


@dataclass(slots=True, kw_only=True)
class LogReplay:
    """The state that the ledger should have after the entry `end`."""

    zone: str = "UTC"
    """The installation's time zone, for decisions of releases that did not log the day of their loads."""
    end: EntryId = (0, 0)
    holds: dict[str, ExpectedHold] = field(default_factory=dict)
    """Holds that have not ended, by decision; those set aside for decisions that are still being made, by their id."""
    held: PositionUnits = field(default_factory=Counter)
    open_holds: Counter[str] = field(default_factory=Counter)
    """Number of holds that have not ended, by caller."""
    promised_from: dict[PositionKey, int] = field(default_factory=dict)
    """Units that were on hand when a decision last took some, less those that were confirmed since."""
    oversold: dict[PositionKey, int] = field(default_factory=dict)
    """The most units beyond those on hand that a decision which took some of a position was allowed to take."""
    days: defaultdict[str, DayLoads] = field(default_factory=lambda: defaultdict(DayLoads))
    weights: dict[str, Mapping[str, int]] = field(default_factory=dict)
    """By decision, grams a unit by SKU, where units and grams count in the loads."""
    taken: dict[str, PeriodUnits] = field(default_factory=dict)
    """What was taken in the periods of allotments, by the names of the keys (see `Keys.taken_named`)."""
    cancelled: dict[str, Counter[str]] = field(default_factory=dict)
    """Units by line that were cancelled, by order."""
    resting: dict[str, NodeRest] = field(default_factory=dict)
    """The rest of each node. Those that are over are kept for as long as commit_follow_up.lua keeps them."""
    breaches: list[FloorBreach] = field(default_factory=list)
    unreadable: list[EntryId] = field(default_factory=list)
    ended: dict[str, str | None] = field(default_factory=dict)
    """By decision that holds nothing any more, how each of its shipments ended; None if it never held anything. Whoever
    has compared one with the ledger deletes it here, so that they do not pile up.
    """
    orders: dict[str, ExpectedOrder] = field(default_factory=dict)
    """By id. Of several first decisions of an order, which earlier releases made, the latest has its id."""
    unplaced: dict[str, int] = field(default_factory=dict)
    """By first decision of an order, its units that are neither held nor waiting and have not left. Below 0, some of
    its units are in two states.
    """
    waiting: dict[str, tuple[str, int]] = field(default_factory=dict)
    """By decision with an entry in the backlog, the first decision of its order, and its units that wait."""
    shipped: int = 0
    confirmed: int = 0
    decisions: int = 0
    late: LateEntries | None = None
    """What late entries changed; None while the entries that are added are not late."""
    blocked: PositionUnits = field(default_factory=Counter)
    """Units that are there and may not be sold."""
    _moves: defaultdict[PositionKey, Moves] = field(default_factory=lambda: defaultdict(Moves))

    def add(self, raw: RawEntry) -> None:
        """Apply the next entry of the log. One that can't be read is noted, and changes nothing; one whose facts are
        not those that its record names is noted, too.
        """
        entry_id, fields = raw
        self.end = parse_entry_id(entry_id)
        try:
            self._add(parse_entry(entry_id, fields))
        except UNREADABLE:
            self.unreadable.append(self.end)

    def on_hand(self, position: PositionKey, base: Base) -> int:
        """The units of the count or load that stands, and what came and left after it."""
        units, instant = base
        return units + self._moves[position].after(instant) if position in self._moves else units

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
                self._changed("rests", entry.decision)
            case "withdrawn":
                self._wait(entry.decision, "", 0)
            case "queued" | "approved":
                self._change_order(entry)
            case _:  # a repair restored what the entries before it say
                pass

    def _move_stock(self, entry: Entry) -> None:
        for movement in entry.applied_movements:
            position, instant = (movement.sku, movement.node), entry.instant(movement.at)
            self._move(position, movement.delta, instant)
            if movement.lot:
                self._move((movement.sku, place_of(movement.node, movement.lot)), movement.delta, instant)
            self._block(position, movement.blocked)

    def _add_decision(self, entry: Entry) -> None:
        record = entry.record
        if record.facts is not UNSET and record.facts != FactsReferenceRecord.of(entry.logged_facts):
            self.unreadable.append(entry.id)
        self.decisions += 1
        if record.follows is UNSET:
            self._begin_order(record)
        elif record.because == "amended" and record.awaiting_approval is True:
            self.orders[record.order.id] = replace(self.orders[record.order.id], parked=True)
        self._move_to_backlog(entry, record)
        shipments = dict(enumerate(shipments_of(record)))
        if not shipments or record.hold is None:
            self.ended[entry.decision] = None
            return
        self._check_floors(entry, shipments, record)
        self.shipped += sum(shipment.total for shipment in shipments.values())
        date = entry.day or self._date_of(record.decided_at)
        self._place(record.first, record.units_shipped)
        self._begin_hold(
            entry,
            shipments,
            date=date,
            until=seconds(record.hold.expires_at),
            first=record.first,
            weights=None if record.weights is UNSET else record.weights,
        )

    def _begin_order(self, record: DecisionRecord) -> None:
        order, units = record.order, sum(line.quantity for line in record.order.lines)
        self.unplaced[record.first] = units
        self.orders[order.id] = ExpectedOrder(
            first=record.first,
            placed_at=seconds(order.placed_at),
            units=units,
            parked=record.awaiting_approval is True,
        )
        self._changed("orders", order.id)

    def _move_to_backlog(self, entry: Entry, record: DecisionRecord) -> None:
        """A decision's unfilled and scheduled units wait if it says so; those that waited until it decided them wait no
        more.
        """
        if record.follows is not UNSET and record.follows.because == "stock":
            self._wait(record.follows.decision, record.first, 0)
        if record.waiting is True:
            self._wait(entry.decision, record.first, record.units_waiting)

    def _wait(self, decision: str, first: str, units: int) -> None:
        """So many units of the order that `first` began wait under the decision from now on; 0: none any more."""
        first, before = self.waiting.pop(decision, (first, 0))
        self._place(first, units - before)
        if units:
            self.waiting[decision] = first, units

    def _place(self, first: str, units: int) -> None:
        if first in self.unplaced:  # unless its entry is damaged, or the units are set aside
            self.unplaced[first] -= units

    def _change_order(self, entry: Entry) -> None:
        order = self.orders[entry.changed_order]
        if entry.kind == "queued":
            self._wait(entry.decision, order.first, entry.queued_units)
        parked = order.parked and entry.kind != "approved"
        self.orders[entry.changed_order] = replace(order, changes=order.changes + 1, parked=parked)
        self._changed("orders", entry.changed_order)

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
        self._check_floors(entry, shipments)
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
        for shipment in shipments.values():
            for period in periods_of(date).of(shipment.node):
                day = self._day(period, entry.id[0])
                day.added = entry.id[0]
                day.amounts[shipment.node] += 1
            amounts = output(shipment.node, shipment.units.items(), weights)
            self._day(periods_of(date).of(shipment.node)[0], entry.id[0]).amounts.update(amounts)
            for sku, units in shipment.units.items():
                self.held[sku, shipment.node] += units
            for place, units in shipment.places:
                self.held[place] += units
        endings = ["-"] * len(shipments)
        hold = ExpectedHold(
            caller=entry.caller,
            day=date,
            until=until,
            first=first,
            shipments=shipments,
            endings=endings,
            weights=weights,
            periods=entry.periods,
        )
        if weights is not None:
            self.weights[entry.decision] = weights
        for period in entry.periods:
            for shipment in shipments.values():
                for sku, units in shipment.units.items():
                    self._begin_taking(period, (sku, shipment.node), units, entry)
        self.holds[entry.decision] = hold
        self.open_holds[entry.caller] += 1
        self._hold_changed(entry.decision, hold)

    def _check_floors(
        self, entry: Entry, shipments: Mapping[int, ExpectedShipment], record: DecisionRecord | None = None
    ) -> None:
        """Compare what a decision took, or what was set aside for it, with what was free above the floor of each
        position at that moment. On hand and the floor are in the entry; how much was held is known from the entries
        before it.
        """
        claims: PositionUnits = Counter()
        for shipment in shipments.values():
            for sku, units in shipment.units.items():
                claims[sku, shipment.node] += units
        positions = entry.positions_before or (None,) * len(claims)
        for (position, taken), before in zip(sorted(claims.items()), positions, strict=True):
            if before is None:
                if record is not None:
                    self.promised_from[position] = record.stock[position[0]][position[1]].on_hand
                continue
            on_hand, _, floor = before
            self.promised_from[position] = on_hand
            if floor < 0:
                self.oversold[position] = max(-floor, self.oversold.get(position, 0))
            free = max(0, on_hand - self.held[position] - floor)
            if taken > free:
                self.breaches.append(FloorBreach(decision=entry.decision, position=position, free=free, taken=taken))

    def _change_hold(self, entry: Entry) -> None:
        """End whole shipments of a hold, or let it last longer."""
        hold = self.holds.get(entry.decision)
        if hold is None:
            return
        self._hold_changed(entry.decision, hold)
        if entry.kind == "extended":
            hold.until = entry.until or 0
            return
        for number in list(hold.shipments) if entry.shipments is None else entry.shipments:
            shipment = hold.shipments.pop(number, None)
            if shipment is not None:
                hold.end_shipment(number, entry.kind, entry.at)
                self._end_shipment(shipment, hold, number, entry)
        self._forget_if_ended(entry.decision, hold)

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
                self._lower_held((sku, shipment.node), units)
                self._take(hold, (sku, shipment.node), -units, entry)
                self._place(hold.first, -units)
                if rejection.blocks is True:
                    self._move((sku, shipment.node), -units, entry.instant())
                    self._block((sku, shipment.node), units)
            if rejection.room:
                self._change_output(hold, shipment.node, rejected, -1, entry)
            if number not in rejection.ended:
                still_held = {sku: units for sku, units in left.items() if units}
                hold.shipments[number] = replace(shipment, units=still_held, lots=_lots_without(shipment.lots, lots))
                continue
            hold.end_shipment(number, entry.kind, entry.at)
            if rejection.room and number not in hold.left:
                self._change_loads(shipment.node, hold.day, -1, entry)
        self._forget_if_ended(entry.decision, hold)

    def _reject_lots(
        self, shipment: ExpectedShipment, rejection: RejectionBody, number: int, entry: Entry
    ) -> dict[str, LotUnits]:
        """Take rejected units of lots out of a hold; returns them by SKU."""
        lots = {} if rejection.lots is UNSET else dict(dict(rejection.lots).get(number, ()))
        for place, units in replace(shipment, lots=lots).places:
            self._lower_held(place, units)
            if rejection.blocks is True:
                self._move(place, -units, entry.instant())
        return lots

    def _move_units(self, entry: Entry) -> None:
        """Move units of shipments from one state into another. What was ended may be held again."""
        units = entry.units
        if units is None:
            self._change_hold(entry)
            return
        first = self._change_order_of(entry, units)
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
                    weights=self.weights.get(changed.decision),
                    periods=entry.periods,
                )
            for part in changed.parts:
                self._move_part(hold, part, entry, returned)
            hold.until = entry.until or hold.until
            hold.left = frozenset(changed.left)
            hold.endings = changed.endings.split() or ["-"] * len(hold.shipments)
            self._hold_changed(changed.decision, hold)
            self._changed("endings", changed.decision)
            if is_open:
                self._forget_if_ended(changed.decision, hold)
            elif hold.shipments:
                self.ended.pop(changed.decision, None)
                self.holds[changed.decision] = hold
                self.open_holds[hold.caller] += 1
            else:
                self.ended[changed.decision] = changed.endings

    def _change_order_of(self, entry: Entry, units: UnitsBody) -> str:
        """Note what an entry about units changes of their order; the order's first decision."""
        order = self.orders.get(units.order)
        if order is None:
            return ""
        if entry.kind in ("cancelled", "amended") or units.late:
            parked = order.parked or units.parks
            self.orders[units.order] = replace(order, changes=order.changes + 1, parked=parked)
            self._changed("orders", units.order)
        if units.cancelled:
            self.cancelled.setdefault(units.order, Counter()).update(units.cancelled)
            self._changed("cancelled", units.order)
            self._place(order.first, sum(units.cancelled.values()))
        if units.amended is not UNSET:
            self._amend_order(units.amended)
        for decision, count in units.waiting.items():
            self._wait(decision, order.first, count)
        return order.first

    def _amend_order(self, amended: OrderRecord) -> None:
        order, units = self.orders[amended.id], sum(line.quantity for line in amended.lines)
        self._place(order.first, order.units - units)
        self.orders[amended.id] = replace(order, units=units, amended=amended_text(amended))

    def _move_part(self, hold: ExpectedHold, part: PartUnits, entry: Entry, returned: Iterator[str]) -> None:
        sign = 1 if entry.kind == "undone" else -1 if part.source == "held" else 0
        shipment = hold.shipments.pop(part.number, None)
        held = Counter(shipment.units if shipment else {})
        for sku, units in part.units:
            position = sku, part.node
            held[sku] += sign * units
            self.held[position] += sign * units
            if not self.held[position]:
                del self.held[position]
            if entry.kind != "undone":
                counted = int(entry.kind == "confirmed") - int(part.source in ("held", "confirmed"))
                self._take(hold, position, counted * units, entry)
            if entry.kind == "confirmed":
                self._move_out(position, units, entry)
            elif entry.kind == "undone":
                self.confirmed -= units
                if next(returned) == "1":
                    self.promised_from[position] = self.promised_from.get(position, 0) + units
                    self._move(position, units, entry.instant(part.left_at))
            self._changed("positions", position)
        lots = self._move_lots(shipment, part, entry)
        if entry.kind != "undone":
            placed = int(entry.kind == "confirmed") - int(part.source == "held")
            self._place(hold.first, placed * sum(units for _, units in part.units))
        if +held:
            hold.shipments[part.number] = ExpectedShipment(
                node=part.node, service=part.service, units=dict(+held), lots=lots
            )
        self._change_loads(part.node, hold.day, part.room, entry)
        becomes = "held" if entry.kind == "undone" else entry.kind
        more = (becomes in _COUNTED) - (part.source in _COUNTED)
        self._change_output(hold, part.node, part.units, more, entry)

    def _move_lots(self, shipment: ExpectedShipment | None, part: PartUnits, entry: Entry) -> dict[str, LotUnits]:
        """Move the units of a part that are of lots; what the shipment then holds of lots."""
        held = dict(shipment.lots) if shipment else {}
        moved = ExpectedShipment(node=part.node, service=part.service, units={}, lots=dict(part.lots))
        for place, units in moved.places:
            if entry.kind == "undone":
                self.held[place] += units
                self._move(place, units, entry.instant(part.left_at))
            else:
                self._lower_held(place, units)
            if entry.kind == "confirmed":
                self._move(place, -units, entry.instant())
        if entry.kind != "undone":
            return _lots_without(held, moved.lots)
        return held | {sku: joined(held.get(sku, ()), lots) for sku, lots in moved.lots.items()}

    def _change_output(
        self, hold: ExpectedHold, node: str, units: Iterable[tuple[str, int]], sign: int, entry: Entry
    ) -> None:
        """Let so many units of a hold, and their grams, count in its date's load from now on, or not any more."""
        if hold.weights is None or not sign:
            return
        date = periods_of(hold.day).of(node)[0]
        loads = self._day(date, entry.id[0]).amounts
        for load, amount in output(node, units, hold.weights).items():
            loads[load] = max(0, loads[load] + sign * amount)
            self._changed("loads", (date, load))

    def _move_out(self, position: PositionKey, units: int, entry: Entry) -> None:
        self.confirmed += units
        if position in self.promised_from:
            self.promised_from[position] -= units
        self._move(position, -units, entry.instant())

    def _begin_rest(self, node: str, node_rest: NodeRest, now: int) -> None:
        """Of two rests of a node the longer counts. Those that are over are deleted, as commit_follow_up.lua does."""
        self._changed("rests", node)
        self.resting = {name: other for name, other in self.resting.items() if other.until > now}
        if node not in self.resting or self.resting[node].until <= node_rest.until:
            self.resting[node] = node_rest

    def _hold_changed(self, decision: str, hold: ExpectedHold) -> None:
        """Note everything that a late entry about a hold may change."""
        if not self.late:
            return
        self._changed("holds", decision)
        self._changed("callers", hold.caller)
        for shipment in hold.shipments.values():
            periods = periods_of(hold.day).of(shipment.node)
            for period in periods:
                self._changed("loads", (period, shipment.node))
            for load in output(shipment.node, shipment.units.items(), hold.weights):
                self._changed("loads", (periods[0], load))
            for sku in shipment.units:
                self._changed("positions", (sku, shipment.node))
            for place, _ in shipment.places:
                self._changed("positions", place)

    def _changed(self, kind: SuspectKind, name: Any) -> None:
        if self.late:
            self.late.changed.add((kind, name))

    def _lower_held(self, position: PositionKey, units: int) -> None:
        self.held[position] -= units
        if not self.held[position]:
            del self.held[position]
        self._changed("positions", position)

    def _begin_taking(self, period: str, position: PositionKey, units: int, entry: Entry) -> None:
        """Count units that a decision takes, and keep what is counted for as long as commit.lua does."""
        (sku, node), millis = position, entry.id[0]
        name = f"{period}:{sku}"
        if name in self.taken and self.taken[name].expired(millis):
            del self.taken[name]
        taken = self.taken.setdefault(name, PeriodUnits())
        taken.units[node] += units
        seconds = seconds_kept(period, entry.at)
        taken.kept_until = None if seconds is None else millis + 1_000 * seconds
        self._changed("taken", (name, node))

    def _take(self, hold: ExpectedHold, position: PositionKey, units: int, entry: Entry) -> None:
        """Change what counts as taken of a hold's units. Nothing is counted any more in a period that is over."""
        sku, node = position
        for period in hold.periods if units else ():
            name = f"{period}:{sku}"
            taken = self.taken.get(name)
            if taken is not None and not taken.expired(entry.id[0]):
                taken.units[node] = max(0, taken.units[node] + units)
                self._changed("taken", (name, node))

    def _change_loads(self, node: str, day: str, shipments: int, entry: Entry) -> None:
        """`day` has the periods as stored."""
        for period in periods_of(day).of(node):
            self._changed("loads", (period, node))
            if shipments:
                loads = self._day(period, entry.id[0]).amounts
                loads[node] = max(0, loads[node] + shipments)

    def _end_shipment(self, shipment: ExpectedShipment, hold: ExpectedHold, number: int, entry: Entry) -> None:
        for sku, units in shipment.units.items():
            position = sku, shipment.node
            self._lower_held(position, units)
            if entry.kind == "confirmed":
                self._move_out(position, units, entry)
            else:
                self._take(hold, position, -units, entry)
        for place, units in shipment.places:
            self._lower_held(place, units)
            if entry.kind == "confirmed":
                self._move(place, -units, entry.instant())
        if entry.kind == "confirmed":
            return
        self._place(hold.first, -shipment.total)
        self._change_output(hold, shipment.node, shipment.units.items(), -1, entry)
        if number not in hold.left:
            self._change_loads(shipment.node, hold.day, -1, entry)

    def _move(self, position: PositionKey, delta: int, instant: int) -> None:
        self._moves[position].add(instant, delta)
        self._changed("positions", position)

    def _block(self, position: PositionKey, units: int) -> None:
        self.blocked[position] += units
        if not self.blocked[position]:
            del self.blocked[position]
        self._changed("positions", position)

    def _day(self, period: str, millis: int) -> DayLoads:
        if period in self.days and self.days[period].expired(millis):
            del self.days[period]
        return self.days[period]

    def _date_of(self, decided_at: str) -> str:
        zone = zoneinfo.ZoneInfo(self.zone)
        return datetime.datetime.fromisoformat(decided_at).astimezone(zone).date().isoformat()


def _lots_without(lots: Mapping[str, LotUnits], gone: Mapping[str, LotUnits]) -> dict[str, LotUnits]:
    """What is left of the first, by SKU, when the second are taken off."""
    left = {sku: without(of_sku, gone.get(sku, ())) for sku, of_sku in lots.items()}
    return {sku: of_sku for sku, of_sku in left.items() if of_sku}
