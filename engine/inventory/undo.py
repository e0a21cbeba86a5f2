"""Works out which confirmed units are held again when a confirm is undone. Pure."""

from collections import Counter
from collections.abc import Iterator, Mapping, Sequence
from dataclasses import dataclass, field, replace

import orjson

from engine.decide.order_record import seconds
from engine.errors import HoldEnded
from engine.inventory.hold_length import in_words
from engine.inventory.hold_requests import asked_shipments, hold_ended
from engine.inventory.unit_choice import Chosen, QuantityText, choose_units
from engine.model.lots import LotUnits, first_of, without
from engine.store.hold_changes.hold_change import HoldChange, UnitsReturned
from engine.store.hold_changes.shipment_units import LineUnits, ShipmentName, ShipmentUnits
from engine.store.hold_changes.stored_holds import StoredHold
from engine.store.log.stored_entry import parse_entry_id

HELD_AGAIN_SECONDS = 30 * 60
"""For how long units are held again at least."""
_MINUTE = 60


@dataclass(frozen=True, slots=True, kw_only=True)
class Confirm:
    """What of a confirm can be undone: the log entry, when it was, and units by line, by the number of their shipment.
    `left_at` is when they left, in UTC microseconds, which earlier releases did not store. `stored` is as
    `Keys.confirms` has it.
    """

    entry: str
    at: int
    units: Mapping[int, Mapping[str, int]]
    left_at: int | None
    stored: str
    lots: Mapping[int, Mapping[str, LotUnits]] = field(default_factory=dict)
    """By number, which of the units are of lots, by SKU."""

    @classmethod
    def of(cls, entry: bytes, stored: bytes) -> "Confirm":
        at, parts, *left_at = orjson.loads(stored)
        return cls(
            entry=entry.decode(),
            at=at,
            units={number: lines for number, lines, *_ in parts},
            left_at=left_at[0] if left_at else None,
            stored=stored.decode(),
            lots={
                number: {sku: tuple((label, units) for label, units in lots) for sku, lots in of_skus[0].items()}
                for number, _, *of_skus in parts
                if of_skus
            },
        )

    def without(self, returned: Sequence[UnitsReturned]) -> str:
        """As it is stored once units are held again; empty if nothing can be undone any more."""
        left = {number: Counter(lines) for number, lines in self.units.items()}
        lots = {number: dict(of_skus) for number, of_skus in self.lots.items()}
        for item in returned:
            left[item.number] -= Counter(item.lines)
            lots.get(item.number, {}).update(
                {sku: without(self.lots[item.number][sku], of_sku) for sku, of_sku in item.lots.items()}
            )
        parts = [
            (number, dict(lines), *([lots[number]] if number in lots else []))
            for number, lines in left.items()
            if lines
        ]
        return (
            orjson.dumps([self.at, parts, *([] if self.left_at is None else [self.left_at])]).decode() if parts else ""
        )


@dataclass(frozen=True, slots=True, kw_only=True)
class UndoRequest:
    """Units of a decision that were confirmed in the last `seconds` did not leave: of these `shipments`, or of all; and
    of these so many units of each line or SKU in `lines`, or all.
    """

    decision: str
    seconds: int
    shipments: Sequence[ShipmentName] = ()
    lines: Mapping[str, int] = field(default_factory=dict)

    @property
    def fingerprint(self) -> str:
        """Tells another request under the same name."""
        parts = [sorted(set(self.shipments)), sorted(self.lines.items())]
        return f"undone {orjson.dumps(parts).decode()}"

    def change(self, stored: StoredHold, confirms: Sequence[Confirm], *, now: int, text: QuantityText) -> HoldChange:
        """What becomes of the hold: units of the latest confirms are taken first. Raises HoldEnded if none of the units
        was confirmed, or all were so long ago; InputInvalid.
        """
        recent = sorted(
            (confirm for confirm in confirms if confirm.at > now - self.seconds),
            key=lambda confirm: parse_entry_id(confirm.entry.encode()),
            reverse=True,
        )
        chosen = self._choose(stored, recent, text)
        returned = list(_take(chosen, recent, stored))
        by_entry = {
            confirm.entry: (confirm, [item for item in returned if item.entry == confirm.entry]) for confirm in recent
        }
        return HoldChange(
            before=stored,
            after=tuple(
                _held_again(item, chosen[item.number], returned, now) if item.number in chosen else item
                for item in stored.shipments
            ),
            returned=returned,
            confirms={entry: (confirm.stored, confirm.without(of)) for entry, (confirm, of) in by_entry.items() if of},
            until=max(_expiry(stored), now + HELD_AGAIN_SECONDS),
        )

    def _choose(self, stored: StoredHold, recent: Sequence[Confirm], text: QuantityText) -> Chosen:
        asked = asked_shipments(stored, self.shipments)
        undoable: dict[int, Counter[str]] = {item.number: Counter() for item in asked}
        for confirm in recent:
            for number, lines in confirm.units.items():
                if number in undoable:
                    undoable[number].update(lines)
        shipments = [replace(item, units={"confirmed": undoable[item.number]}) for item in asked]
        if any(undoable.values()):
            return choose_units(self.lines, shipments, "confirmed", verb="undone", text=text)
        if not any(item.lines("confirmed") for item in asked):
            raise HoldEnded(f"nothing of what is asked for is confirmed in decision {self.decision}")
        length = in_words(self.seconds // _MINUTE)
        limit = f"a confirm can be undone for {length} (POINTSMAN_UNDO)"
        raise HoldEnded(f"{hold_ended(stored)}; {limit}. If the goods are there, send a stock movement")


def _held_again(item: ShipmentUnits, lines: LineUnits, returned: Sequence[UnitsReturned], now: int) -> ShipmentUnits:
    moved = item.moved(lines, "confirmed", "held", at=now)
    for part in returned:
        if part.number == item.number and part.lots:
            moved = moved.with_lots(part.lots)
    return moved


def _take(chosen: Chosen, recent: Sequence[Confirm], stored: StoredHold) -> Iterator[UnitsReturned]:
    """The chosen units, by the confirms that had them."""
    missing = {number: Counter(lines) for number, lines in chosen.items()}
    for confirm in recent:
        for number, lines in confirm.units.items():
            taken = missing.get(number, Counter()) & Counter(lines)
            if taken:
                missing[number] -= taken
                lots = _lots_returned(stored.shipments[number], confirm, taken)
                yield UnitsReturned(number=number, lines=taken, entry=confirm.entry, left_at=confirm.left_at, lots=lots)


def _lots_returned(shipment: ShipmentUnits, confirm: Confirm, lines: LineUnits) -> dict[str, LotUnits]:
    """Of the lots that left by the confirm, those of units that did not after all: the last to expire."""
    left, back = (dict(shipment.sku_units(units)) for units in (confirm.units[shipment.number], lines))
    lots = confirm.lots.get(shipment.number, {})
    kept = {sku: first_of(of_sku, left.get(sku, 0) - back.get(sku, 0)) for sku, of_sku in lots.items()}
    return {sku: gone for sku, of_sku in lots.items() if (gone := without(of_sku, kept[sku]))}


def _expiry(stored: StoredHold) -> int:
    """When the hold expires, or would have."""
    if stored.until is not None:
        return stored.until
    return seconds(stored.record.hold.expires_at) if stored.record.hold else 0
