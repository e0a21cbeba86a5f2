"""What callers say of orders that wait or were rejected, checked in shape and read into the engine's values."""

from collections.abc import Mapping
from typing import Any, get_args

from marshmallow import ValidationError, fields, post_load, validate

from api.records.backlog import MOST_ENTRIES
from api.shapes.base import Strict
from api.shapes.fields import MOST_ON_HAND, QueryNumber, Units, Whole, Word
from api.shapes.order import OrderRequest
from engine.decide.priority import Rank
from engine.orders.rejection import Reason

MOST_TOGETHER = 500
"""Orders of one batch."""
_PARTS = 5
"""Of a cursor."""


class BatchRequest(Strict):
    """Orders that wait, each with an id of its own; the order in which they are listed means nothing."""

    orders = fields.List(fields.Nested(OrderRequest), required=True, validate=validate.Length(min=1))

    def __init__(self, *, max_lines: int, **options: Any) -> None:
        super().__init__(**options)
        self.fields["orders"].inner.nested = OrderRequest(max_lines=max_lines)  # type: ignore[attr-defined]  # a List's

    def load(self, data: Any, **options: Any) -> Any:
        orders = data.get("orders") if isinstance(data, Mapping) else None
        if isinstance(orders, list) and len(orders) > MOST_TOGETHER:
            # said before the orders are read: each of them costs time
            message = f"a batch has at most {MOST_TOGETHER} orders, this one {len(orders)}"
            raise ValidationError({"orders": [message]})
        return super().load(data, **options)


class OnHand(fields.Field[Any]):
    """Units, or units by SKU."""

    def _deserialize(self, value: Any, *_: Any, **__: Any) -> Any:
        units = Whole(0, MOST_ON_HAND)
        if isinstance(value, Mapping):
            return fields.Dict(keys=Word(), values=units).deserialize(value)
        return units.deserialize(value)


class RejectRequest(Strict):
    """Which units a node won't ship, and why; without `lines`, all that it holds of the decision. The same `op` again
    is answered the same.
    """

    node = Word(required=True)
    service = Word(load_default=None)
    lines = fields.Dict(
        keys=Word(),
        values=Units(),
        load_default=dict,
        validate=validate.Length(min=1, error="name a line, or leave 'lines' out for all that the node holds"),
        metadata={"description": "units by line, or by SKU", "example": {"1": 2}},
    )
    reason = fields.String(required=True, validate=validate.OneOf(get_args(Reason)))
    on_hand = OnHand(
        load_default=None,
        metadata={
            "description": "what the node has, in units or by SKU; goes with not_in_stock (by default: what is then"
            " still promised from it) and damaged (by default: as it was)"
        },
    )
    wait = fields.Boolean(
        load_default=False,
        truthy={True},
        falsy={False},
        metadata={"description": "let units that no other node has wait for stock"},
    )
    op = Word(load_default=None)


class _Cursor(fields.Field[Rank]):
    """`next` of a page before."""

    def _deserialize(self, value: Any, *_: Any, **__: Any) -> Rank:
        parts = value.split(":", _PARTS - 1) if isinstance(value, str) else []
        numbers = parts[:3]
        if len(parts) != _PARTS or not all(
            part.isascii() and part.isdigit() and len(part) <= 19  # noqa: PLR2004  # fits 64 bits
            for part in numbers
        ):
            raise ValidationError("this is no 'next' of a page before")
        before, promise, placed = (int(part) for part in numbers)
        return (before, promise, placed, parts[4], parts[3])


class BacklogQuery(Strict):
    limit = QueryNumber(1, MOST_ENTRIES, load_default=100)
    after = _Cursor(load_default=None, metadata={"description": "`next` of the page before"})


class RunRequest(Strict):
    """How many entries to offer stock to, and after which one."""

    limit = Whole(1, MOST_ENTRIES, load_default=MOST_ENTRIES)
    after = _Cursor(load_default=None, metadata={"description": "`next` of the run before"})

    @post_load
    def _given(self, data: dict[str, Any], **_: Any) -> dict[str, Any]:
        return data
