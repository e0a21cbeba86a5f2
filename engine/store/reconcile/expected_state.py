"""The state that the ledger should have by its log: holds with their shipments, loads by day, units by position."""

from array import array
from collections import Counter
from collections.abc import Iterator, Mapping
from collections.abc import Set as AbstractSet
from dataclasses import dataclass, field
from typing import Any, Literal, TypeAlias

from msgspec import UNSET

from engine.decide.record import DecisionRecord
from engine.model.lots import LotUnits, joined, place_of

PositionKey: TypeAlias = tuple[str, str]
"""A position, as SKU and node; or one of its lots, as SKU and place (see engine/model/lots.py)."""
PositionUnits: TypeAlias = Counter[PositionKey]
"""Units by position."""
Base: TypeAlias = tuple[int, int]
"""Units of the count or load that stands, and its instant in UTC microseconds, as `Keys.base` says."""
ReceiptState: TypeAlias = tuple[str | None, ...]
"""Of a receipt, what is stored at each of `receipt_places`; None: nothing."""
NO_RECEIPT: ReceiptState = (None,) * 6
TransferState: TypeAlias = tuple[str | None, str | None, str | None]
"""Of a transfer, as it is stored: its text among those that are open, and among the others; and when it was made, as
the list of these has it.
"""
TrackingState: TypeAlias = tuple[str | None, str | None, str | None]
"""Of a shipment that a carrier has, as it is stored: where it is, since when its promise is at risk, and when something
is to be said of it next.
"""
SuspectKind: TypeAlias = Literal[
    "holds",
    "callers",
    "positions",
    "loads",
    "taken",
    "rests",
    "index",
    "endings",
    "orders",
    "cancelled",
    "waiting",
    "returns",
    "order_returns",
    "receipts",
    "open_receipts",
    "pegs",
    "at_risk",
    "transfers",
    "tracking",
    "on_time",
    "shipments",
    "parcel_numbers",
    "open_packings",
    "manifests",
    "serials",
    "tracking_serials",
    "search_index",
]
Suspect: TypeAlias = tuple[SuspectKind, Any]
"""Something that may have drifted: its kind, and the name of a hold, a caller or a decision, a position (SKU, node), a
load (day, field), what was taken (the name of its key, node), a node that rests, an order (cancelled: its cancelled
units), the place of an entry of the backlog in its index (SKU, decision), a receipt (SKU, id), whether any receipt is
open (no name), units that stand on one (SKU, field of the peg), a shipment whose promise is at risk, the id of a
transfer, a field of a hash of parcels (see parcel_drifts.py), a shipment that a carrier has (DECISION/NUMBER), how
many parcels came on time (as `Keys.on_time` has it), or a field of a day of the search index (day, field).
"""

LOAD_SECONDS = 4 * 86_400
"""How long commit.lua keeps the load of a day after a decision last added to it."""
_MILLIS = 1_000


@dataclass(frozen=True, slots=True, kw_only=True)
class ExpectedShipment:
    """A shipment whose units should be held: how many of each SKU."""

    node: str
    service: str
    units: Mapping[str, int]
    lots: Mapping[str, LotUnits] = field(default_factory=dict)
    """By SKU, which of them are of lots."""

    @property
    def places(self) -> Iterator[tuple[PositionKey, int]]:
        """The units of lots, by place."""
        for sku, lots in self.lots.items():
            for label, units in lots:
                yield (sku, place_of(self.node, label)), units

    @property
    def total(self) -> int:
        return sum(self.units.values())


