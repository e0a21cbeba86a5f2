"""Reads in the log which units of shipments are held again because their confirm was undone. Pure."""

from collections import Counter
from collections.abc import Iterable, Mapping
from dataclasses import dataclass
from typing import Final, Self

import msgspec

from engine.model.parcels import ShipmentKey
from engine.store.fulfilment.stored_shipment import shipment_key
from engine.store.log.entry import Entry

UNDONE: Final = "undone"
"""The kind of entries about confirms that were undone."""
KINDS: Final = frozenset({UNDONE, "confirmed", "packing_reopened"})
"""Those by which `still_returned` goes."""
_PREFIX: Final = f"{UNDONE} "


@dataclass(frozen=True, slots=True, kw_only=True)
class ReturnedUnits:
    """Units by line of a shipment that are held again, by the entry of the log with that id."""

    key: ShipmentKey
    lines: Mapping[str, int]
    entry: str

    @property
    def name(self) -> str:
        """By which it is stored as what is to be tried again; `of_name` has it back."""
        return f"{_PREFIX}{self.entry} {self.key} {msgspec.json.encode(self.lines, order='sorted').decode()}"

    @classmethod
    def of_name(cls, name: str) -> Self | None:
        """None if it is the name of something else."""
        if not name.startswith(_PREFIX):
            return None
        entry, key, lines = name.removeprefix(_PREFIX).split(" ", 2)
        return cls(key=shipment_key(key), lines=msgspec.json.decode(lines, type=dict[str, int]), entry=entry)


def returned_by(entry: Entry) -> list[ReturnedUnits]:
    """What an entry of the kind UNDONE says is held again."""
    name = "{}-{}".format(*entry.id)
    return [ReturnedUnits(key=key, lines=lines, entry=name) for key, lines in _units_by_shipment(entry).items()]


def still_returned(entries: Iterable[Entry]) -> list[ReturnedUnits]:
    """What the log as a whole says is held again, each by the last entry about it: without units that were confirmed
    again, or whose packing was listed again since. `entries` are those of KINDS, oldest first.
    """
    returned: dict[ShipmentKey, ReturnedUnits] = {}
    for entry in entries:
        if entry.kind == UNDONE:
            for item in returned_by(entry):
                before = returned.get(item.key)
                lines = Counter(item.lines) + Counter(before.lines if before else {})
                returned[item.key] = ReturnedUnits(key=item.key, lines=lines, entry=item.entry)
        elif entry.kind == "packing_reopened":
            body = entry.packing
            _take(returned, ShipmentKey(entry.decision, body.number), body.packing.packing.units)
        elif entry.units is not None:
            for key, units in _units_by_shipment(entry).items():
                _take(returned, key, units)
        else:
            for key in [key for key in returned if _is_about(entry, key)]:
                del returned[key]
    return list(returned.values())


def _take(returned: dict[ShipmentKey, ReturnedUnits], key: ShipmentKey, units: Mapping[str, int]) -> None:
    before = returned.pop(key, None)
    rest = Counter(before.lines) - Counter(units) if before else None
    if before and rest:
        returned[key] = ReturnedUnits(key=key, lines=rest, entry=before.entry)


def _is_about(entry: Entry, key: ShipmentKey) -> bool:
    """Whether whole shipments were confirmed, and this is one of them."""
    return key.decision == entry.decision and (entry.shipments is None or key.number in entry.shipments)


def _units_by_shipment(entry: Entry) -> dict[ShipmentKey, Counter[str]]:
    units: dict[ShipmentKey, Counter[str]] = {}
    for hold in entry.units.holds if entry.units is not None else ():
        for part in hold.parts:
            units.setdefault(ShipmentKey(hold.decision, part.number), Counter()).update(dict(part.lines))
    return units
