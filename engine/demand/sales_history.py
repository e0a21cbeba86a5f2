"""What was sold of each position on each day, by the log, and on which days there was anything to sell.

Sold are the units that a decision takes, on the day it is made, less those of them that end otherwise than by leaving:
released, expired, rejected, cancelled, or not ordered any more; and less those that come back as a return. Sold, too,
are units that a movement takes out for a reason that says so, on the day it took place; those that such a movement
brings back count against.

A day on which a position had no free unit from beginning to end says nothing about what would have sold (it is
censored), and does not count, unless some of it was sold. How many were free is known from the entries that say how
many were there before and after; until the first that does, and from a load on, it is taken to have been what the next
one says, or what is there now.
"""

from collections import defaultdict
from collections.abc import Callable, Iterator, Mapping
from collections.abc import Set as AbstractSet
from dataclasses import dataclass, field

import msgspec

from engine.demand.node_days import NodeDays
from engine.demand.position_history import PositionHistory
from engine.store.log.entry import Entry
from engine.store.log.entry_bodies import MovedUnits, PartUnits, PositionLevel, Units

_MICROSECONDS = 1_000_000
_ENDINGS = frozenset({"confirmed", "released", "expired", "cancelled", "amended", "undone"})
_COUNT = frozenset({"held", "confirmed"})
"""States of units that are sold, or are going to be."""
PositionKey = tuple[str, str]
"""SKU and node."""


class _Line(msgspec.Struct):
    sku: str
    quantity: int


class _Shipment(msgspec.Struct):
    node: str
    lines: list[_Line]


class _Order(msgspec.Struct):
    id: str | None = None


class _Decision(msgspec.Struct):
    shipments: list[_Shipment]
    order: _Order = msgspec.field(default_factory=_Order)


class _Hold(msgspec.Struct):
    decision: str
    parts: list[PartUnits]


class _Holds(msgspec.Struct):
    holds: list[_Hold] = []


class _Rejection(msgspec.Struct):
    node: str
    parts: list[tuple[int, Units]]
    blocks: bool = False


# only what is needed of each body: with personal values left out, it may be no whole record
_DECISION = msgspec.json.Decoder(_Decision)
_HOLDS = msgspec.json.Decoder(_Holds)
_REJECTION = msgspec.json.Decoder(_Rejection)


@dataclass(slots=True)
class _DecidedShipment:
    """By SKU, the units of it that are held, and those that are sold: held, or gone."""

    node: str
    held: dict[str, int]
    sold: dict[str, int]


@dataclass(frozen=True, slots=True)
class _Made:
    """A decision: when it was made, and its shipments by number."""

    at: int
    shipments: Mapping[int, _DecidedShipment]


