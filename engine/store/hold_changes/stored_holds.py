"""Reads holds as they are stored, with where each unit of their decisions' shipments is."""

from collections.abc import Mapping, Sequence
from dataclasses import dataclass, replace

from msgspec import UNSET

from engine.decide.record import DecisionRecord
from engine.store.connection.client import Client, faults
from engine.store.flows.receipt_texts import parse
from engine.store.hold_changes.shipment_units import ShipmentUnits, shipments_of
from engine.store.holds import hold_of
from engine.store.keys import Keys
from engine.store.log.entry import Entry


@dataclass(frozen=True, slots=True, kw_only=True)
class Peg:
    """Units of the shipment `number` that stand on a receipt, which is expected at that instant, in UTC seconds."""

    number: int
    sku: str
    node: str
    receipt: str
    units: int
    expected_at: int


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
    later: tuple[int, ...] = ()
    """The numbers of shipments that count in no load, as `Hold.later`."""
    pegs: tuple[Peg, ...] = ()
    """What of it stands on receipts."""

    def pegs_of(self, number: int, sku: str) -> list[Peg]:
        """Of the units of a SKU in a shipment, the last to arrive first."""
        pegs = (peg for peg in self.pegs if (peg.number, peg.sku) == (number, sku))
        return sorted(pegs, key=lambda peg: (peg.expected_at, peg.receipt), reverse=True)

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
    holds = [
        _stored_hold(entry, record, next(replies), next(replies), next(replies))
        for entry, record in zip(entries, records, strict=True)
    ]
    if not any(entry.pegs for entry in entries):
        return holds
    pegs = read_pegs(
        client,
        keys,
        {entry.decision: [(sku, name, number) for sku, name, number, _, _ in entry.pegs] for entry in entries},
    )
    return [replace(hold, pegs=of_hold) for hold, of_hold in zip(holds, pegs, strict=True)]


def read_pegs(
    client: Client, keys: Keys, promised: Mapping[str, Sequence[tuple[str, str, int]]]
) -> list[tuple[Peg, ...]]:
    """What of the hold of each of these decisions still stands on receipts; of each it is said which may be: SKU,
    receipt, number of the shipment.
    """
    with faults(), client.redis.pipeline(transaction=True) as read:
        for decision, names in promised.items():
            for sku, name, number in names:
                read.hget(keys.pegs(sku), f"{name}\n{decision}\n{number}")
                read.hget(keys.receipts(sku), name)
        replies = iter(read.execute())
    found: list[tuple[Peg, ...]] = []
    for names in promised.values():
        pegs = []
        for sku, name, number in names:
            stored, text = next(replies), next(replies)
            if stored and text:
                receipt, units = parse(name, sku, text).receipt, int(stored.partition(b"\n")[0])
                pegs.append(
                    Peg(
                        number=number,
                        sku=sku,
                        node=receipt.node,
                        receipt=name,
                        units=units,
                        expected_at=receipt.expected_at,
                    )
                )
        found.append(tuple(pegs))
    return found


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
        later=entry.later,
    )
