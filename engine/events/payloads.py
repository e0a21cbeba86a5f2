"""What events say: the `data` of each type, as JSON. Amounts of goods are integers, as in decisions."""

from typing import Annotated, Literal, TypeAlias

import msgspec
from msgspec import UNSET, Meta, UnsetType

from engine.decide.order_record import Record, Timestamp
from engine.decide.record_parts import PlacedLineRecord
from engine.model.milestones import Cause, Milestone
from engine.model.receipts import ReceiptSource, ReceiptStatus
from engine.model.transfers import TransferStatus
from engine.transfers.transfer_record import TransferLineRecord


class EventLinksRecord(Record, frozen=True, kw_only=True):
    """Where more is to be read, as paths of the HTTP API."""

    order: str | UnsetType = UNSET
    decision: str | UnsetType = UNSET
    stock: str | UnsetType = UNSET
    policy: str | UnsetType = UNSET
    transfer: str | UnsetType = UNSET
    receipt: str | UnsetType = UNSET
    shipment: str | UnsetType = UNSET
    manifest: str | UnsetType = UNSET
    channel: str | UnsetType = UNSET
    print_job: str | UnsetType = UNSET
    returned: str | UnsetType = msgspec.field(default=UNSET, name="return")


class EventShipmentRecord(Record, frozen=True, kw_only=True):
    """A shipment of a decision, by its number in it, from 0."""

    shipment: int
    node: str
    service: str
    lines: list[PlacedLineRecord]
    ships_at: Timestamp
    arrives_by: Timestamp
    late: bool | None


class EventLineRecord(Record, frozen=True):
    """Units of a line of the order."""

    line: str
    sku: Annotated[str | UnsetType, Meta(description="left out of a line that an amendment had brought")]
    quantity: int


class EventSkuUnitsRecord(Record, frozen=True):
    sku: str
    quantity: int


class EventUnitsRecord(Record, frozen=True, kw_only=True):
    """Units of a shipment of the decision `decision`, by its number in it."""

    decision: str
    shipment: int
    node: str
    service: str
    lines: list[EventSkuUnitsRecord]


class EventUnfilledRecord(Record, frozen=True, kw_only=True):
    line: str
    sku: str
    quantity: int
    reasons: Annotated[list[str], Meta(description="codes, as in the decision")]


class OrderDecidedRecord(Record, frozen=True, kw_only=True):
    """Of `order.decided`."""

    order: str
    decision: str
    channel: str
    status: Literal["filled", "partial", "unfilled", "scheduled"]
    because: Annotated[
        Literal["rejected", "stock", "amended", "late"] | UnsetType,
        Meta(description="why the order was decided again; left out the first time"),
    ] = UNSET
    policy_version: str
    shipments: list[EventShipmentRecord]
    unfilled: list[EventUnfilledRecord]
    hold_until: Timestamp | None
    waiting: Annotated[bool, Meta(description="whether what is unfilled or scheduled waits for stock")]
    awaiting_approval: bool
    links: EventLinksRecord
    truncated: Annotated[bool | UnsetType, Meta(description="true: the lists are left out, too large")] = UNSET


class OrderWaitingRecord(Record, frozen=True, kw_only=True):
    """Of `order.waiting`."""

    order: str
    decision: Annotated[str, Meta(description="under which the units wait")]
    lines: list[EventLineRecord]
    links: EventLinksRecord
    truncated: bool | UnsetType = UNSET


class OrderFilledRecord(Record, frozen=True, kw_only=True):
    """Of `order.filled`."""

    order: str
    decision: str
    waited_under: Annotated[str, Meta(description="the decision that had left them unfilled")]
    links: EventLinksRecord


