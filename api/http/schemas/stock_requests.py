"""What callers say of stock and holds, checked in shape and read into the engine's values."""

from typing import Any

from marshmallow import ValidationError, fields, post_load, validate, validates_schema

from api.shapes.base import Strict
from api.shapes.fields import MOST_HOLDS, MOST_ON_HAND, Instant, Moment, QueryNumber, Whole, Word
from engine.inventory.holds import MOST_MINUTES
from engine.store.stock import Movement, Stamp

MOST_MOVED = 10**9
MOST_SEQUENCE = 2**53 - 1
"""Beyond, not every reader of JSON tells two numbers apart."""
MOST_SKUS = 100


class CountRequest(Strict):
    """How many units a position has, by the source's own time (`at`) or its own count of messages (`sequence`)."""

    on_hand = Whole(0, MOST_ON_HAND, required=True)
    at = Moment(metadata={"example": "2026-11-27T08:12:31.250Z"})
    sequence = Whole(0, MOST_SEQUENCE)

    @validates_schema
    def _one_stamp(self, data: dict[str, Any], **_: Any) -> None:
        if ("at" in data) == ("sequence" in data):
            message = "say which message is the newer one: either 'at', the source's time, or 'sequence', its number"
            raise ValidationError(message, "at")

    @post_load
    def _stamped(self, data: dict[str, Any], **_: Any) -> tuple[int, Stamp]:
        kind = "t" if "at" in data else "s"
        return data["on_hand"], Stamp(kind=kind, number=data["at"] if kind == "t" else data["sequence"])


class MovementRequest(Strict):
    """Units that came or, with a negative delta, left. Sent again, `op` is answered and not applied again."""

    op = Word(required=True)
    node = Word(required=True)
    sku = Word(required=True)
    delta = Whole(-MOST_MOVED, MOST_MOVED, required=True, validate=validate.NoneOf([0], error="nothing moves by 0"))
    reason = Word(load_default=None)

    @post_load
    def _movement(self, data: dict[str, Any], **_: Any) -> Movement:
        return Movement(**data)


class AvailabilityQuery(Strict):
    sku = fields.List(
        Word(),
        required=True,
        validate=validate.Length(min=1, max=MOST_SKUS, error="name 1 to {max} SKUs, each as sku="),
        metadata={"description": f"up to {MOST_SKUS}: repeat it"},
    )
    channel = Word(required=True, metadata={"example": "web"})


class WayRequest(Strict):
    node = Word(required=True)
    service = Word(required=True)


class EndRequest(Strict):
    """Which shipments of the decision; without, all that are still held. The same `op` again is answered the same."""

    shipments = fields.List(
        fields.Nested(WayRequest),
        load_default=list,
        validate=validate.Length(min=1, error="name a shipment, or leave 'shipments' out for all of them"),
    )
    op = Word(load_default=None)


class ExtendRequest(Strict):
    """Until when, or for how many minutes from now. A hold is never made shorter."""

    until = Instant()
    minutes = Whole(1, MOST_MINUTES)
    op = Word()

    @validates_schema
    def _one_end(self, data: dict[str, Any], **_: Any) -> None:
        if ("until" in data) == ("minutes" in data):
            raise ValidationError("say either 'until', an instant, or 'minutes', from now", "until")


class HoldsQuery(Strict):
    node = Word(load_default=None)
    sku = Word(load_default=None)
    expiring_before = Instant(load_default=None)
    limit = QueryNumber(1, MOST_HOLDS, load_default=100)
    after = fields.String(load_default=None, metadata={"description": "`next` of the page before"})

    @post_load
    def _cursor(self, data: dict[str, Any], **_: Any) -> dict[str, Any]:
        if data["after"] is not None:
            until, _, name = data["after"].partition(":")
            if not (until.isascii() and until.isdigit() and len(until) <= 12 and name):  # noqa: PLR2004  # UTC seconds
                raise ValidationError("this is no 'next' of a page before", "after")
            data["after"] = (int(until), name)
        return data
