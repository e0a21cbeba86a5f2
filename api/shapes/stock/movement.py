"""The shape of a stock movement as it is sent."""

from typing import Any

from marshmallow import ValidationError, post_load, validates_schema

from api.shapes.base import Strict
from api.shapes.fields import Day, StampField, WholeNumber, Word
from api.shapes.limits import MOST_MOVED
from engine.store.stock import Movement


class MovementRequest(Strict):
    """Units that came or, with a negative delta, left. Sent again, `op` is answered and not applied again. By so many
    units as `blocked` says those change that are there and may not be sold. They may be of a `lot`, whose date
    (`expires`) need only be said where it comes first.
    """

    op = Word(required=True)
    node = Word(required=True)
    sku = Word(required=True)
    delta = WholeNumber(-MOST_MOVED, MOST_MOVED, required=True)
    blocked = WholeNumber(-MOST_MOVED, MOST_MOVED, load_default=0)
    reason = Word(load_default=None)
    lot = Word(load_default=None)
    expires = Day(load_default=None)
    at = StampField(load_default=None, metadata={"example": "2026-11-27T08:12:31.250Z"})

    @validates_schema
    def _moves(self, data: dict[str, Any], **_: Any) -> None:
        delta, blocked = data["delta"], data["blocked"]
        if data["expires"] is not None and data["lot"] is None:
            raise ValidationError("write which lot expires then; a date goes with a 'lot'", "expires")
        if not delta and not blocked:
            raise ValidationError("nothing moves by 0", "delta")
        if delta and blocked and delta != -blocked:
            message = (
                f"as many units as come on hand are blocked no more, and the other way round: delta {delta} goes with"
                f" blocked {-delta}; where units come from elsewhere or go there, send that as a movement of its own"
            )
            raise ValidationError(message, "blocked")

    @post_load
    def _movement(self, data: dict[str, Any], **_: Any) -> Movement:
        return Movement(**data)