class OrderChangedRecord(Record, frozen=True, kw_only=True):
    """Of `order.changed`."""

    order: str
    decision: str
    change: Literal["amended", "cancelled", "approved", "withdrawn", "released", "extended", "undone"]
    by: Annotated[str | None, Meta(description="who did it, if the log says so")]
    lines: Annotated[list[EventLineRecord] | UnsetType, Meta(description="of an amendment, what is ordered by now")] = (
        UNSET
    )
    cancelled: Annotated[list[EventLineRecord] | UnsetType, Meta(description="how many fewer are ordered")] = UNSET
    released: Annotated[list[EventUnitsRecord] | UnsetType, Meta(description="of what was held, what no longer is")] = (
        UNSET
    )
    returned: Annotated[
        list[EventUnitsRecord] | UnsetType, Meta(description="of what had been confirmed, what is held again")
    ] = UNSET
    hold_until: Timestamp | UnsetType = UNSET
    links: EventLinksRecord
    truncated: bool | UnsetType = UNSET


class HoldExpiredRecord(Record, frozen=True, kw_only=True):
    """Of `hold.expired`."""

    order: str
    decision: str
    shipments: list[EventUnitsRecord]
    links: EventLinksRecord
    truncated: bool | UnsetType = UNSET


class ShipmentConfirmedRecord(Record, frozen=True, kw_only=True):
    """Of `shipment.confirmed`."""

    order: str
    decision: str
    shipments: list[EventUnitsRecord]
    left_at: Timestamp
    late: Annotated[bool, Meta(description="whether the hold had expired before")]
    links: EventLinksRecord
    truncated: bool | UnsetType = UNSET


class ShipmentRejectedRecord(Record, frozen=True, kw_only=True):
    """Of `shipment.rejected`."""

    order: str
    decision: str
    node: str
    reason: str
    shipments: list[EventUnitsRecord]
    blocked: Annotated[bool, Meta(description="whether the units may not be sold from now on")]
    links: EventLinksRecord
    truncated: bool | UnsetType = UNSET


class ShipmentProgressedRecord(Record, frozen=True, kw_only=True):
    """Of `shipment.progressed`. `shipment` is its number in the decision, from 0."""

    order: str
    decision: str
    shipment: int
    milestone: Milestone
    at: Timestamp
    links: EventLinksRecord


class PromiseAtRiskEventRecord(Record, frozen=True, kw_only=True):
    """Of `promise.at_risk`. `shipment` is its number in the decision, from 0."""

    order: str
    decision: str
    shipment: int
    node: str
    service: str
    cause: Cause
    due: Annotated[Timestamp, Meta(description="by when it has to pass the milestone; or since when its receipt is so")]
    promised_by: Timestamp
    expected_at: Annotated[Timestamp | None, Meta(description="at the earliest, as it stands; null: not known yet")]
    links: EventLinksRecord


class PromiseMovedRecord(Record, frozen=True, kw_only=True):
    """Of `promise.moved`. `shipment` is the number of what was at risk in the decision `was`; `decision` is the one by
    which it ships now, the same if it stays.
    """

    order: str
    was: str
    shipment: int
    decision: str
    cause: Cause
    promised_by: Timestamp
    arrived_by: Annotated[
        Timestamp | None, Meta(description="before: when it would have arrived; null: that was not known")
    ]
    arrives_by: Annotated[Timestamp | None, Meta(description="from now on; null: not known yet")]
    links: EventLinksRecord


class EventPositionRecord(Record, frozen=True, kw_only=True):
    """What changed of a position."""

    sku: str
    node: str
    delta: Annotated[
        int | UnsetType,
        Meta(description="units that came or, below 0, left; a count that stands may have them already"),
    ] = UNSET
    blocked: Annotated[int | UnsetType, Meta(description="by how many units those change that may not be sold")] = UNSET
    on_hand: Annotated[int | UnsetType, Meta(description="on hand afterwards, where the log says so")] = UNSET


StockChange: TypeAlias = Literal[
    "moved", "counted", "confirmed", "undone", "rejected", "transferred", "received", "returned", "loaded"
]
"""Why other units are on hand."""


