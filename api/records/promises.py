"""Promises for product pages as JSON."""

from typing import Annotated

from msgspec import UNSET, Meta, UnsetType

from engine.decide.order_record import Record, Timestamp, timestamp
from engine.decide.record_parts import ReasonRecord
from engine.orders.quotes.quotes import PagePromises, SkuPromise


class SkuPromiseRecord(Record, frozen=True):
    """By when an order of this SKU alone could arrive at the earliest."""

    sku: str
    delivery: str
    arrives_by: Annotated[Timestamp | None, Meta(description="null: not all of the quantity can ship by this delivery")]
    valid_until: Annotated[
        Timestamp,
        Meta(description="up to when it may be shown: the next cut-off of what would ship, and 15 minutes at most"),
    ]
    counted: Annotated[
        bool | UnsetType, Meta(description="false: it needs no stock and no parcel; otherwise left out")
    ] = UNSET
    reasons: Annotated[
        list[ReasonRecord] | UnsetType, Meta(description="why there is no `arrives_by`; left out if there is one")
    ] = UNSET

    @classmethod
    def of(cls, item: SkuPromise) -> "SkuPromiseRecord":
        return cls(
            sku=item.sku,
            delivery=item.delivery,
            arrives_by=None if item.promise is None else timestamp(item.promise.arrives_by),
            valid_until=timestamp(item.valid_until),
            counted=UNSET if item.counted else False,
            reasons=list(map(ReasonRecord.of, item.reasons)) or UNSET,
        )


class PromiseListRecord(Record, frozen=True):
    """By SKU and kind of delivery, in the order in which they were asked for."""

    promises: list[SkuPromiseRecord]
    unknown: Annotated[list[str], Meta(description="SKUs asked for that no product goes by")]
    policy_version: str

    @classmethod
    def of(cls, page: PagePromises) -> "PromiseListRecord":
        return cls(
            promises=list(map(SkuPromiseRecord.of, page.promises)),
            unknown=list(page.unknown),
            policy_version=page.policy_version,
        )