@dataclass(slots=True, kw_only=True)
class SalesHistory:
    """Give it the entries of the log in their order, and read it once. `days_of` answers the days of a node; None of
    one that the network does not have any more.
    """

    days_of: Callable[[str], NodeDays | None]
    sale_reasons: AbstractSet[str]
    _positions: dict[PositionKey, PositionHistory] = field(default_factory=dict)
    _decisions: dict[str, _Made] = field(default_factory=dict)
    _of_order: defaultdict[str, list[_Made]] = field(default_factory=lambda: defaultdict(list))
    _loaded_at: int | None = None
    """When a load last replaced stock: from then on it is not known."""

    def add(self, entry: Entry) -> None:
        """Raises what `Entry` does if the entry is damaged."""
        match entry.kind:
            case "decided":
                self._add_decision(entry)
            case "rejected":
                self._reject(entry)
            case "return_received":
                self._come_back(entry)
            case kind if kind in _ENDINGS:
                self._end(entry)
            case _:
                self._add_stock(entry)

    def _add_stock(self, entry: Entry) -> None:
        """Of what is on hand."""
        match entry.kind:
            case "moved":
                self._move(entry)
            case "received":
                self._receive(entry)
            case "counted" | "return_disposed" | "transfer_shipped" | "transfer_cancelled":
                for position, level in entry.levels_by_position:
                    self._level_after(position, level, entry.at)
            case "loaded":
                self._loaded_at = entry.at

    def positions(self) -> AbstractSet[PositionKey]:
        """Those that an entry was about."""
        return self._positions.keys()

    def sold(self, position: PositionKey, *, free_now: int, now: int, known_from: int) -> list[int] | None:
        """Units sold on each whole day from the instant `known_from` on that counts, the oldest first, of a position of
        which so many are free `now`. None if the network has no such node.
        """
        days = self.days_of(position[1])
        if days is None:
            return None
        counted = days.whole_days_from(known_from)
        history = self._positions.get(position)
        if history is None:
            return [0] * len(counted) if free_now > 0 else []
        self._after_load(history)
        history.had(free_now, now)
        return [history.sold[day] for day in counted if history.open >> day & 1 or history.sold[day] > 0]

    def _position(self, position: PositionKey) -> PositionHistory | None:
        known = self._positions.get(position)
        if known is None:
            days = self.days_of(position[1])
            if days is None:
                return None
            known = self._positions[position] = PositionHistory(days=days)
        self._after_load(known)
        return known

    def _after_load(self, position: PositionHistory) -> None:
        loaded_at = self._loaded_at
        if loaded_at is not None and position.free is not None and position.since < loaded_at:
            position.had(None, loaded_at)
            position.has(None, loaded_at)

    def _level(self, position: PositionKey, before: int, after: int, at: int) -> None:
        history = self._position(position)
        if history is not None:
            history.had(before, at)
            history.has(after, at)

    def _change(self, position: PositionKey, units: int, at: int) -> None:
        history = self._position(position)
        if history is not None:
            history.change(units, at)

    def _sell(self, position: PositionKey, units: int, instant: int) -> None:
        history = self._position(position)
        if history is not None:
            history.sell(instant, units)

    def _add_decision(self, entry: Entry) -> None:
        record = _DECISION.decode(entry.body)
        shipments: dict[int, _DecidedShipment] = {}
        taken: defaultdict[PositionKey, int] = defaultdict(int)
        for number, shipment in enumerate(record.shipments):
            units: defaultdict[str, int] = defaultdict(int)
            for line in shipment.lines:
                units[line.sku] += line.quantity
                taken[line.sku, shipment.node] += line.quantity
            shipments[number] = _DecidedShipment(shipment.node, dict(units), dict(units))
        if not shipments:
            return
        made = self._decisions[entry.decision] = _Made(entry.at, shipments)
        if record.order.id is not None:
            self._of_order[record.order.id].append(made)
        for position, units_taken in taken.items():
            self._sell(position, units_taken, entry.at)
        for sku, _, number, pegged, _ in entry.pegs:  # these are of what is to come
            taken[sku, shipments[number].node] -= pegged
        self._take(entry, taken)

    def _take(self, entry: Entry, taken: Mapping[PositionKey, int]) -> None:
        """So many units of what was on hand are held by a decision."""
        known = len(entry.positions_before) == len(taken)
        stood = entry.positions_before if known else (None,) * len(taken)
        for (position, units), before in zip(sorted(taken.items()), stood, strict=True):
            if before is None:
                self._change(position, -units, entry.at)
            else:
                free = before[0] - before[1]
                self._level(position, free, free - units, entry.at)

    def _end(self, entry: Entry) -> None:
        """Units of holds came from one state into another."""
        if entry.body:
            for hold in _HOLDS.decode(entry.body).holds:
                made = self._decisions.get(hold.decision)
                for part in hold.parts:
                    self._move_part(part, entry, made)
        else:
            self._end_shipments(entry)
        for sku, _, name, number, units in entry.unpegged:  # these were not held of what is on hand
            made = self._decisions.get(name)
            if made is not None and number in made.shipments and entry.kind != "confirmed":
                self._change((sku, made.shipments[number].node), -units, entry.at)

    def _move_part(self, part: PartUnits, entry: Entry, made: _Made | None) -> None:
        is_undone = entry.kind == "undone"
        counted = int(is_undone or entry.kind in _COUNT) - int(part.source in _COUNT)
        shipment = None if made is None else made.shipments.get(part.number)
        for sku, units in part.units:
            if made is not None and shipment is not None:
                if is_undone or part.source == "held":
                    shipment.held[sku] = shipment.held.get(sku, 0) + (units if is_undone else -units)
                self._sell_of(made, shipment, sku, counted * units)
            if part.source == "held" and entry.kind != "confirmed":
                self._change((sku, part.node), units, entry.at)

    def _end_shipments(self, entry: Entry) -> None:
        """Whole shipments ended."""
        made = self._decisions.get(entry.decision)
        if made is None:
            return
        for number in list(made.shipments) if entry.shipments is None else entry.shipments:
            shipment = made.shipments.get(number)
            if shipment is None:
                continue
            ended = entry.ended_units.get(number, tuple(shipment.held.items()))
            shipment.held.clear()
            if entry.kind != "confirmed":
                for sku, units in ended:
                    self._sell_of(made, shipment, sku, -units)
                    self._change((sku, shipment.node), units, entry.at)

    def _sell_of(self, made: _Made, shipment: _DecidedShipment, sku: str, units: int) -> None:
        """So many more units of a shipment are sold, on the day that it was decided."""
        shipment.sold[sku] = shipment.sold.get(sku, 0) + units
        self._sell((sku, shipment.node), units, made.at)

    def _reject(self, entry: Entry) -> None:
        rejection = _REJECTION.decode(entry.body)
        made = self._decisions.get(entry.decision)
        for number, units in rejection.parts:
            shipment = None if made is None else made.shipments.get(number)
            for sku, rejected in units:
                if made is not None and shipment is not None:
                    shipment.held[sku] = shipment.held.get(sku, 0) - rejected
                    self._sell_of(made, shipment, sku, -rejected)
                if not rejection.blocks:
                    self._change((sku, rejection.node), rejected, entry.at)
        for count in entry.rejection_counts:
            if count.level is not None:
                free = count.level.after - count.level.held
                self._level((count.sku, rejection.node), free, free, entry.at)

    def _move(self, entry: Entry) -> None:
        for index, movement in _applied(entry):
            position = movement.sku, movement.node
            if movement.reason in self.sale_reasons:
                stated = entry.instant(movement.at) // _MICROSECONDS
                self._sell(position, -movement.delta, stated)
            self._level_after(position, entry.levels[index] if index < len(entry.levels) else None, entry.at)

    def _level_after(self, position: PositionKey, level: PositionLevel | None, at: int) -> None:
        """An entry says what is on hand before and after, if that changed."""
        if level is not None:
            self._level(position, level.before - level.held, level.after - level.held, at)

    def _receive(self, entry: Entry) -> None:
        """Units of a receipt arrived; those that holds stood on are held then, as are those it will not bring."""
        body = entry.receipt
        held = sum(units for _, _, units in (*body.arrived, *body.lost))
        self._change((body.sku, body.node), (0 if body.in_count else body.units) - held, entry.at)

    def _come_back(self, entry: Entry) -> None:
        """Units of a return arrived: they were not sold after all, where they had been shipped from."""
        body = entry.returned
        for move in body.moves:
            left = move.quarantine
            for made in self._of_order.get(body.returned.order, ()):
                for shipment in made.shipments.values():
                    units = min(left, shipment.sold.get(move.sku, 0))
                    if units > 0:
                        self._sell_of(made, shipment, move.sku, -units)
                        left -= units


def _applied(entry: Entry) -> Iterator[tuple[int, MovedUnits]]:
    """The movements that the entry applied, each with its number among all that were asked for."""
    for index, movement in enumerate(entry.movements):
        if index < len(entry.taken) and entry.taken[index] == "1":
            yield index, movement