class StockChangedRecord(Record, frozen=True, kw_only=True):
    """Of `stock.changed`."""

    because: StockChange
    positions: Annotated[list[EventPositionRecord], Meta(description="empty: any stock may be another, see the link")]
    links: EventLinksRecord
    truncated: bool | UnsetType = UNSET


class EventLowPositionRecord(Record, frozen=True, kw_only=True):
    """A position that is low by rules."""

    sku: str
    node: str
    available: Annotated[int, Meta(description="on hand and not held, of all channels")]
    below: Annotated[int, Meta(description="the units below which it is low")]
    rules: Annotated[list[str], Meta(description="those that say so (`alert_below`)")]


class StockLowRecord(Record, frozen=True, kw_only=True):
    """Of `stock.low`: of one position, or of many that are low as rules, network or dates changed."""

    sku: Annotated[str | UnsetType, Meta(description="left out of many, as `node` and `available`")] = UNSET
    node: str | UnsetType = UNSET
    available: Annotated[int | UnsetType, Meta(description="on hand and not held, of all channels")] = UNSET
    count: Annotated[int | UnsetType, Meta(description="of many: how many positions are low")] = UNSET
    positions: Annotated[
        list[EventLowPositionRecord] | UnsetType, Meta(description="of many: the first 50 of these")
    ] = UNSET
    before: Annotated[int | UnsetType, Meta(description="by the setting: what was available before")] = UNSET
    at_most: Annotated[int | UnsetType, Meta(description="by the setting: the whole units at which it is low")] = UNSET
    below: Annotated[int | UnsetType, Meta(description="by rules: the units below which it is low")] = UNSET
    rules: Annotated[
        list[str] | UnsetType, Meta(description="by rules: those that say so (`alert_below`); left out: the setting")
    ] = UNSET
    version: Annotated[str | UnsetType, Meta(description="by rules: the policy version")] = UNSET
    links: EventLinksRecord
    truncated: bool | UnsetType = UNSET


class EventPromiseRecord(Record, frozen=True, kw_only=True):
    """Units of a shipment that stood on a receipt, and are held of the position's stock from now on."""

    decision: str
    shipment: int
    quantity: int


class InboundChangedRecord(Record, frozen=True, kw_only=True):
    """Of `inbound.changed`."""

    receipt: str
    source: ReceiptSource
    sku: str
    node: str
    status: ReceiptStatus
    quantity: int
    received: int
    expected_at: Timestamp
    expected_before: Annotated[Timestamp | UnsetType, Meta(description="if it was expected at another instant")] = UNSET
    first: Annotated[bool, Meta(description="whether nothing was known of it")]
    lost: Annotated[list[EventPromiseRecord] | UnsetType, Meta(description="promises that it can't keep any more")] = (
        UNSET
    )
    links: EventLinksRecord
    truncated: bool | UnsetType = UNSET


class InboundReceivedRecord(Record, frozen=True, kw_only=True):
    """Of `inbound.received`."""

    receipt: str
    source: ReceiptSource
    sku: str
    node: str
    status: ReceiptStatus
    quantity: Annotated[int, Meta(description="units that arrived")]
    over: Annotated[int, Meta(description="of these, more than were expected")]
    received: Annotated[int, Meta(description="all that have arrived by now")]
    announced: int
    arrived: Annotated[list[EventPromiseRecord] | UnsetType, Meta(description="promises whose units are there")] = UNSET
    lost: Annotated[
        list[EventPromiseRecord] | UnsetType, Meta(description="promises that it can't keep, as it closed short")
    ] = UNSET
    links: EventLinksRecord
    truncated: bool | UnsetType = UNSET


class InboundLateRecord(Record, frozen=True, kw_only=True):
    """Of `inbound.late`."""

    receipt: str
    sku: str
    expected_at: Timestamp
    links: EventLinksRecord


class PolicyPublishedRecord(Record, frozen=True, kw_only=True):
    """Of `policy.published`."""

    version: str
    by: str
    note: str
    rules: int
    links: EventLinksRecord


