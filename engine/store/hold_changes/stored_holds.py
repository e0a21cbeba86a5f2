"""Reads holds as they are stored, with where each unit of their decisions' shipments is."""

from collections.abc import Mapping, Sequence
from dataclasses import dataclass

from msgspec import UNSET

from engine.decide.record import DecisionRecord
from engine.store.connection.client import Client, faults
from engine.store.hold_changes.shipment_units import ShipmentUnits, shipments_of
from engine.store.holds import hold_of
from engine.store.keys import Keys
from engine.store.log.entry import Entry


@dataclass(frozen=True, slots=True, kw_only=True)
class StoredHold:
    """A decision's hold as it was read, open or not; `until` is None if nothing is held. As stored are `bodies`, the
    shipments that hold units, by number, and `outcomes`, what became of units one by one.
    """

    record: DecisionRecord
    caller: str
    day: str
    until: int | None
    bodies: Mapping[int, bytes]
    endings: str
    outcomes: Mapping[int, bytes]
    shipments: tuple[ShipmentUnits, ...]
    periods: tuple[str, ...] = ()
    """The periods of allotments in which its units count as taken."""

    @property
    def weights(self) -> Mapping[str, int] | None:
        """Grams a unit by SKU, if its units and grams count in what nodes ship on its day."""
        return None if self.record.weights is UNSET else self.record.weights

    @property
    def held(self) -> list[ShipmentUnits]:
        """The shipments that hold units. If a hold was lost, units that should be held are not."""
        return [shipment for shipment in self.shipments if shipment.number in self.bodies]

    @property
    def decision(self) -> str:
        return self.record.id or ""

    def on_backorder(self, number: int) -> frozenset[str]:
        """The SKUs of a shipment of which its decision took units that were not on hand."""
        return frozenset(line.sku for line in self.record.shipments[number].lines if line.backorder)


def read_stored_holds(client: Client, keys: Keys, entries: Sequence[Entry]) -> list[StoredHold]:
    """The holds of the decisions that were logged by these entries, in the same order."""
    records = [entry.record for entry in entries]
    with faults(), client.redis.pipeline(transaction=False) as read:
        for entry, record in zip(entries, records, strict=True):
            read.hgetall(keys.hold(entry.decision))
            read.hget(keys.endings, entry.decision)
            fields = [f"{entry.decision} {number}" for number in range(len(record.shipments))]
            read.hmget(keys.shipment_units, fields or [""])
        replies = iter(read.execute())
    return [
        _stored_hold(entry, record, next(replies), next(replies), next(replies))
        for entry, record in zip(entries, records, strict=True)
    ]


def read_confirms(client: Client, keys: Keys, decision: str) -> dict[bytes, bytes]:
    """As `Keys.confirms` says."""
    with faults():
        confirms: dict[bytes, bytes] = client.redis.hgetall(keys.confirms(decision))
    return confirms


def _stored_hold(
    entry: Entry,
    record: DecisionRecord,
    fields: Mapping[bytes, bytes],
    text: bytes | None,
    outcomes: Sequence[bytes | None],
) -> StoredHold:
    hold = hold_of(entry.decision, fields) if fields else None
    return StoredHold(
        record=record,
        caller=hold.caller if hold else entry.caller,
        day=hold.day if hold else entry.day,
        until=hold.until if hold else None,
        bodies={shipment.number: shipment.body for shipment in hold.shipments} if hold else {},
        endings=text.decode() if text else "",
        outcomes={number: body for number, body in enumerate(outcomes) if body},
        shipments=shipments_of(
            record, text, outcomes, {shipment.number: shipment.lots for shipment in hold.shipments} if hold else {}
        ),
        periods=entry.periods,
    )
