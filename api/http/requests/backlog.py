"""Requests about orders that wait or were rejected, checked in shape and read into the engine's values."""

from collections.abc import Mapping
from typing import Any

from marshmallow import fields, validate

from api.shapes.base import Strict
from api.shapes.cursors import BacklogCursor
from api.shapes.fields import QueryNumber, SentUnits, StampField, TrueOrFalse, WholeNumber, Word, units_described
from api.shapes.limits import MOST_ENTRIES, MOST_ON_HAND
from api.shapes.line_units import LineUnits
from rules.vocabulary import REJECTION_REASONS


class OnHand(fields.Field[Any]):
    """Units, or units by SKU."""

    def _deserialize(self, value: Any, *_: Any, **__: Any) -> Any:
        units = SentUnits(0, MOST_ON_HAND)
        if isinstance(value, Mapping):
            return fields.Dict(keys=Word(), values=units).deserialize(value)
        return units.deserialize(value)


class RejectRequest(Strict):
    """Which units a node won't ship, and why; without `lines`, all that it holds of the decision. The same `op` again
    is answered the same.
    """

    node = Word(required=True)
    service = Word(load_default=None)
    lines = LineUnits(empty="name a line, or leave 'lines' out for all that the node holds")
    confirmed = LineUnits(
        empty="name a line, or leave 'confirmed' out if nothing left",
        description="of a short pick, the units that left: units by line, or by SKU",
    )
    reason = fields.String(required=True, validate=validate.OneOf(REJECTION_REASONS))
    on_hand = OnHand(
        load_default=None,
        metadata={
            "anyOf": [
                units_described(MOST_ON_HAND),
                {
                    "title": "OnHandBySku",
                    "type": "object",
                    "minProperties": 1,
                    "additionalProperties": units_described(MOST_ON_HAND),
                },
                {"type": "null"},
            ],
            "description": "what the node has, in units or by SKU; goes with not_in_stock (by default: what is then"
            " still promised from it) and damaged (by default: as it was)",
        },
    )
    at = StampField(
        load_default=None,
        metadata={
            "example": "2026-11-27T16:40:00Z",
            "description": "when that was so: what `confirmed` says left then, what is damaged was set apart, and"
            " `on_hand` counted; without, now",
        },
    )
    wait = TrueOrFalse(
        load_default=False,
        metadata={"description": "let units that no other node has wait for stock"},
    )
    op = Word(load_default=None)


class BacklogQuery(Strict):
    limit = QueryNumber(1, MOST_ENTRIES, load_default=100)
    after = BacklogCursor(load_default=None, metadata={"description": "`next` of the page before"})


class RunRequest(Strict):
    """How many entries to offer stock to, and after which one."""

    limit = WholeNumber(1, MOST_ENTRIES, load_default=MOST_ENTRIES)
    after = BacklogCursor(load_default=None, metadata={"description": "`next` of the run before"})
