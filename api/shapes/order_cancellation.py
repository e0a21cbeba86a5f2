"""The shape of what is sent to cancel an order, or units of it."""

from marshmallow import fields, validate

from api.shapes.base import Strict
from api.shapes.fields import Word
from api.shapes.hold_ends import WayRequest
from api.shapes.line_units import LineUnits


class CancelOrderRequest(Strict):
    """How many units of which lines; without, all that have not left. Which shipments they go from; without, those of
    which what is left costs least. The same `op` again is answered the same.
    """

    lines = LineUnits(empty="name a line, or leave 'lines' out for the whole order")
    shipments = fields.List(
        fields.Nested(WayRequest),
        load_default=list,
        validate=validate.Length(min=1, error="name a shipment, or leave 'shipments' out"),
    )
    op = Word(load_default=None)
