"""What callers say of stock and holds, checked in shape and read into the engine's values."""

import datetime
from typing import Any

from marshmallow import ValidationError, fields, post_load, validate, validates_schema

from api.shapes.base import Strict
from api.shapes.fields import Instant, Word
from engine.inventory.holds import MOST_MINUTES
from engine.store.stock import Movement, Stamp

MOST_ON_HAND = 10**12
MOST_MOVED = 10**9
MOST_SEQUENCE = 2**53 - 1
"""Beyond, not every reader of JSON tells two numbers apart."""
MOST_SKUS = 100
MOST_HOLDS = 1_000
_MICROSECONDS = 1_000_000


class Whole(fields.Field[int]):
    """A whole number in some bounds."""

    def __init__(self, low: int, high: int, **options: Any) -> None:
        super().__init__(**options)
        self._low, self._high = low, high

    def _deserialize(self, value: Any, *_: Any, **__: Any) -> int:
        if not isinstance(value, int) or isinstance(value, bool) or not self._low <= value <= self._high:
            raise ValidationError(f"this is a whole number from {self._low} to {self._high}")
        return value


class QueryNumber(Whole):
    """A whole number as a query says it."""

    def _deserialize(self, value: Any, *_: Any, **__: Any) -> int:
        plain = isinstance(value, str) and value.isascii() and value.isdigit() and len(value) <= 18  # noqa: PLR2004  # fits 64 bits
        return super()._deserialize(int(value) if plain else value)


class Moment(Instant):
    """As Instant, to the microsecond: of two messages in one second, the later one counts."""

    def read(self, value: Any) -> int:
        seconds = super().read(value)
        return seconds * _MICROSECONDS + datetime.datetime.fromisoformat(value.upper()).microsecond


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