@dataclass(slots=True, kw_only=True)
class ExpectedHold:
    """A hold that has begun and not ended. `shipments` are those that still hold units, by number."""

    caller: str
    day: str
    """The periods in whose loads it counts, as stored (see load_periods.py)."""
    until: int
    first: str
    """The first decision of its order; empty for units that are set aside."""
    shipments: dict[int, ExpectedShipment]
    endings: list[str]
    """How each shipment ended, in the words of `Keys.endings`: - for one that has not."""
    periods: tuple[str, ...] = ()
    """The periods of allotments in which its units count as taken (see `Keys.taken`)."""
    left: AbstractSet[int] = frozenset()
    """The numbers of shipments of which units have left."""
    weights: Mapping[str, int] | None = None
    """Grams a unit by SKU, if its units and grams count in the loads."""
    later: tuple[int, ...] = ()
    """The numbers of shipments that count in no load, as `Hold.later`."""
    promises: dict[int, str] = field(default_factory=dict)
    """By number of a shipment, what is known of its promise, as it is stored."""

    @property
    def total(self) -> int:
        return sum(shipment.total for shipment in self.shipments.values())

    def end_shipment(self, number: int, kind: str, at: int) -> None:
        self.endings[number] = f"{kind}:{self.until if kind == 'expired' else at}"


@dataclass(frozen=True, slots=True, kw_only=True)
class ExpectedOrder:
    """An order's first decision, when it was placed (UTC seconds), how many units are ordered, whether it is parked
    until a person approves it, how many calls have changed it, and the order as last amended, as it is stored.
    """

    first: str
    placed_at: int
    units: int
    parked: bool = False
    changes: int = 0
    amended: str | None = None


@dataclass(frozen=True, slots=True, kw_only=True)
class FloorBreach:
    """A decision that took more units of a position than were free above its floor at that moment."""

    decision: str
    position: PositionKey
    free: int
    taken: int


@dataclass(slots=True, kw_only=True)
class DayLoads:
    """What each node was given in a period, by field: shipments, and units and grams where these count; and when a
    decision last added some, in milliseconds of the server's clock.
    """

    amounts: Counter[str] = field(default_factory=Counter)
    added: int = 0

    def expired(self, millis: int) -> bool:
        """Whether the server has deleted these loads by then."""
        return millis >= self.added + LOAD_SECONDS * _MILLIS


@dataclass(slots=True, kw_only=True)
class PeriodUnits:
    """How many units of a SKU were taken at each node in a period of an allotment, and until when that is kept, in
    milliseconds of the server's clock; None: for ever.
    """

    units: Counter[str] = field(default_factory=Counter)
    kept_until: int | None = None

    def expired(self, millis: int) -> bool:
        """Whether the server has deleted this by then."""
        return self.kept_until is not None and millis >= self.kept_until


@dataclass(slots=True)
class Moves:
    """What came and left of a position by the log: instants in UTC microseconds and units, in turn. A log has many, and
    so takes 16 bytes each.
    """

    words: "array[int]" = field(default_factory=lambda: array("q"))

    def add(self, instant: int, units: int) -> None:
        self.words.extend((instant, units))

    def after(self, instant: int) -> int:
        """The sum of those after that instant."""
        pairs = zip(self.words[::2], self.words[1::2], strict=True)
        return sum(units for moved_at, units in pairs if moved_at > instant)


@dataclass(slots=True)
class LateChanges:
    """What entries changed that were logged after the check began: nothing is noted before `begun`."""

    begun: bool = False
    suspects: set[Suspect] = field(default_factory=set)

    def note(self, kind: SuspectKind, name: Any) -> None:
        if self.begun:
            self.suspects.add((kind, name))


def shipments_of(record: DecisionRecord) -> Iterator[ExpectedShipment]:
    """The shipments of a decision, in order."""
    for shipment in record.shipments:
        units: Counter[str] = Counter()
        lots: dict[str, LotUnits] = {}
        for line in shipment.lines:
            units[line.sku] += line.quantity
            if line.lots is not UNSET:
                taken = tuple((lot.label, lot.units) for lot in line.lots)
                lots[line.sku] = joined(lots.get(line.sku, ()), taken)
        yield ExpectedShipment(node=shipment.node, service=shipment.service, units=units, lots=lots)
