"""Requests about stock, checked in shape and read into the engine's values."""

from typing import Any

from marshmallow import ValidationError, fields, validate, validates_schema

from api.shapes.base import Strict
from api.shapes.cursors import FeedCursor
from api.shapes.fields import Day, Flag, Word
from api.shapes.limits import MOST_SKUS, MOST_SKUS_SENT
from api.shapes.order import AnyDestination


class _ByDate(AnyDestination):
    by = Day(
        load_default=None,
        metadata={"description": "count what is to come until the end of this date, too, if rules let it be promised"},
    )


class AvailabilityQuery(_ByDate):
    sku = fields.List(
        Word(),
        required=True,
        validate=validate.Length(min=1, max=MOST_SKUS, error="name 1 to {max} SKUs, each as sku="),
        metadata={"description": f"up to {MOST_SKUS}: repeat it"},
    )


class AvailabilityRequest(_ByDate):
    """More SKUs than an address has room for."""

    skus = fields.List(
        Word(),
        required=True,
        validate=validate.Length(min=1, max=MOST_SKUS_SENT, error="name 1 to {max} SKUs"),
        metadata={"example": ["TXT-0059", "BEA-0036"]},
    )


class FeedQuery(Strict):
    """`after` goes on with the answer whose cursor is `since`."""

    channel = Word(required=True, metadata={"example": "web"})
    since = FeedCursor(
        load_default=None, metadata={"description": "the `cursor` of an answer: only what changed after it"}
    )
    after = Word(
        load_default=None,
        metadata={
            "description": "the last SKU that came of an answer that broke off; `since` is then its own `cursor`"
        },
    )
    nodes = Flag(load_default=False, metadata={"description": "with the free units by node"})

    @validates_schema
    def _of_an_answer(self, data: dict[str, Any], **_: Any) -> None:
        if data["after"] is not None and data["since"] is None:
            raise ValidationError("'after' goes on with an answer: send its 'cursor' as 'since'", "since")
