"""An entry of the log: one change, and of which kind it is."""

from collections.abc import Mapping, Sequence
from dataclasses import dataclass, field
from typing import Any, TypeAlias

import msgspec

from engine.decide.record import DecisionRecord, facts_of, from_json
from engine.store.entry_codec.personal_values import PersonalField
from engine.store.flows.stored_return import ReturnBody
from engine.store.fulfilment.stored_shipment import ManifestBody, PackingBody, StoredManifest
from engine.store.log.entry_bodies import (
    MovedUnits,
    PositionLevel,
    ReceiptBody,
    RejectionBody,
    RejectionCount,
    ShipmentSetAside,
    TransferBody,
    Units,
    UnitsBody,
)

EntryId: TypeAlias = tuple[int, int]
"""An entry's id in the stream: milliseconds, and a number among those of the same millisecond. Later is greater."""


def following(entry: EntryId) -> EntryId:
    """The first id that is behind this one."""
    return entry[0], entry[1] + 1


_MICROSECONDS = 1_000_000
_MILLISECONDS = 1_000
_REJECTION = msgspec.json.Decoder(RejectionBody)
_MOVEMENTS = msgspec.json.Decoder(tuple[MovedUnits, ...])
_SET_ASIDE = msgspec.json.Decoder(tuple[ShipmentSetAside, ...])
_UNITS = msgspec.json.Decoder(UnitsBody)
_TRANSFER = msgspec.json.Decoder(TransferBody)
_RECEIPT = msgspec.json.Decoder(ReceiptBody, strict=False)
"""Not strict: a script writes numbers of its tables as text."""
_PACKING = msgspec.json.Decoder(PackingBody, strict=False)
"""Not strict: a script writes the next serial as text."""
_MANIFEST = msgspec.json.Decoder(ManifestBody)
_POSITIONS = msgspec.json.Decoder(tuple[tuple[str, str], ...])


