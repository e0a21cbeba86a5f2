"""Stock as JSON: by node and channel, what is free, what became of counts."""

import datetime
from typing import Annotated, Literal

from msgspec import UNSET, Meta, UnsetType

from api.files.stock_counts import ImportSummary
from api.shapes.stock.node_pages import WHOLE, NodePage
from engine.decide.availability.allotments_left import AllotmentLeft
from engine.decide.availability.free_units import SkuAvailability
from engine.decide.kept_facts.stock_columns import LotStockRecord
from engine.decide.order_record import Record
from engine.inventory.stock import Availability, CountResult, NodeStock, SkuStock
from engine.store.outcomes import (
    CountContradicts,
    CountForgotten,
    CountOlder,
    CountRepeated,
    CountSet,
    StampKindDiffers,
)


class PositionRecord(Record, frozen=True):
    node: str
    on_hand: int
    held: int
    available: int
    free: Annotated[
        int,
        Meta(description="the most units that an order could get from this node alone: 0 where it can ship none of it"),
    ]


class SkuAvailabilityRecord(Record, frozen=True):
    sku: str
    free: Annotated[
        int | None,
        Meta(description="units of the largest order that is filled; null: it is not counted, so any number"),
    ]
    nodes: list[PositionRecord]
    unless_needed: Annotated[
        int | UnsetType, Meta(description="how many of these only where nothing else has any; left out if none")
    ] = UNSET

    @classmethod
    def of(cls, item: SkuAvailability) -> "SkuAvailabilityRecord":
        nodes = map(PositionRecord, item.nodes, item.on_hand, item.held, item.available, item.free_by_node)
        return cls(sku=item.sku, free=item.free, nodes=list(nodes), unless_needed=item.unless_needed or UNSET)


class AvailabilityRecord(Record, frozen=True):
    """Of SKUs read at one moment, as one channel sees them."""

    channel: str
    policy_version: str
    skus: list[SkuAvailabilityRecord]
    unknown: Annotated[list[str], Meta(description="SKUs asked for that no product goes by")]
    by: Annotated[
        str | UnsetType,
        Meta(description="if a date was asked for: what is to come until its end and may be promised is free, too"),
    ] = UNSET

    @classmethod
    def of(cls, availability: Availability) -> "AvailabilityRecord":
        return cls(
            channel=availability.channel,
            policy_version=availability.policy_version,
            skus=list(map(SkuAvailabilityRecord.of, availability.skus)),
            unknown=list(availability.unknown),
            by=UNSET if availability.by is None else datetime.date.fromordinal(availability.by).isoformat(),
        )


class AllotmentRecord(Record, frozen=True):
    """What a channel has of a place's units by an `allocate` in the period that counts now."""

    channel: str
    per: Annotated[str, Meta(description="day, week, or window and the dates of the rule")]
    units: Annotated[int, Meta(description="put aside for the channel at the beginning, of what is on hand")]
    taken: Annotated[int, Meta(description="that orders of the channel took since: held, or gone")]
    left: int

    @classmethod
    def of(cls, item: AllotmentLeft) -> "AllotmentRecord":
        return cls(channel=item.tally.channel, per=item.tally.per, units=item.units, taken=item.taken, left=item.left)


Incoming = Annotated[int, Meta(description="units to come by receipts that are planned or confirmed; left out if none")]
InTransit = Annotated[int, Meta(description="units to come that are on their way; left out if none")]
Promised = Annotated[int, Meta(description="of the units to come, those held for orders; left out if none")]


class NodeStockRecord(Record, frozen=True):
    node: str
    on_hand: int
    held: int
    available: Annotated[int, Meta(description="on hand less held, never below 0")]
    blocked: Annotated[int, Meta(description="units there beside those on hand that may not be sold: damaged ones")]
    free: Annotated[
        dict[str, int],
        Meta(
            description="by channel, the most units that an order could get from this node alone, 0 where it can ship"
            " none of it; `*`: channels no rule names"
        ),
    ]
    quarantine: Annotated[
        int | UnsetType,
        Meta(
            description="units there beside those on hand that came back and wait to be disposed of; left out if none"
        ),
    ] = UNSET
    incoming: Incoming | UnsetType = UNSET
    in_transit: InTransit | UnsetType = UNSET
    promised: Promised | UnsetType = UNSET
    expired: Annotated[
        int | UnsetType, Meta(description="units there beside those on hand that have expired and that nobody holds")
    ] = UNSET
    lots: Annotated[
        list[LotStockRecord] | UnsetType,
        Meta(description="those on hand and expired by lot, the first to expire first"),
    ] = UNSET
    allotments: Annotated[
        list[AllotmentRecord] | UnsetType, Meta(description="left out where rules give no channel any")
    ] = UNSET

    @classmethod
    def of(cls, stock: NodeStock) -> "NodeStockRecord":
        return cls(
            node=stock.node,
            on_hand=stock.position.on_hand,
            held=stock.position.held,
            available=stock.position.available,
            blocked=stock.blocked,
            free=dict(stock.free),
            quarantine=stock.quarantine or UNSET,
            incoming=stock.incoming or UNSET,
            in_transit=stock.in_transit or UNSET,
            promised=stock.promised or UNSET,
            expired=stock.expired or UNSET,
            lots=list(map(LotStockRecord.of, stock.lots)) or UNSET,
            allotments=list(map(AllotmentRecord.of, stock.allotments)) or UNSET,
        )


