"""A shipment of a decision as it was read: what is held, what is in parcels, and what is to be packed still. Pure."""

from collections import Counter
from collections.abc import Mapping
from dataclasses import dataclass

from engine.decide.record import DecisionRecord
from engine.decide.record_parts import ShipmentRecord
from engine.model.parcels import PackedShipment, Packing, ShipmentKey
from engine.store.flows.promise_state import PromiseState
from engine.store.fulfilment.shipments import StoredText
from engine.store.hold_changes.stored_holds import StoredHold
from engine.store.log.entry import Entry


@dataclass(frozen=True, slots=True, kw_only=True)
class ShipmentReading:
    """A shipment of a decision as it was read: its hold, what of it was packed, and how far its promise is."""

    key: ShipmentKey
    entry: Entry
    hold: StoredHold
    stored: StoredText
    promise: str

    @property
    def record(self) -> DecisionRecord:
        return self.entry.record

    @property
    def shipment(self) -> ShipmentRecord:
        return self.record.shipments[self.key.number]

    @property
    def packed(self) -> PackedShipment:
        return self.stored.shipment or PackedShipment(
            key=self.key, order=self.record.order.id, first=self.record.first, node=self.shipment.node
        )

    @property
    def skus(self) -> Mapping[str, str]:
        """By line."""
        return self.hold.shipments[self.key.number].skus

    @property
    def there(self) -> dict[str, int]:
        """Units by line that are held or have left."""
        units = self.hold.shipments[self.key.number]
        held, left = units.lines("held"), units.lines("confirmed")
        return {line: held.get(line, 0) + left.get(line, 0) for line in units.skus}

    @property
    def left(self) -> dict[str, int]:
        """Those of them that are in no parcel."""
        packed = self.packed.units
        return {line: units - packed.get(line, 0) for line, units in self.there.items() if units > packed.get(line, 0)}

    @property
    def is_held(self) -> bool:
        return self.key.number in self.hold.bodies


def passes(reading: ShipmentReading, after: PackedShipment) -> bool:
    """Whether its promise learns that it is packed: all of it is, it is held, and that was not reported before."""
    packed = after.units
    whole = all(packed.get(line, 0) >= units for line, units in reading.there.items())
    return whole and reading.is_held and "packed" not in PromiseState.of(reading.promise).passed


def is_reopened(reading: ShipmentReading, after: PackedShipment) -> bool:
    """Whether its promise learns that it is not packed any more: some of it is in no parcel, it is held, and it has
    passed no later milestone.
    """
    packed = after.units
    lacks = any(packed.get(line, 0) < units for line, units in reading.there.items())
    return lacks and reading.is_held and PromiseState.of(reading.promise).last == "packed"


def packings_let_go(reading: ShipmentReading) -> tuple[Packing, ...]:
    """Packings with units of a line of which fewer are there than are packed, the latest first. What expired may leave
    yet.
    """
    units = reading.hold.shipments[reading.key.number]
    there = Counter(reading.there) + Counter(units.lines("expired"))
    packed, let_go = Counter(reading.packed.units), []
    for packing in reversed(reading.packed.valid):
        if (packed - there).keys() & packing.units.keys():
            let_go.append(packing)
            packed -= Counter(packing.units)
    return tuple(let_go)