@dataclass(frozen=True, slots=True, kw_only=True)
class Entry:
    """One change. `kind` is one of KINDS in kinds.py; queued and withdrawn mean into and from the backlog, woken that
    the rest of a node was ended, set_aside that units are held for a decision that is still being made, and
    approved, amended or erased that an order was, whose first decision this is; undone means that confirmed units
    did not leave. Counted positions have another number on hand, a network was loaded whole, a policy version was
    published or is active from now on: no part of the ledger, but events. ACT_KINDS are no part of it either, and
    SILENT_KINDS no events.

    `decision` is the decision it is about (if units moved, the name of the batch; if a rest was ended, the node; of
    what is to come in, the id of the receipt; if an order was amended or units of it cancelled, its first; of a network
    or policies, their version; empty of counts).
    `body` holds the JSON of a decision, a rejection, movements, counted positions, a repair, what was set aside, units
    of shipments, the units that wait by line, the note of an approval or details of a load, a policy version or another
    act, and is empty otherwise.
    `logged_facts` are the document of facts that a decision's record names; up to schema 1 it named none.
    """

    id: EntryId
    kind: str
    decision: str
    at: int
    body: bytes
    logged_facts: bytes = b""
    hidden: bool = False
    """Whether personal values are left out of the body and the facts, because they are `erased` or were not asked for.
    """
    hidden_facts: bool = False
    """Whether some are left out of the facts, whose hash is then not that which the record names."""
    erased: bool = False
    """Whether the key of its order was destroyed: its personal values are gone."""
    caller: str = ""
    """For a decision or what is set aside, whose open holds its hold counts among."""
    by: str = ""
    """Who did it: the name of the API key over HTTP, or of the user of the command line. Empty if Pointsman did by
    itself, as it ends holds in time, or if an earlier release logged it.
    """
    request: str = ""
    """The id of the HTTP request by which it was done; empty if there was none."""
    through: str = ""
    """By which way it came, `http` or `cli`, as `Author` has it; earlier releases left out this, and the next two."""
    origin: str = ""
    """From where: the address of the HTTP caller, or LOGIN@HOST of the command line's user."""
    operation: str = ""
    """The idempotency key or operation id that the caller gave its request."""
    shipments: tuple[int, ...] | None = None
    """Numbers of the shipments whose hold this ended; None means all."""
    taken: str = ""
    """For movements, a 1 for each that was applied by this entry and a 0 for each that was not; for what was undone, a
    1 for the units of each part and SKU that are on hand again and a 0 for those that were counted since.
    """
    in_counts: str = ""
    """For movements, a 1 for each that the count which stood already had, so that it changed nothing on hand; empty if
    none did. Earlier releases left it out.
    """
    weights: Mapping[str, int] | None = None
    """Of what is set aside, grams a unit by SKU, if its units and grams count in the loads."""
    moved_at: int | None = None
    """When units came or left by this, or the latest instant at which they did, in UTC microseconds. Earlier releases
    left it out.
    """
    until: int | None = None
    """Until when an extension lets the hold last, or units are set aside or held again."""
    day: str = ""
    """For a decision, or what is set aside, the date whose loads its shipments count in. Earlier releases left it out.
    """
    periods: tuple[str, ...] = ()
    """For a decision, or units that are held again, the periods of allotments in which its units count as taken (see
    `Keys.taken`).
    """
    pegs: tuple[tuple[str, str, int, int, str], ...] = ()
    """For a decision, the units of its shipments that stand on receipts: SKU, receipt, number of the shipment, units,
    and the rank by which they are served.
    """
    later: tuple[int, ...] = ()
    """For a decision, the numbers of its shipments that wait for what is to come, or for a date: they count in no load.
    """
    unpegged: tuple[tuple[str, str, str, int, int], ...] = ()
    """Units that stood on receipts and are not held any more by this: SKU, receipt, hold, number of the shipment, and
    how many.
    """
    lots: tuple[str, ...] = ()
    """For movements, the label of the lot that each is of, empty where none was named; none if none was of any."""
    positions_before: tuple[tuple[int, int, int], ...] = ()
    """For a decision, or what is set aside, units on hand, units held and the floor just before it, for each position
    it took units from, sorted by SKU, then node.
    """
    ended_units: Mapping[int, Units] = field(default_factory=dict)
    """Of whole shipments that ended, by number, the units that were held of them until then. Earlier releases left it
    out.
    """
    levels: tuple[PositionLevel | None, ...] = ()
    """For each of the movements, or positions that were counted, what is on hand then; None where that did not change.
    Earlier releases left it out.
    """
    rejection_counts: tuple[RejectionCount, ...] = ()
    """What a rejection counted."""

    @property
    def record(self) -> DecisionRecord:
        """Of a decision."""
        return from_json(self.body)

    @property
    def facts(self) -> bytes:
        """Of a decision, as `facts_of` says."""
        return facts_of(self.body, self.logged_facts)

    @property
    def rejection(self) -> RejectionBody:
        """Of what was rejected."""
        return _REJECTION.decode(self.body)

    @property
    def receipt(self) -> ReceiptBody:
        """Of what was announced or received."""
        return _RECEIPT.decode(self.body)

    @property
    def transfer(self) -> TransferBody:
        """Of what became of a transfer."""
        return _TRANSFER.decode(self.body)

    @property
    def packing(self) -> PackingBody:
        """Of what became of a packing."""
        return _PACKING.decode(self.body)

    @property
    def manifest(self) -> StoredManifest:
        """Of a manifest that was closed."""
        return _MANIFEST.decode(self.body).manifest

    @property
    def set_aside(self) -> tuple[ShipmentSetAside, ...]:
        """Of what was set aside, by the number of its shipment."""
        return _SET_ASIDE.decode(self.body)

    @property
    def returned(self) -> ReturnBody:
        """Of a step of a return."""
        return ReturnBody.decode(self.body)

    @property
    def changed_order(self) -> str:
        """Of a call on an order, the order's id."""
        return str(msgspec.json.decode(self.body)["order"])

    @property
    def erased_fields(self) -> tuple[PersonalField, ...]:
        """Of an erasure, the fields whose values are gone."""
        return tuple(msgspec.json.decode(self.body)["fields"])

    @property
    def queued_lines(self) -> dict[str, int]:
        """Of units that were queued, how many of each line wait under the decision from then on."""
        return dict(msgspec.json.decode(self.body)["units"])

    @property
    def queued_units(self) -> int:
        """How many these are in all."""
        return sum(self.queued_lines.values())

    @property
    def units(self) -> UnitsBody | None:
        """Of an entry about some units of shipments; None if it is about whole shipments, numbered in `shipments`."""
        return _UNITS.decode(self.body) if self.body else None

    def instant(self, stated: int | None = None) -> int:
        """When units came or left by this, in UTC microseconds, if that is `stated` so."""
        latest = self.at * _MICROSECONDS if self.moved_at is None else self.moved_at
        return latest if stated is None else min(stated, latest)

    @property
    def recorded_at(self) -> int:
        """When the server wrote it by its own clock, in UTC seconds; `at` is what the writer's clock said."""
        return self.id[0] // _MILLISECONDS

    @property
    def counted_positions(self) -> tuple[tuple[str, str], ...]:
        """Of counts, SKU and node of each; none if they changed nothing on hand."""
        return _POSITIONS.decode(self.body) if self.levels else ()

    @property
    def levels_by_position(self) -> list[tuple[tuple[str, str], PositionLevel]]:
        """Of movements, counts, and steps of transfers and returns: by SKU and node, what is on hand that changed."""
        pairs = zip(self._leveled_positions, self.levels, strict=bool(self.levels))
        return [(position, level) for position, level in pairs if level is not None]

    @property
    def _leveled_positions(self) -> Sequence[tuple[str, str]]:
        match self.kind:
            case "moved":
                return [(item.sku, item.node) for item in self.movements]
            case "counted":
                return self.counted_positions
            case "return_disposed":
                return [(move.sku, move.node) for move in self.returned.moves]
        return [(sku, node) for sku, node, _ in self.transfer.moved]

    @property
    def movements(self) -> tuple[MovedUnits, ...]:
        """Of movements, all that were asked for."""
        return _MOVEMENTS.decode(self.body)

    @property
    def details(self) -> dict[str, Any]:
        """Of a policy version that was published or activated, what its history says, too; of other acts of people,
        what they were about; of counts that changed nothing on hand, how many these were.
        """
        return dict(msgspec.json.decode(self.body))

    @property
    def applied_movements(self) -> list[MovedUnits]:
        """Of movements, those that this entry applied."""
        return [movement for movement, _ in self.movements_and_counts]

    @property
    def movements_and_counts(self) -> list[tuple[MovedUnits, bool]]:
        """Of movements, those that this entry applied, each with whether the count that stood already had it."""
        movements, in_counts = self.movements, self.in_counts or "0" * len(self.taken)
        if self.lots:
            pairs = zip(movements, self.lots, strict=True)
            movements = tuple(msgspec.structs.replace(movement, lot=lot) for movement, lot in pairs)
        parts = zip(movements, self.taken, in_counts, strict=True)
        return [(movement, counted == "1") for movement, bit, counted in parts if bit == "1"]
