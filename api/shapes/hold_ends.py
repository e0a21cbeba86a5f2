"""The shapes of what is sent to end holds: which units left, or are free again."""

from marshmallow import fields, validate

from api.shapes.base import Strict
from api.shapes.fields import StampField, Word
from api.shapes.line_units import LineUnits


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
