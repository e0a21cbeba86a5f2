"""An order as JSON, and reading it back: part of each decision's record and of what waits in the backlog."""

import datetime
import functools
from typing import Annotated, TypeAlias

from msgspec import UNSET, Meta, Struct, UnsetType

from engine.model.facts import MICRODEGREES, GeoPoint, Line, Order


class Record(Struct, frozen=True, gc=False):
    """Base of all that is written as a JSON object. A record whose class is `XRecord` is component `X` of the OpenAPI
    page, which has its docstring and the descriptions of its fields.

    A record is a tree that is never changed, so the garbage collector, which looks for cycles, need not track it.
    """


Timestamp: TypeAlias = Annotated[str, Meta(extra_json_schema={"format": "date-time"})]
"""RFC 3339 in UTC, to the second."""


@functools.lru_cache(maxsize=1_000)
def timestamp(instant: int) -> str:
    """RFC 3339 in UTC, to the second, of UTC seconds."""
    # half the time of strftime; a decision has six of them or more, most of which other decisions have, too
    return datetime.datetime.fromtimestamp(instant, tz=datetime.UTC).isoformat().replace("+00:00", "Z")


def seconds(instant: str) -> int:
    """UTC seconds of what `timestamp` wrote."""
    return int(datetime.datetime.fromisoformat(instant).timestamp())


def iso_date(day: int) -> str:
    """2026-10-01, of the ordinal of a date."""
    return datetime.date.fromordinal(day).isoformat()


def date_number(date: str) -> int:
    """The ordinal of what `iso_date` wrote."""
    return datetime.date.fromisoformat(date).toordinal()


class DestinationRecord(Record, frozen=True):
    """Where the order goes. An order that is collected at a node has no position of its own."""

    country: str | None
    postcode: str | None
    region: str | None
    latitude: float | None
    longitude: float | None


class OrderLineRecord(Record, frozen=True):
    id: str
    sku: str
    quantity: int
    unit_price_micros: int | None
    delivery: Annotated[str | UnsetType, Meta(description="of a line with a delivery of its own")] = UNSET
    collect_at: Annotated[str | UnsetType, Meta(description="the node at which this line is collected")] = UNSET
    set: Annotated[str | UnsetType, Meta(description="of a line that travels together with all others of its set")] = (
        UNSET
    )
    min_shelf_life_days: Annotated[
        int | UnsetType, Meta(description="for how many days its units must be usable after they arrive")
    ] = UNSET

    @classmethod
    def of(cls, line: Line) -> "OrderLineRecord":
        return cls(
            id=line.id,
            sku=line.sku,
            quantity=line.quantity,
            unit_price_micros=line.unit_price,
            delivery=UNSET if line.delivery is None else line.delivery,
            collect_at=UNSET if line.collect_at is None else line.collect_at,
            set=UNSET if line.set_name is None else line.set_name,
            min_shelf_life_days=UNSET if line.min_shelf_life is None else line.min_shelf_life,
        )


class OrderRecord(Record, frozen=True):
    """The order as it was sent, with defaults filled in."""

    id: str
    channel: str
    delivery: str
    placed_at: Timestamp
    promise_by: Timestamp | None
    destination: DestinationRecord
    collect_at: Annotated[str | None, Meta(description="the node at which the customer collects it")]
    segment: str | None
    tags: list[str]
    lines: list[OrderLineRecord]
    deliver_on: Annotated[
        str | UnsetType, Meta(description="the nominated day", extra_json_schema={"format": "date"})
    ] = UNSET
    currency: Annotated[str | UnsetType, Meta(description="of its prices, if that was said")] = UNSET
    customer: Annotated[
        str | UnsetType | None, Meta(description="who orders, by a pseudonym, if that was said; null: erased")
    ] = UNSET

    @classmethod
    def of(cls, order: Order) -> "OrderRecord":
        place = order.place
        return cls(
            id=order.id,
            channel=order.channel,
            delivery=order.delivery,
            placed_at=timestamp(order.placed_at),
            promise_by=None if order.promise_by is None else timestamp(order.promise_by),
            destination=DestinationRecord(
                country=order.country,
                postcode=order.postcode,
                region=order.region,
                # microdegrees over a million: the shortest decimal that reads back as the same microdegree
                latitude=None if place is None else place.latitude / MICRODEGREES,
                longitude=None if place is None else place.longitude / MICRODEGREES,
            ),
            collect_at=order.collect_at,
            segment=order.segment,
            tags=sorted(order.tags),
            lines=[OrderLineRecord.of(line) for line in order.lines],
            deliver_on=UNSET if order.deliver_on is None else iso_date(order.deliver_on),
            currency=UNSET if order.currency is None else order.currency,
            customer=UNSET if order.customer is None else order.customer,
        )


def order_of(record: OrderRecord) -> Order:
    """The order that `OrderRecord.of` wrote."""
    destination = record.destination
    place = None
    if destination.latitude is not None and destination.longitude is not None:
        place = GeoPoint(
            latitude=_microdegrees(destination.latitude),
            longitude=_microdegrees(destination.longitude),
        )
    return Order(
        id=record.id,
        channel=record.channel,
        delivery=record.delivery,
        placed_at=seconds(record.placed_at),
        promise_by=None if record.promise_by is None else seconds(record.promise_by),
        place=place,
        collect_at=record.collect_at,
        country=destination.country,
        postcode=destination.postcode,
        region=destination.region,
        segment=record.segment,
        tags=frozenset(record.tags),
        lines=tuple(map(line_of, record.lines)),
        deliver_on=None if record.deliver_on is UNSET else date_number(record.deliver_on),
        currency=None if record.currency is UNSET else record.currency,
        customer=record.customer or None,
    )


def line_of(record: OrderLineRecord) -> Line:
    """The line that `OrderLineRecord.of` wrote."""
    return Line(
        id=record.id,
        sku=record.sku,
        quantity=record.quantity,
        unit_price=record.unit_price_micros,
        delivery=None if record.delivery is UNSET else record.delivery,
        collect_at=None if record.collect_at is UNSET else record.collect_at,
        set_name=None if record.set is UNSET else record.set,
        min_shelf_life=None if record.min_shelf_life_days is UNSET else record.min_shelf_life_days,
    )


def _microdegrees(degrees: float) -> int:
    # the decimal was written from microdegrees, so the nearest one is the one it was
    return round(degrees * MICRODEGREES)
