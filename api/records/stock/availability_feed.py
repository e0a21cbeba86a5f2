"""The feed of a channel's availability as lines of JSON."""

from collections.abc import Callable, Iterator
from typing import Annotated, Literal

from msgspec import UNSET, Meta, UnsetType

from api.records.feed_lines import lines_of_feed
from engine.decide.order_record import Record
from engine.inventory.availability_feed import Feed, SkuUnits


class FeedLineRecord(Record, frozen=True):
    """A line of the feed. The first has `cursor` and `full`; then comes one with `sku` and `free` for each SKU, in
    their order; the last has `cursor` and `skus`. One with `stopped` in its place says why there is no more.
    """

    sku: str | UnsetType = UNSET
    free: Annotated[
        int | UnsetType | None,
        Meta(description="units of the largest order that is filled; null: it is not counted, so any number"),
    ] = UNSET
    unless_needed: Annotated[
        int | UnsetType, Meta(description="how many of these only where nothing else has any; left out if none")
    ] = UNSET
    nodes: Annotated[
        dict[str, int] | UnsetType, Meta(description="units that an order could get from a node alone")
    ] = UNSET
    cursor: Annotated[str | UnsetType, Meta(description="send it as `since` to get what changes from now on")] = UNSET
    full: Annotated[bool | UnsetType, Meta(description="all SKUs follow; if false, those that may have changed")] = (
        UNSET
    )
    because: Annotated[
        Literal["no_cursor", "network", "policies", "cursor"] | UnsetType,
        Meta(
            description="why it is full: no cursor was sent; network: it was loaded, or stock repaired; policies:"
            " others decide, a rule has begun or ended with the time or a node's load, a node became full or has room"
            " again, or a rest began or ended; cursor: it is newer than all that the server has"
        ),
    ] = UNSET
    skus: Annotated[int | UnsetType, Meta(description="how many SKUs this answer had")] = UNSET
    stopped: Annotated[str | UnsetType, Meta(description="why it broke off; go on with `since` and `after`")] = UNSET


def feed_lines(feed: Feed, *, verify_going_on: Callable[[], None] = lambda: None) -> Iterator[tuple[int, bytes]]:
    """The feed in parts of some lines each, and how many SKUs each part has. It breaks off where `verify_going_on`
    raises Interrupted.
    """
    cursor = str(feed.cursor)
    return lines_of_feed(
        FeedLineRecord(cursor=cursor, full=feed.why_full is not None, because=feed.why_full or UNSET),
        feed.blocks,
        _sku_line,
        last=lambda sent: FeedLineRecord(cursor=cursor, skus=sent),
        stopped=lambda why: FeedLineRecord(stopped=why),
        verify_going_on=verify_going_on,
    )


def _sku_line(item: SkuUnits) -> FeedLineRecord:
    return FeedLineRecord(
        sku=item.sku,
        free=item.free,
        unless_needed=item.unless_needed or UNSET,
        nodes=UNSET if item.by_node is None else dict(item.by_node),
    )
