"""Changes of a hold's units, as scripts with parts/hold_changes.lua take them and as the log has them. Pure."""

from collections import Counter
from collections.abc import Iterable, Iterator, Mapping, Sequence
from dataclasses import dataclass, field
from typing import Any, NamedTuple, TypeAlias

from engine.model.load_periods import periods_of
from engine.model.lots import LotUnits, without
from engine.model.node_loads import output
from engine.store.hold_changes.shipment_units import LineUnits, ShipmentUnits, endings_text
from engine.store.hold_changes.stored_holds import Peg, StoredHold
from engine.store.holds import Hold, periods_text, shipment_json, weights_json
from engine.store.log.entry_bodies import HoldUnits, PartUnits
from engine.store.outcomes import UnitState
from engine.store.taken_units import TakenKeys

Shipments: TypeAlias = tuple[ShipmentUnits, ...]
"""All those of a decision."""


@dataclass(frozen=True, slots=True, kw_only=True)
class UnitsReturned:
    """Units of the shipment `number` that are held again. They were confirmed by the log entry `entry`, and are on hand
    again unless the count that stands is later than `left_at`, when they were said to have left (UTC microseconds; None
    if an earlier release confirmed them).
    """

    number: int
    lines: LineUnits
    entry: str
    left_at: int | None
    lots: Mapping[str, LotUnits] = field(default_factory=dict)
    """By SKU, which of them are of lots."""


@dataclass(frozen=True, slots=True, kw_only=True)
class HoldChange:
    """What becomes of a hold as it was read: `after` are its decision's shipments afterwards.

    `returned` are units that are held again, and `confirms` the confirms that had them, before and after; the hold then
    lasts until `until`. `keeps_room`: shipments that end go on counting in the load of their node's day.
    """

    before: StoredHold
    after: Shipments
    returned: Sequence[UnitsReturned] = ()
    confirms: Mapping[str, tuple[str, str]] = field(default_factory=dict)
    until: int = 0
    keeps_room: bool = False

    @property
    def changed(self) -> list[tuple[ShipmentUnits, ShipmentUnits]]:
        """The shipments of which units change, before and after."""
        return _changed(self.before.shipments, self.after)

    @property
    def skus(self) -> list[str]:
        return list(dict.fromkeys(sku for before, _ in self.changed for sku in before.skus.values()))

    @property
    def nodes(self) -> list[str]:
        return [before.node for before, _ in self.changed]

    @property
    def ended(self) -> int:
        """How many shipments are neither held any more nor have left."""
        return sum(before.counts and not after.counts for before, after in self.changed)

    def more_output(self, before: ShipmentUnits, after: ShipmentUnits) -> dict[str, int]:
        """By field of its node's loads, how many more units and grams of a shipment count after the change: those that
        are held or have left.
        """
        weights = self.before.weights
        if before.number in self.before.later:
            return {}
        more = output(before.node, after.counted, weights)
        more.subtract(output(before.node, before.counted, weights))
        return {field: amount for field, amount in more.items() if amount}

    @property
    def unpegged(self) -> Iterator[tuple[Peg, int]]:
        """What stood on receipts and is not held any more, as parts/hold_changes.lua takes it: units that do not leave,
        the last to arrive first.
        """
        for before, after in self.changed if self.before.pegs else ():
            held = dict(before.by_sku("held")), dict(after.by_sku("held"))
            left = dict(before.by_sku("confirmed")), dict(after.by_sku("confirmed"))
            for sku in dict.fromkeys(before.skus.values()):
                ended = held[0].get(sku, 0) - held[1].get(sku, 0) - left[1].get(sku, 0) + left[0].get(sku, 0)
                for peg in self.before.pegs_of(before.number, sku):
                    units = max(0, min(peg.units, ended))
                    ended -= units
                    if units:
                        yield peg, units

    def record(self, index: "ScriptIndex", taken: TakenKeys) -> dict[str, Any]:
        """As parts/hold_changes.lua reads it; `taken` numbers the keys of what was taken."""
        stored = self.before
        record: dict[str, Any] = {
            "id": stored.decision,
            "until": "" if stored.until is None else str(stored.until),
            "endings": stored.endings,
            "ended": endings_text(self.after),
            "parts": [self._part(before, after, index, taken) for before, after in self.changed],
        }
        if stored.pegs:
            record["pegs"] = [
                [index.skus[peg.sku], peg.receipt, str(peg.number), peg.units, peg.expected_at]
                for peg in stored.pegs
                if peg.sku in index.skus
            ]
        if self.returned:
            record["open"] = {"until": str(self.until), "caller": stored.caller, "day": stored.day}
            if stored.weights is not None:
                record["open"]["weights"] = weights_json(stored.weights)
            if stored.periods:
                record["open"]["periods"] = periods_text(stored.periods)
            record["confirms"] = {
                entry: {"before": before, "after": after} for entry, (before, after) in self.confirms.items()
            }
        elif stored.until is not None and not any(shipment.lines("held") for shipment in self.after):
            record["close"] = stored.caller
        return record

    def _part(
        self, before: ShipmentUnits, after: ShipmentUnits, index: "ScriptIndex", taken: TakenKeys
    ) -> dict[str, Any]:
        number, held = before.number, after.by_sku("held")
        room = _room(before, after)
        more = {} if self.keeps_room else self.more_output(before, after)
        part = {
            "number": str(number),
            "node": before.node,
            "loads": [index.periods[name] for name in self._periods(before)],
            "before": self.before.bodies.get(number, b"").decode(),
            "after": shipment_json(before.node, before.service, held, after.lots) if held else "",
            "outcomes_before": self.before.outcomes.get(number, b"").decode(),
            "outcomes": after.outcomes,
            "room": 0 if self.keeps_room else room,
            "units": list(self._units(before, after, index.skus)),
            **({"outputs": [[field, str(amount)] for field, amount in more.items()]} if more else {}),
        }
        if self.before.periods:
            part["taken"] = [
                [taken.number(period, sku), units]
                for sku, units in units_taken(before, after).items()
                for period in self.before.periods
            ]
        return part

    def _periods(self, shipment: ShipmentUnits) -> Sequence[str]:
        """Those in whose loads the shipment counts."""
        later = shipment.number in self.before.later
        return () if later else periods_of(self.before.day).of(shipment.node)

    def _units(self, before: ShipmentUnits, after: ShipmentUnits, index_of: Mapping[str, int]) -> Iterator[list[Any]]:
        for returned in self.returned:
            if returned.number == before.number:
                for sku, count in before.sku_units(returned.lines):
                    instant = [] if returned.left_at is None else [returned.left_at]
                    yield [index_of[sku], str(count), str(count), *instant]
                    for label, units in returned.lots.get(sku, ()):
                        at = False if returned.left_at is None else returned.left_at
                        yield [index_of[sku], str(units), str(units), at, False, label]
        if not self.returned:
            on_backorder = self.before.on_backorder(before.number)
            held = dict(before.by_sku("held")), dict(after.by_sku("held"))
            left = dict(before.by_sku("confirmed")), dict(after.by_sku("confirmed"))
            for sku in dict.fromkeys(before.skus.values()):
                held_more = held[1].get(sku, 0) - held[0].get(sku, 0)
                left_more = left[1].get(sku, 0) - left[0].get(sku, 0)
                if held_more or left_more:
                    unit = [index_of[sku], str(held_more), str(-left_more)]
                    yield [*unit, False, True] if sku in on_backorder and left_more else unit
                left_lots, lots = dict(after.lots_left.get(sku, ())), dict(after.lots.get(sku, ()))
                for label, count in before.lots.get(sku, ()):
                    if count != lots.get(label, 0):
                        more = str(lots.get(label, 0) - count)
                        yield [index_of[sku], more, str(-left_lots.get(label, 0)), False, False, label]


