"""Requests about holds, checked in shape and read into the engine's values."""

from typing import Any

from marshmallow import ValidationError, validates_schema

from api.shapes.base import Strict
from api.shapes.cursors import HoldsCursor
from api.shapes.fields import Instant, QueryNumber, WholeNumber, Word
from api.shapes.limits import MOST_HOLDS
from rules.effects import MAX_HOLD


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
