"""Look-ahead prices as JSON: a table, what it was learnt from, and what tables would have brought."""

from collections.abc import Iterable
from typing import Annotated

import msgspec
from msgspec import UNSET, Meta, UnsetType

from api.records.flows.lookahead import LookaheadTableRecord, prices_by_node
from engine.decide.kept_facts.lookahead_record import LookaheadPriceRecord
from engine.decide.order_record import Record, Timestamp, timestamp
from engine.lookahead.lookahead import Learnt, ShownTable
from engine.model.lookahead import LookaheadPrice
from engine.store.lookahead import StoredHead


class LearntPriceRecord(LookaheadPriceRecord, frozen=True, kw_only=True):
    """What a unit of the SKU counts dearer at the node; without one, nothing."""

    sku: str
    node: str

    @classmethod
    def of(cls, price: LookaheadPrice) -> "LearntPriceRecord":
        return cls(sku=price.sku, node=price.node, **msgspec.structs.asdict(LookaheadPriceRecord.of(price)))


class LearntLookaheadRecord(Record, frozen=True):
    """What was learnt of look-ahead prices."""

    head: Annotated[LookaheadTableRecord, Meta(description="its digest is that of what would be published")]
    published: bool
    orders: Annotated[int, Meta(description="that demand was learnt from")]
    unplaced: Annotated[int, Meta(description="of these, of which nobody knows any more where they went")]
    damaged: Annotated[int, Meta(description="entries of the log that could not be read")]
    regions: int
    channel: Annotated[str, Meta(description="whose floors say how many units are free: that of most orders")]
    solved: Annotated[int, Meta(description="SKUs that several nodes have")]
    dearest: Annotated[list[LearntPriceRecord], Meta(description="at most a hundred")]

    @classmethod
    def of(cls, learnt: Learnt, most: int) -> "LearntLookaheadRecord":
        table, history = learnt.prices.table, learnt.prices.history
        every = (price for nodes in table.prices.values() for price in nodes.values())
        return cls(
            head=LookaheadTableRecord.of(table.digest, table.head, table.learnt_at),
            published=learnt.digest is not None,
            orders=history.orders,
            unplaced=history.unplaced,
            damaged=history.damaged,
            regions=len(history.regions),
            channel=history.channel,
            solved=learnt.prices.solved,
            dearest=_dearest(every, most),
        )


class PublishedLookaheadRecord(Record, frozen=True):
    """A table that is kept."""

    head: LookaheadTableRecord
    published_at: Timestamp

    @classmethod
    def of(cls, stored: StoredHead, now: int) -> "PublishedLookaheadRecord":
        head = LookaheadTableRecord.of(stored.digest, stored.head, now)
        return cls(head=head, published_at=timestamp(stored.published_at))


class ShownLookaheadRecord(Record, frozen=True):
    """A table of look-ahead prices as it stands."""

    head: LookaheadTableRecord
    in_force: bool
    age_minutes: int
    sku: Annotated[str | UnsetType, Meta(description="if one was asked for")] = UNSET
    nodes: Annotated[
        dict[str, LookaheadPriceRecord] | UnsetType, Meta(description="its prices, at each node where it has one")
    ] = UNSET
    tables: Annotated[
        list[PublishedLookaheadRecord] | UnsetType, Meta(description="that are kept, the last published first")
    ] = UNSET

    @classmethod
    def of(cls, shown: ShownTable, sku: str | None) -> "ShownLookaheadRecord":
        return cls(
            head=LookaheadTableRecord.of(shown.digest, shown.head, shown.now),
            in_force=shown.in_force,
            age_minutes=max(0, shown.now - shown.head.learnt_at) // 60,
            sku=sku or UNSET,
            nodes=prices_by_node(shown.prices[sku]) if sku else UNSET,
            tables=UNSET if sku else [PublishedLookaheadRecord.of(item, shown.now) for item in reversed(shown.tables)],
        )


def _dearest(prices: Iterable[LookaheadPrice], most: int) -> list[LearntPriceRecord]:
    ranked = sorted(prices, key=lambda item: (-item.price, item.sku, item.node))
    return [LearntPriceRecord.of(item) for item in ranked[:most]]
