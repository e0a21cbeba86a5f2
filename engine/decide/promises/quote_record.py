"""A quote as JSON: what is answered, and kept until it is taken up or its time is over."""

from typing import Annotated

import msgspec
from msgspec import UNSET, Meta, UnsetType

from engine.decide.decision import Unfilled
from engine.decide.order_record import Record, Timestamp, timestamp
from engine.decide.promises.promise import Promise
from engine.decide.promises.taken_quote_record import ChosenFor
from engine.decide.record_parts import PlacedAddressRecord, PlacedLineRecord, ShipmentRecord, UnfilledRecord
from engine.model.facts import Order


class PromiseRecord(Record, frozen=True):
    """What a customer may be promised: all of the cart by an instant, and what would ship. Micros of the currency,
    milligrams of CO2e, UTC.
    """

    promise: Annotated[int, Meta(description="its number, with which it is taken up")]
    delivery: str
    chosen_for: Annotated[
        ChosenFor, Meta(description="policies: as an order is decided; least_co2: the greenest that arrives as early")
    ]
    arrives_by: Timestamp
    valid_until: Annotated[
        Timestamp,
        Meta(description="up to when it can be taken up: of a shipment, the cut-off may come before the quote's"),
    ]
    cost_micros: int
    co2_mg: int
    shipments: list[ShipmentRecord]

    @classmethod
    def of(cls, number: int, promise: Promise, cart: Order, valid_until: int) -> "PromiseRecord":
        return cls(
            promise=number,
            delivery=promise.delivery,
            chosen_for="least_co2" if promise.terms.greenest else "policies",
            arrives_by=timestamp(promise.arrives_by),
            valid_until=timestamp(min(valid_until, promise.alike_until)),
            cost_micros=promise.cost,
            co2_mg=promise.co2,
            shipments=[ShipmentRecord.of(shipment, cart) for shipment in promise.shipments],
        )


class NotPromisedRecord(Record, frozen=True):
    """A kind of delivery by which not all of the cart can ship, and why."""

    delivery: str
    unfilled: list[UnfilledRecord]

    @classmethod
    def of(cls, delivery: str, unfilled: tuple[Unfilled, ...]) -> "NotPromisedRecord":
        return cls(delivery=delivery, unfilled=[UnfilledRecord.of(item) for item in unfilled])


class QuoteRecord(Record, frozen=True):
    """What a cart may be promised. Nothing is held for it."""

    id: str
    quoted_at: Timestamp
    valid_until: Timestamp
    policy_version: str
    network_version: str
    promises: Annotated[
        list[PromiseRecord],
        Meta(description="the earliest first; of none does another arrive as early, cost as little and emit as little"),
    ]
    not_promised: list[NotPromisedRecord]
    complete: Annotated[
        bool, Meta(description="false: the cart is so large that not all promises were looked for, or proven the best")
    ]
    by_lanes_only: Annotated[
        bool,
        Meta(description="true: it could not be placed; only what ships on lanes of a known distance was promised"),
    ]
    placed: Annotated[PlacedAddressRecord | UnsetType, Meta(description="of a cart without coordinates")] = UNSET
    not_counted: Annotated[
        list[PlacedLineRecord] | UnsetType,
        Meta(description="what needs no stock and no parcel, so that nothing need be promised of it"),
    ] = UNSET


to_json = msgspec.json.Encoder().encode
"""The bytes of a record."""
from_json = msgspec.json.Decoder(QuoteRecord).decode
"""The record of such bytes."""
