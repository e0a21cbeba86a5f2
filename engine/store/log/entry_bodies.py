"""The bodies of log entries: what was rejected, moved, set aside, or changed of the units of shipments."""

from typing import NamedTuple, TypeAlias

import msgspec
from msgspec import UNSET, UnsetType

from engine.decide.order_record import OrderRecord, Record
from engine.model.facts import NodeRest
from engine.model.lots import LotUnits
from engine.model.receipts import ReceiptSource, ReceiptStatus
from engine.model.transfers import Transfer
from engine.store.outcomes import UnitState

Units: TypeAlias = tuple[tuple[str, int], ...]
"""(SKU, units) of a shipment, each SKU once."""


class RejectionBody(Record, frozen=True):
    """The body of a rejection's entry: what `node` rejected, and why. `rest` is the rest that it began, if it did."""

    node: str
    reason: str
    parts: tuple[tuple[int, Units], ...]
    """By number of a shipment, the units of each SKU that were rejected of it."""
    ended: tuple[int, ...]
    """Numbers of the shipments of which nothing is held any more."""
    room: bool
    """Whether the node's day has the room of those again."""
    lines: tuple[tuple[int, tuple[tuple[str, int], ...]], ...] = ()
    """By number of a shipment, the units of each order line that were rejected of it."""
    rest: NodeRest | UnsetType = UNSET
    blocks: bool | UnsetType = UNSET
    """Whether the rejected units may not be sold from now on; earlier releases left them on hand."""
    lots: tuple[tuple[int, tuple[tuple[str, LotUnits], ...]], ...] | UnsetType = UNSET
    """By number of a shipment, which of its rejected units are of lots, by SKU."""

    def encode(self) -> bytes:
        return _ENCODER.encode(self)


class PositionLevel(NamedTuple):
    """Units on hand of a position before and after a change, and those that are held then."""

    before: int
    after: int
    held: int


class RejectionCount(NamedTuple):
    """What a rejection counted of a SKU at its node; `level` is None if a newer count stands."""

    sku: str
    on_hand: int
    level: PositionLevel | None


class MovedUnits(msgspec.Struct, frozen=True, array_like=True):
    """One movement in the body of an entry: units that came or, where `delta` is negative, left."""

    sku: str
    node: str
    delta: int
    op: str = ""
    reason: str | None = None
    at: int | None = None
    """When, by the caller, in UTC microseconds."""
    blocked: int = 0
    """By how many units those change that may not be sold."""
    lot: str = ""
    """The label of the lot that they are of, if that was named. The script finds it out, and logs it beside the body.
    """


class ShipmentSetAside(msgspec.Struct, frozen=True, array_like=True):
    """The units of one shipment in the body of an entry that says what was set aside."""

    node: str
    service: str
    units: tuple["HeldUnits", ...]


class HeldUnits(msgspec.Struct, frozen=True, array_like=True):
    """Units of a SKU, and which of them are of lots."""

    sku: str
    units: int
    lots: LotUnits = ()


class PartUnits(msgspec.Struct, frozen=True, array_like=True):
    """Units of a shipment that came from the state `source` into the state that the entry is about."""

    number: int
    node: str
    service: str
    source: UnitState
    units: Units
    lines: tuple[tuple[str, int], ...]
    """The same units by line."""
    room: int
    """By how many shipments the load of the node's day changed."""
    left_at: int | None = None
    """Of units that are held again, when they were said to have left, in UTC microseconds."""
    lots: tuple[tuple[str, LotUnits], ...] = ()
    """By SKU, which of the units are of lots."""


class HoldUnits(Record, frozen=True):
    """What changed of a decision's shipments: `endings` afterwards as `Keys.endings` has them, and the numbers of those
    of which units have `left`.
    """

    decision: str
    endings: str
    left: tuple[int, ...]
    parts: tuple[PartUnits, ...]


class UnitsBody(Record, frozen=True, omit_defaults=True):
    """The body of an entry about some units of shipments of an `order`. `late`: their hold had expired, and they were
    still there. A cancellation also has the units by line that were `cancelled`, wherever they were, and of each
    decision under which some of them waited how many units wait from then on (`waiting`). So has an amendment, whose
    cancelled units are below 0, as those were that are not ordered any more, and the order as it is from then on; and
    whether it `parks` the order until a person approves it.
    """

    holds: tuple[HoldUnits, ...] = ()
    late: bool = False
    order: str = ""
    cancelled: dict[str, int] = msgspec.field(default_factory=dict)
    waiting: dict[str, int] = msgspec.field(default_factory=dict)
    amended: OrderRecord | UnsetType = UNSET
    parks: bool = False

    def encode(self) -> bytes:
        return _ENCODER.encode(self)


class ReceiptBody(Record, frozen=True):
    """What is to come of a SKU at a node, after it was announced or received (see parts/receipt_changes.lua): `stated`
    is the status of the last message, `owned` 1 if a transfer or a return opened it. `first`: nothing was known of it.

    When it was received, so many `units` came, `over` of them more than were expected, of the lot with that label;
    `in_count`: the count that stands has them already. Units of holds, as hold, number of the shipment and units, that
    stood on it stand on what is on hand since: of those that `arrived`, and those that the receipt `lost`. Holds that
    stand on it last until the instants in `extended`, if it was delayed. `available`: units on hand less those that are
    held, before and after, if they fell by that.
    """

    sku: str
    node: str
    source: ReceiptSource
    status: ReceiptStatus
    stated: ReceiptStatus
    quantity: int
    received: int
    expected_at: int
    sequence: str
    owned: str
    first: bool = False
    before: int | None = None
    """When it was expected before."""
    units: int = 0
    over: int = 0
    lot: str = ""
    in_count: bool = False
    arrived: tuple[tuple[str, int, int], ...] = ()
    lost: tuple[tuple[str, int, int], ...] = ()
    extended: tuple[tuple[str, int], ...] = ()
    available: tuple[int, int] | None = None


class TransferBody(Record, frozen=True):
    """A transfer as it is from then on. Units that `moved` at its origin, as SKU, node and by how many units, and those
    that `arrived`, by SKU.
    """

    transfer: Transfer
    moved: tuple[tuple[str, str, int], ...] = ()
    arrived: dict[str, int] = msgspec.field(default_factory=dict)


# a rest's reasons may be any mapping, and msgspec encodes dicts
_ENCODER = msgspec.json.Encoder(enc_hook=dict)
