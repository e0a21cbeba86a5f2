"""Look-ahead prices as JSON: a table, what it was learnt from, and what tables would have brought."""

from collections.abc import Iterable
from typing import Annotated

from msgspec import UNSET, Meta, UnsetType

from engine.decide.order_record import Record, Timestamp, timestamp
from engine.lookahead.lookahead import Learnt, ShownTable
from engine.model.lookahead import LookaheadPrice, TableHead
from engine.store.lookahead import StoredHead


class LookaheadHeadRecord(Record, frozen=True):
    """What stands once for a table of look-ahead prices."""

    table: Annotated[str, Meta(description="its digest")]
    learnt_at: Timestamp
    learnt_by: Annotated[str, Meta(description="`pointsman`: by itself")]
    demand_since: Timestamp
    demand_until: Timestamp
    use_until: Timestamp
    network_version: str
    currency: str
    skus: Annotated[int, Meta(description="that have a price above 0 somewhere")]
    prices: Annotated[int, Meta(description="above 0")]

    @classmethod
    def of(cls, digest: str, head: TableHead) -> "LookaheadHeadRecord":
        return cls(
            table=digest,
            learnt_at=timestamp(head.learnt_at),
            learnt_by=head.learnt_by,
            demand_since=timestamp(head.demand_since),
            demand_until=timestamp(head.demand_until),
            use_until=timestamp(head.use_until),
            network_version=head.network_version,
            currency=head.currency,
            skus=head.skus,
            prices=head.prices,
        )


class LearntPriceRecord(Record, frozen=True):
    """What a unit of the SKU counts dearer at the node; without one, nothing."""

    sku: str
    node: str
    price_micros: int
    region: Annotated[str, Meta(description="that is expected to need what is there")]
    needed_by: Timestamp | None

    @classmethod
    def of(cls, price: LookaheadPrice) -> "LearntPriceRecord":
        return cls(
            sku=price.sku,
            node=price.node,
            price_micros=price.price,
            region=price.region,
            needed_by=None if price.needed_by is None else timestamp(price.needed_by),
        )


class LearntLookaheadRecord(Record, frozen=True):
    """What was learnt of look-ahead prices."""

    head: Annotated[LookaheadHeadRecord, Meta(description="its digest is that of what would be published")]
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
            head=LookaheadHeadRecord.of(table.digest, table.head),
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

    head: LookaheadHeadRecord
    published_at: Timestamp

    @classmethod
    def of(cls, stored: StoredHead) -> "PublishedLookaheadRecord":
        return cls(head=LookaheadHeadRecord.of(stored.digest, stored.head), published_at=timestamp(stored.published_at))


class ShownLookaheadRecord(Record, frozen=True):
    """A table of look-ahead prices as it stands."""

    head: LookaheadHeadRecord
    in_force: bool
    too_old: Annotated[bool, Meta(description="true: decisions don't use it")]
    age_minutes: int
    prices: Annotated[list[LearntPriceRecord] | UnsetType, Meta(description="of the SKUs asked for")] = UNSET
    tables: Annotated[
        list[PublishedLookaheadRecord] | UnsetType, Meta(description="that are kept, the last published first")
    ] = UNSET

    @classmethod
    def of(cls, shown: ShownTable, skus: Iterable[str]) -> "ShownLookaheadRecord":
        asked = list(skus)
        prices = [LearntPriceRecord.of(item) for sku in asked for item in shown.prices.get(sku, {}).values()]
        return cls(
            head=LookaheadHeadRecord.of(shown.digest, shown.head),
            in_force=shown.in_force,
            too_old=shown.too_old,
            age_minutes=max(0, shown.now - shown.head.learnt_at) // 60,
            prices=prices if asked else UNSET,
            tables=UNSET if asked else [PublishedLookaheadRecord.of(item) for item in reversed(shown.tables)],
        )


def _dearest(prices: Iterable[LookaheadPrice], most: int) -> list[LearntPriceRecord]:
    ranked = sorted(prices, key=lambda item: (-item.price, item.sku, item.node))
    return [LearntPriceRecord.of(item) for item in ranked[:most]]
