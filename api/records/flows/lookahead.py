"""The look-ahead prices in force."""

from collections.abc import Mapping
from typing import Annotated

from msgspec import UNSET, Meta, UnsetType

from engine.decide.kept_facts.lookahead_record import LookaheadPriceRecord
from engine.decide.order_record import Record, Timestamp, timestamp
from engine.model.lookahead import LookaheadPrice, TableHead


class LookaheadTableRecord(Record, frozen=True):
    """The head of a table of look-ahead prices."""

    table: Annotated[str, Meta(description="its digest: 64 hexadecimal digits, the SHA-256 of all that is in it")]
    learnt_at: Timestamp
    learnt_by: Annotated[str, Meta(description="`pointsman`: by itself")]
    use_until: Annotated[Timestamp, Meta(description="decisions made later don't use it")]
    too_old: Annotated[bool, Meta(description="whether that is over")]
    demand_since: Annotated[Timestamp, Meta(description="from when on the demand is that it was learnt from")]
    demand_until: Timestamp
    network_version: str
    currency: str
    skus: Annotated[int, Meta(description="that have a price above 0 somewhere")]
    prices: Annotated[int, Meta(description="above 0, over all SKUs and nodes")]

    @classmethod
    def of(cls, digest: str, head: TableHead, now: int) -> "LookaheadTableRecord":
        return cls(
            table=digest,
            learnt_at=timestamp(head.learnt_at),
            learnt_by=head.learnt_by,
            use_until=timestamp(head.use_until),
            too_old=now > head.use_until,
            demand_since=timestamp(head.demand_since),
            demand_until=timestamp(head.demand_until),
            network_version=head.network_version,
            currency=head.currency,
            skus=head.skus,
            prices=head.prices,
        )


class LookaheadInForceRecord(Record, frozen=True):
    """Which table of look-ahead prices is in force."""

    current: Annotated[LookaheadTableRecord | UnsetType, Meta(description="left out if none was ever published")] = (
        UNSET
    )


class LookaheadOfSkuRecord(Record, frozen=True):
    """The look-ahead prices of a SKU: of a whole unit, at each node where it is above 0."""

    sku: str
    nodes: dict[str, LookaheadPriceRecord]
    current: Annotated[LookaheadTableRecord | UnsetType, Meta(description="left out if none was ever published")] = (
        UNSET
    )

    @classmethod
    def of(
        cls, sku: str, current: LookaheadTableRecord | UnsetType, prices: Mapping[str, LookaheadPrice]
    ) -> "LookaheadOfSkuRecord":
        return cls(sku=sku, current=current, nodes=prices_by_node(prices))


def prices_by_node(prices: Mapping[str, LookaheadPrice]) -> dict[str, LookaheadPriceRecord]:
    """Those of one SKU, in the order of the nodes."""
    return {node: LookaheadPriceRecord.of(price) for node, price in sorted(prices.items())}
