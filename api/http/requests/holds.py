"""Requests about holds, checked in shape and read into the engine's values."""

from typing import Any

from marshmallow import ValidationError, fields, validate, validates_schema

from api.shapes.base import Strict
from api.shapes.cursors import HoldsCursor
from api.shapes.fields import Instant, QueryNumber, StampField, WholeNumber, Word
from api.shapes.limits import MOST_HOLDS
from api.shapes.line_units import LineUnits
from rules.effects import MAX_HOLD


class WayRequest(Strict):
    node = Word(required=True)
    service = Word(required=True)


class EndRequest(Strict):
    """Which shipments of the decision, and how many units of which lines of them; without, all that are still held. The
    same `op` again is answered the same.
    """

    shipments = fields.List(
        fields.Nested(WayRequest),
        load_default=list,
        validate=validate.Length(min=1, error="name a shipment, or leave 'shipments' out for all of them"),
    )
    lines = LineUnits(empty="name a line, or leave 'lines' out for all units")
    op = Word(load_default=None)


class ConfirmRequest(EndRequest):
    """The same, and when the goods left; without, now. A count of that instant or later has them as gone already."""

    left_at = StampField(load_default=None, metadata={"example": "2026-11-27T16:40:00Z"})


class ExtendRequest(Strict):
    """Until when, or for how many minutes from now. A hold is never made shorter."""

    until = Instant()
    minutes = WholeNumber(1, MAX_HOLD)
    op = Word()

    @validates_schema
    def _one_end(self, data: dict[str, Any], **_: Any) -> None:
        if ("until" in data) == ("minutes" in data):
            raise ValidationError("say either 'until', an instant, or 'minutes', from now", "until")


class HoldsQuery(Strict):
    node = Word(load_default=None)
    service = Word(load_default=None)
    sku = Word(load_default=None)
    expiring_before = Instant(load_default=None)
    limit = QueryNumber(1, MOST_HOLDS, load_default=100)
    after = HoldsCursor(load_default=None, metadata={"description": "`next` of the page before"})
