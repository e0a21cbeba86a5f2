"""What a channel may take, and its feed, as they are answered."""

from collections.abc import Callable, Iterator
from typing import Annotated, Literal

from msgspec import UNSET, Meta, UnsetType

from api.records.feed_lines import lines_of_feed
from api.shapes.stock.node_pages import WHOLE, NodePage
from engine.channels.allocation import Limit, LimitKind, NodeAllocation, SkuAllocation
from engine.channels.channels import ChannelAllocation, ChannelSummary, Recomputed
from engine.channels.feeds import ChannelCursor, ChannelFeed
from engine.decide.levels.stock_levels import Level
from engine.decide.order_record import Record, Timestamp, timestamp
from engine.model.feed_steps import FeedStep
from engine.store.flows.channel_feeds import FeedState
from rules.wording.amounts import decimal


class ChannelFeedRecord(Record, frozen=True):
    """The feed of a channel as it stands."""

    cursor: Annotated[str, Meta(description="of what the feed says now")]
    at: Annotated[Timestamp, Meta(description="when it was brought up to date last")]

    @classmethod
    def of(cls, state: FeedState) -> "ChannelFeedRecord":
        return cls(cursor=str(ChannelCursor.of(state)), at=timestamp(state.at))


class ChannelRecord(Record, frozen=True):
    channel: str
    rules: Annotated[list[str], Meta(description="that protect or allocate units for it, or cap what it is offered")]
    feed_step: Annotated[str, Meta(description="from so many units more on, the feed says that there are more; `10%`")]
    feed: Annotated[ChannelFeedRecord | UnsetType, Meta(description="left out until somebody asks for it")] = UNSET

    @classmethod
    def of(cls, summary: ChannelSummary) -> "ChannelRecord":
        return cls(
            channel=summary.channel,
            rules=list(summary.rules),
            feed_step=_step_text(summary.step),
            feed=UNSET if summary.feed is None else ChannelFeedRecord.of(summary.feed),
        )


class ChannelListRecord(Record, frozen=True):
    channels: list[ChannelRecord]


class LimitRecord(Record, frozen=True):
    """What keeps units of a place from the channel."""

    because: Annotated[
        LimitKind,
        Meta(
            description="held: by orders; kept: safety stock; protected, allotted: for `channel`; multiple: they ship"
            " in multiples; capped: the channel is offered so many at most; excluded: rules exclude every way out;"
            " resting, full: the place takes no shipments now; other: no service carries them"
        ),
    ]
    units: int
    rules: list[str]
    channel: str | UnsetType = UNSET

    @classmethod
    def of(cls, limit: Limit) -> "LimitRecord":
        return cls(
            because=limit.kind,
            units=limit.units,
            rules=list(limit.rules),
            channel=UNSET if limit.channel is None else limit.channel,
        )


class LevelRecord(Record, frozen=True):
    """What there should be of the article at the place."""

    min: int
    max: int | None
    target: int
    alert: Annotated[int, Meta(description="it is low below so many units; 0: never")]
    low: bool
    rules: list[str]

    @classmethod
    def of(cls, item: NodeAllocation, level: Level) -> "LevelRecord":
        return cls(
            min=level.minimum,
            max=level.maximum,
            target=level.target,
            alert=level.alert,
            low=item.is_low,
            rules=list(item.level_rules),
        )


class NodeAllocationRecord(Record, frozen=True):
    node: str
    on_hand: int
    available: int
    units: Annotated[int, Meta(description="the channel may take from there alone")]
    limits: list[LimitRecord]
    level: Annotated[LevelRecord | UnsetType, Meta(description="left out where no rule gives any")] = UNSET

    @classmethod
    def of(cls, item: NodeAllocation) -> "NodeAllocationRecord":
        return cls(
            node=item.node,
            on_hand=item.on_hand,
            available=item.available,
            units=item.units,
            limits=list(map(LimitRecord.of, item.limits)),
            level=UNSET if item.level is None else LevelRecord.of(item, item.level),
        )