class PolicyActivatedRecord(Record, frozen=True, kw_only=True):
    """Of `policy.activated`."""

    version: str
    before: str | None
    because: Literal["activated", "scheduled", "rolled_back"]
    by: Annotated[str | None, Meta(description="null: it was scheduled for this instant")]
    note: str
    links: EventLinksRecord


class CanaryFigureRecord(Record, frozen=True, kw_only=True):
    """A figure of the orders that a canary decided, in micros, milligrams, orders, units or shipments."""

    before: Annotated[int, Meta(description="what they come to under the version that was active")]
    difference: int
    low: Annotated[
        int, Meta(description="between here and `high` 95 % of the differences lie if orders are drawn again")
    ]
    high: int


class PolicyCanaryEndedRecord(Record, frozen=True, kw_only=True):
    """Of `policy.canary_ended`."""

    version: str
    base: Annotated[str, Meta(description="the version that decided the other orders")]
    because: Literal["stopped", "bounds", "promoted", "activated", "unreadable"]
    by: Annotated[str | None, Meta(description="null: it ended by itself")]
    note: Annotated[str, Meta(description="of broken bounds, which")]
    broken: Annotated[list[str], Meta(description="the figures whose bounds it broke")]
    orders: Annotated[int | None, Meta(description="that it decided and that were compared; null: not known")]
    figures: dict[str, CanaryFigureRecord]
    links: EventLinksRecord


class AllocationUnitsRecord(Record, frozen=True, kw_only=True):
    """What a channel's feed says of a SKU; null: any number, or before: nothing."""

    sku: str
    before: int | None
    units: int | None


class AllocationChangedRecord(Record, frozen=True, kw_only=True):
    """Of `allocation.changed`: other rules keep, protect, allocate or cap units, or silence one that does; or a
    channel's feed says other units.
    """

    version: Annotated[str | UnsetType, Meta(description="of the policies that decide from now on")] = UNSET
    before: str | UnsetType | None = UNSET
    channel: Annotated[str | UnsetType, Meta(description="whose feed says other units from now on")] = UNSET
    skus: Annotated[int | UnsetType, Meta(description="of how many SKUs it does")] = UNSET
    units: Annotated[list[AllocationUnitsRecord] | UnsetType, Meta(description="the first of these")] = UNSET
    added: list[str] | UnsetType = UNSET
    gone: list[str] | UnsetType = UNSET
    changed: list[str] | UnsetType = UNSET
    truncated: bool | UnsetType = UNSET
    links: EventLinksRecord


class NodeRestingRecord(Record, frozen=True, kw_only=True):
    """Of `node.resting`."""

    node: str
    resting: Annotated[bool, Meta(description="false: its rest was ended early")]
    until: Timestamp | UnsetType = UNSET
    reason: str | UnsetType = UNSET
    by: str | UnsetType = UNSET


class AuditCheckpointRecord(Record, frozen=True, kw_only=True):
    """Of `audit.checkpoint`."""

    log: Annotated[str, Meta(description="its name, the first line of the checkpoint")]
    size: Annotated[int, Meta(description="entries that are sealed")]
    checkpoint: Annotated[str, Meta(description="a signed note: keep it")]


class PingRecord(Record, frozen=True, kw_only=True):
    """Of `webhook.ping`."""

    webhook: str


class TransferChangedRecord(Record, frozen=True, kw_only=True, rename={"origin": "from", "goal": "to"}):
    """Of `transfer.proposed`, `.approved`, `.shipped`, `.received` and `.cancelled`: the transfer as it is from then
    on.
    """

    transfer: str
    status: TransferStatus
    origin: str
    goal: str
    lines: list[TransferLineRecord]
    arrived: Annotated[
        list[EventSkuUnitsRecord] | UnsetType, Meta(description="of transfer.received, what arrived by this")
    ] = UNSET
    expected_at: Annotated[Timestamp | None, Meta(description="of one that was shipped: when it is to arrive")]
    links: EventLinksRecord
    truncated: bool | UnsetType = UNSET