class ScriptIndex(NamedTuple):
    """The numbers, from 1, that SKUs and periods of loads have among the keys of the script."""

    skus: Mapping[str, int]
    periods: Mapping[str, int]

    @classmethod
    def of(cls, changes: Iterable[HoldChange]) -> "ScriptIndex":
        """Of all that the changes concern."""
        changes = list(changes)
        return cls.of_names(
            (sku for change in changes for sku in change.skus),
            (name for change in changes for node in change.nodes for name in periods_of(change.before.day).of(node)),
        )

    @classmethod
    def of_names(cls, skus: Iterable[str], periods: Iterable[str]) -> "ScriptIndex":
        """Of these in their order, each once."""
        numbered = ({name: number for number, name in enumerate(dict.fromkeys(its), 1)} for its in (skus, periods))
        return cls(*numbered)


@dataclass(frozen=True, slots=True, kw_only=True)
class WholeEnding:
    """All that a hold still holds ends at the instant `at`, where only the hold was read, and `endings` as stored."""

    hold: Hold
    endings: str
    kind: UnitState
    at: int

    @property
    def index(self) -> ScriptIndex:
        periods = periods_of(self.hold.day)
        return ScriptIndex.of_names(
            self.hold.skus, (name for shipment in self.hold.shipments for name in periods.of(shipment.node))
        )

    def record(self, taken: TakenKeys) -> dict[str, Any]:
        """As parts/hold_changes.lua reads it; `taken` numbers the keys of what was taken."""
        hold, index, periods = self.hold, self.index, periods_of(self.hold.day)
        words = self.endings.split()
        words += ["-"] * (1 + max(shipment.number for shipment in hold.shipments) - len(words))
        for shipment in hold.shipments:
            words[shipment.number] = f"{self.kind}:{self.at}"
        return {
            "id": hold.id,
            "until": str(hold.until),
            "endings": self.endings,
            "ended": " ".join(words),
            "close": hold.caller,
            "parts": [
                {
                    "number": str(shipment.number),
                    "node": shipment.node,
                    "loads": [
                        index.periods[name] for name in periods.of(shipment.node) if shipment.number not in hold.later
                    ],
                    "before": shipment.body.decode(),
                    "after": "",
                    "units": [
                        *[[index.skus[sku], str(-units), "0"] for sku, units in shipment.units],
                        *[
                            [index.skus[sku], str(-units), "0", False, False, label]
                            for sku, lots in shipment.lots.items()
                            for label, units in lots
                        ],
                    ],
                    "outputs": [
                        [field, str(-amount)]
                        for field, amount in output(shipment.node, shipment.units, hold.weights).items()
                        if self.kind != "confirmed" and shipment.number not in hold.later
                    ],
                    "taken": [
                        [taken.number(period, sku), 0 if self.kind == "confirmed" else -units]
                        for sku, units in shipment.units
                        for period in hold.periods
                    ],
                }
                for shipment in hold.shipments
            ],
        }