class SkuAllocationRecord(Record, frozen=True, kw_only=True):
    sku: str
    units: Annotated[int | None, Meta(description="of the largest order that is filled; null: any number")]
    published: Annotated[
        int | UnsetType | None, Meta(description="what the channel's feed said last; left out if nothing")
    ] = UNSET
    nodes: Annotated[list[NodeAllocationRecord], Meta(description="by id; those of the page, if one was asked for")]
    next: Annotated[str | None, Meta(description="the `after` of the page of nodes that follows")]

    @classmethod
    def of(cls, item: SkuAllocation, allocation: ChannelAllocation, page: NodePage) -> "SkuAllocationRecord":
        nodes, following = page.of(item.nodes)
        return cls(
            sku=item.sku,
            units=item.units,
            published=allocation.published.get(item.sku, UNSET),
            nodes=list(map(NodeAllocationRecord.of, nodes)),
            next=following,
        )


class ChannelAllocationRecord(ChannelRecord, frozen=True, kw_only=True):
    """What a channel may take of some SKUs."""

    policy_version: str
    skus: list[SkuAllocationRecord]
    unknown: Annotated[list[str], Meta(description="of the SKUs asked for, those that no product goes by")]

    @classmethod
    def of_channel(cls, allocation: ChannelAllocation, page: NodePage = WHOLE) -> "ChannelAllocationRecord":
        """With the nodes of the page of each SKU."""
        channel = ChannelRecord.of(allocation.summary)
        return cls(
            channel=channel.channel,
            rules=channel.rules,
            feed_step=channel.feed_step,
            feed=channel.feed,
            policy_version=allocation.policy_version,
            skus=[SkuAllocationRecord.of(item, allocation, page) for item in allocation.skus],
            unknown=list(allocation.unknown),
        )


class RecomputedChannelRecord(Record, frozen=True):
    channel: str
    changed: Annotated[int, Meta(description="of how many SKUs its feed says other units than before")]


class RecomputedRecord(Record, frozen=True):
    channels: list[RecomputedChannelRecord]
    fallen: Annotated[int, Meta(description="positions that are low from now on")]
    risen: Annotated[int, Meta(description="positions that are not low any more")]

    @classmethod
    def of(cls, recomputed: Recomputed) -> "RecomputedRecord":
        return cls(
            channels=[
                RecomputedChannelRecord(channel=name, changed=changed) for name, changed in recomputed.changed.items()
            ],
            fallen=recomputed.low.fallen,
            risen=recomputed.low.risen,
        )


class ChannelFeedLineRecord(Record, frozen=True):
    """A line of the feed. The first has `cursor` and `all`; then comes one with `sku` and `units` for each SKU, in
    their order; the last has `cursor` and `skus`. One with `stopped` in its place says why there is no more.
    """

    sku: str | UnsetType = UNSET
    units: Annotated[int | UnsetType | None, Meta(description="the channel may take; null: any number")] = UNSET
    cursor: Annotated[str | UnsetType, Meta(description="send it as `since` to get what changes from now on")] = UNSET
    all: Annotated[bool | UnsetType, Meta(description="all SKUs follow; if false, those that changed")] = UNSET
    because: Annotated[
        Literal["no_cursor", "begun_anew"] | UnsetType,
        Meta(description="why it has all: no cursor was sent; or the feed was begun anew since"),
    ] = UNSET
    skus: Annotated[int | UnsetType, Meta(description="how many SKUs this answer had")] = UNSET
    stopped: Annotated[str | UnsetType, Meta(description="why it broke off; send the request again")] = UNSET


def channel_feed_lines(feed: ChannelFeed, *, verify_going_on: Callable[[], None] = lambda: None) -> Iterator[bytes]:
    """The feed in parts of some lines each. It breaks off where `verify_going_on` raises Interrupted."""
    cursor = str(feed.cursor)
    lines = lines_of_feed(
        ChannelFeedLineRecord(cursor=cursor, all=feed.why_all is not None, because=feed.why_all or UNSET),
        feed.blocks,
        lambda item: ChannelFeedLineRecord(sku=item[0], units=item[1]),
        last=lambda sent: ChannelFeedLineRecord(cursor=cursor, skus=sent),
        stopped=lambda why: ChannelFeedLineRecord(stopped=why),
        verify_going_on=verify_going_on,
    )
    return (part for _, part in lines)


def _step_text(step: FeedStep) -> str:
    return f"{decimal(step.share, 100)}%" if step.share else str(step.units)