class SkuStockRecord(Record, frozen=True):
    """A SKU over all nodes, and by node."""

    sku: str
    policy_version: str
    on_hand: int
    held: int
    available: int
    blocked: int
    free: dict[str, int]
    nodes: Annotated[list[NodeStockRecord], Meta(description="by id; those of the page, if one was asked for")]
    next: Annotated[str | None, Meta(description="the `after` of the page of nodes that follows")]
    quarantine: Annotated[int | UnsetType, Meta(description="left out if none")] = UNSET
    incoming: Incoming | UnsetType = UNSET
    in_transit: InTransit | UnsetType = UNSET
    promised: Promised | UnsetType = UNSET
    expired: Annotated[int | UnsetType, Meta(description="left out if none")] = UNSET
    counted: Annotated[
        bool | UnsetType, Meta(description="false: it needs no stock, any number is free; otherwise left out")
    ] = UNSET

    @classmethod
    def of(cls, stock: SkuStock, page: NodePage = WHOLE) -> "SkuStockRecord":
        """With the nodes of the page. What is said of all nodes together is the same on each."""
        nodes, following = page.of(stock.nodes)
        return cls(
            sku=stock.sku,
            policy_version=stock.policy_version,
            on_hand=sum(item.position.on_hand for item in stock.nodes),
            held=sum(item.position.held for item in stock.nodes),
            available=sum(item.position.available for item in stock.nodes),
            blocked=sum(item.blocked for item in stock.nodes),
            free={channel: sum(item.free[channel] for item in stock.nodes) for channel in stock.channels},
            nodes=[NodeStockRecord.of(item) for item in nodes],
            next=following,
            quarantine=sum(item.quarantine for item in stock.nodes) or UNSET,
            incoming=sum(item.incoming for item in stock.nodes) or UNSET,
            in_transit=sum(item.in_transit for item in stock.nodes) or UNSET,
            promised=sum(item.promised for item in stock.nodes) or UNSET,
            expired=sum(item.expired for item in stock.nodes) or UNSET,
            counted=UNSET if stock.counted else False,
        )


class CountRecord(Record, frozen=True):
    """What became of a count, and what is there now."""

    node: str
    sku: str
    result: Annotated[
        Literal["set", "same", "older"],
        Meta(
            description="same: this message came before; older: a newer one came before, or the network was loaded"
            " later, and that stays"
        ),
    ]
    on_hand: Annotated[int, Meta(description="with what came and left since the units were counted")]
    held: int
    available: int

    @classmethod
    def of(cls, node: str, sku: str, placed: CountResult) -> "CountRecord":
        return cls(
            node=node,
            sku=sku,
            result="set" if placed.applied else "older" if placed.older else "same",
            on_hand=placed.position.on_hand,
            held=placed.position.held,
            available=placed.position.available,
        )


class CountedPositionRecord(Record, frozen=True):
    node: str
    sku: str


class ImportRecord(Record, frozen=True):
    """What became of a file of counts, in positions; `older` names the first of those older than known."""

    positions: int
    set: int
    as_before: int
    older_than_known: int
    contradicting: int
    counted_by_sequence: int
    too_old: Annotated[int, Meta(description="what came and left since is not remembered any more")]
    older: list[CountedPositionRecord]

    @classmethod
    def of(cls, summary: ImportSummary) -> "ImportRecord":
        outcomes = summary.outcomes
        return cls(
            positions=summary.positions,
            set=outcomes[CountSet],
            as_before=outcomes[CountRepeated],
            older_than_known=outcomes[CountOlder],
            contradicting=outcomes[CountContradicts],
            counted_by_sequence=outcomes[StampKindDiffers],
            too_old=outcomes[CountForgotten],
            older=[CountedPositionRecord(node=count.node, sku=count.sku) for count in summary.older],
        )