def units_taken(before: ShipmentUnits, after: ShipmentUnits) -> dict[str, int]:
    """By SKU, how many more units of a shipment count as taken: those that are held or have left."""
    more: Counter[str] = Counter()
    for shipment, sign in ((after, 1), (before, -1)):
        for sku, units in (*shipment.by_sku("held"), *shipment.by_sku("confirmed")):
            more[sku] += sign * units
    return {sku: units for sku, units in more.items() if units}


def moved_units(decision: str, before: Shipments, after: Shipments, target: UnitState) -> HoldUnits:
    """As the log has it: the units that came into the state `target` between these two."""
    return HoldUnits(
        decision=decision,
        endings=endings_text(after),
        left=_left(after),
        parts=tuple(_moved_part(old, new, target) for old, new in _changed(before, after)),
    )


def returned_units(change: HoldChange) -> HoldUnits:
    """As the log has it: units that are held again, in the order in which parts/hold_changes.lua returns them."""
    return HoldUnits(
        decision=change.before.decision,
        endings=endings_text(change.after),
        left=_left(change.after),
        parts=tuple(
            PartUnits(
                number=before.number,
                node=before.node,
                service=before.service,
                source="confirmed",
                units=before.sku_units(returned.lines),
                lines=tuple(returned.lines.items()),
                room=0,
                left_at=returned.left_at,
                lots=_as_logged(returned.lots),
            )
            for before, _ in change.changed
            for returned in change.returned
            if returned.number == before.number
        ),
    )


def whole_numbers(before: Shipments, after: Shipments) -> tuple[int, ...] | None:
    """The numbers of the shipments that change, if of each of them all that was held ended; None otherwise."""
    changed = _changed(before, after)
    if any(not old.lines("held") or new.lines("held") for old, new in changed):
        return None
    return tuple(old.number for old, _ in changed)


def _changed(before: Shipments, after: Shipments) -> list[tuple[ShipmentUnits, ShipmentUnits]]:
    return [(old, new) for old, new in zip(before, after, strict=True) if old.units != new.units]


def _left(shipments: Shipments) -> tuple[int, ...]:
    return tuple(shipment.number for shipment in shipments if shipment.lines("confirmed"))


def _room(before: ShipmentUnits, after: ShipmentUnits) -> int:
    """By how many shipments the load of the node's day changes."""
    return int(after.counts) - int(before.counts)


def _moved_part(before: ShipmentUnits, after: ShipmentUnits, target: UnitState) -> PartUnits:
    earlier = before.lines(target)
    lines = {line: count - earlier.get(line, 0) for line, count in after.lines(target).items()}
    lines = {line: count for line, count in lines.items() if count}
    return PartUnits(
        number=before.number,
        node=before.node,
        service=before.service,
        source=next(state for state in before.units if state != target and before.lines(state) != after.lines(state)),
        units=after.sku_units(lines),
        lines=tuple(lines.items()),
        room=_room(before, after),
        lots=_as_logged({sku: without(lots, after.lots.get(sku, ())) for sku, lots in before.lots.items()}),
    )


def _as_logged(lots: Mapping[str, LotUnits]) -> tuple[tuple[str, LotUnits], ...]:
    return tuple((sku, of_sku) for sku, of_sku in lots.items() if of_sku)
