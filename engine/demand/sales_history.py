"""What was sold of each position on each day, by the log, and on which days there was anything to sell.

Sold are the units that a decision takes, on the day it is made, less those of them that end otherwise than by leaving:
released, expired, rejected, cancelled, or not ordered any more. Sold, too, are units that a movement takes out for a
reason that says so, on the day it took place; those that such a movement brings back count against.

A day on which a position had no free unit from beginning to end says nothing about what would have sold (it is
censored), and does not count, unless some of it was sold. How many were free is known from the entries that say how
many were there before and after; until the first that does, and from a load on, it is taken to have been what the next
one says, or what is there now.
"""

from collections import defaultdict
from collections.abc import Callable, Iterator
from collections.abc import Set as AbstractSet
from dataclasses import dataclass, field

import msgspec

from engine.demand.node_days import NodeDays
from engine.store.log.entry import Entry
from engine.store.log.entry_bodies import MovedUnits, PartUnits, Units

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


class _Decision(msgspec.Struct):
    shipments: list[_Shipment]


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


@dataclass(slots=True, kw_only=True)
class _Position:
    """`open` has a bit for each day on which some unit was free. `free` were so many from the instant `since` on; None:
    not known.
    """

    days: NodeDays
    sold: defaultdict[int, int] = field(default_factory=lambda: defaultdict(int))
    open: int = 0
    free: int | None = None
    since: int = 0

    def sell(self, instant: int, units: int) -> None:
        self.sold[self.days.day_of(instant)] += units

    def had(self, before: int | None, instant: int) -> None:
        """So many units were free until the instant, if that is known of it (None: not)."""
        self._mark(before if self.free is None else self.free, instant)

    def has(self, free: int | None, instant: int) -> None:
        self.free, self.since = free, instant

    def change(self, units: int, instant: int) -> None:
        """So many units more are free from the instant on. Fewer than is not known is not known either."""
        if self.free is not None or units > 0:
            self.had(None, instant)
            self.has((self.free or 0) + units, instant)

    def _mark(self, free: int | None, until: int) -> None:
        if free is not None and free <= 0:
            return
        first, last = max(0, self.days.day_of(self.since)), min(self.days.day_of(until - 1), self.days.count - 1)
        if first <= last:
            self.open |= (1 << (last + 1)) - (1 << first)


@dataclass(slots=True)
class _HeldShipment:
    node: str
    units: dict[str, int]


@dataclass(slots=True, kw_only=True)
class SalesHistory:
    """Give it the entries of the log in their order, and read it once. `days_of` answers the days of a node; None of
    one that the network does not have any more.
    """

    days_of: Callable[[str], NodeDays | None]
    sale_reasons: AbstractSet[str]
    _positions: dict[PositionKey, _Position] = field(default_factory=dict)
    _holds: dict[str, tuple[int, dict[int, _HeldShipment]]] = field(default_factory=dict)
    """By decision, when it was made, and what is still held of its shipments, by number."""
    _loaded_at: int | None = None
    """When a load last replaced stock: from then on it is not known."""

    def add(self, entry: Entry) -> None:
        """Raises what `Entry` does if the entry is damaged."""
        match entry.kind:
            case "decided":
                self._add_decision(entry)
            case "rejected":
                self._reject(entry)
            case "moved":
                self._move(entry)
            case "counted":
                for position, level in zip(entry.counted_positions, entry.levels, strict=True):
                    if level is not None:
                        self._level(position, level.before - level.held, level.after - level.held, entry.at)
            case "loaded":
                self._loaded_at = entry.at
            case kind if kind in _ENDINGS:
                self._end(entry)

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

    def _position(self, position: PositionKey) -> _Position | None:
        known = self._positions.get(position)
        if known is None:
            days = self.days_of(position[1])
            if days is None:
                return None
            known = self._positions[position] = _Position(days=days)
        self._after_load(known)
        return known

    def _after_load(self, position: _Position) -> None:
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
        shipments: dict[int, _HeldShipment] = {}
        claims: defaultdict[PositionKey, int] = defaultdict(int)
        for number, shipment in enumerate(_DECISION.decode(entry.body).shipments):
            units: defaultdict[str, int] = defaultdict(int)
            for line in shipment.lines:
                units[line.sku] += line.quantity
                claims[line.sku, shipment.node] += line.quantity
            shipments[number] = _HeldShipment(shipment.node, dict(units))
        if not shipments:
            return
        self._holds[entry.decision] = entry.at, shipments
        stood = entry.positions_before if len(entry.positions_before) == len(claims) else (None,) * len(claims)
        for (position, units_taken), before in zip(sorted(claims.items()), stood, strict=True):
            self._sell(position, units_taken, entry.at)
            if before is None:
                self._change(position, -units_taken, entry.at)
            else:
                free = before[0] - before[1]
                self._level(position, free, free - units_taken, entry.at)

    def _end(self, entry: Entry) -> None:
        """Units of holds came from one state into another."""
        if not entry.body:
            self._end_shipments(entry)
            return
        for hold in _HOLDS.decode(entry.body).holds:
            made_at, shipments = self._holds.get(hold.decision, (None, {}))
            for part in hold.parts:
                self._move_part(part, entry, made_at, shipments.get(part.number))

    def _move_part(self, part: PartUnits, entry: Entry, made_at: int | None, held: _HeldShipment | None) -> None:
        is_undone = entry.kind == "undone"
        counted = int(is_undone or entry.kind in _COUNT) - int(part.source in _COUNT)
        for sku, units in part.units:
            if held is not None and (is_undone or part.source == "held"):
                held.units[sku] = held.units.get(sku, 0) + (units if is_undone else -units)
            if made_at is not None and counted:
                self._sell((sku, part.node), counted * units, made_at)
            if part.source == "held" and entry.kind != "confirmed":
                self._change((sku, part.node), units, entry.at)

    def _end_shipments(self, entry: Entry) -> None:
        """Whole shipments ended."""
        made_at, shipments = self._holds.get(entry.decision, (None, {}))
        for number in list(shipments) if entry.shipments is None else entry.shipments:
            held = shipments.get(number)
            if held is None or made_at is None:
                continue
            ended = entry.ended_units.get(number, tuple(held.units.items()))
            held.units = {}
            if entry.kind != "confirmed":
                self._give_back(held.node, ended, made_at, entry.at)

    def _give_back(self, node: str, units: Units, made_at: int, at: int) -> None:
        for sku, number in units:
            self._sell((sku, node), -number, made_at)
            self._change((sku, node), number, at)

    def _reject(self, entry: Entry) -> None:
        rejection = _REJECTION.decode(entry.body)
        made_at, shipments = self._holds.get(entry.decision, (None, {}))
        for number, units in rejection.parts:
            held = shipments.get(number)
            for sku, rejected in units:
                if held is not None:
                    held.units[sku] = held.units.get(sku, 0) - rejected
                if made_at is not None:
                    self._sell((sku, rejection.node), -rejected, made_at)
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
            level = entry.levels[index] if index < len(entry.levels) else None
            if level is not None:
                self._level(position, level.before - level.held, level.after - level.held, entry.at)


def _applied(entry: Entry) -> Iterator[tuple[int, MovedUnits]]:
    """The movements that the entry applied, each with its number among all that were asked for."""
    for index, movement in enumerate(entry.movements):
        if index < len(entry.taken) and entry.taken[index] == "1":
            yield index, movement
