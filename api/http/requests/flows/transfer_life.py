"""Requests about transfers that are made, shipped and received, checked in shape."""

from typing import Any, get_args

from marshmallow import fields, post_load, validate

from api.shapes.base import Strict
from api.shapes.cursors import HoldsCursor
from api.shapes.fields import Note, QueryNumber, SentUnits, StampField, TrueOrFalse, Word
from api.shapes.limits import MOST_TRANSFERS
from engine.model.transfers import MOST_LINES, TransferStatus
from engine.transfers.transfers import TransferFilter


class TransferLineRequest(Strict):
    """Units of one SKU."""

    sku = Word(required=True)
    quantity = SentUnits(required=True)


class MovedLineRequest(Strict):
    """Units of one SKU that left, or arrived; none, if none did."""

    sku = Word(required=True)
    quantity = SentUnits(0, required=True)


def _lines(shape: type[Strict], **options: Any) -> fields.List:
    one_or_more = validate.Length(min=1, max=MOST_LINES, error=f"write 1 to {MOST_LINES} lines")
    return fields.List(fields.Nested(shape), validate=one_or_more, **options)


class _Operation(Strict):
    op = Word(load_default=None, metadata={"description": "sent again, it is answered and not carried out again"})


class CreateTransferRequest(_Operation):
    """Units that are to be moved from one node to another. Without an `id`, it gets one."""

    id = Word(load_default=None, metadata={"example": "T-2026-118"})
    origin = Word(data_key="from", required=True)
    goal = Word(data_key="to", required=True)
    lines = _lines(TransferLineRequest, required=True)
    note = Note(load_default="")


class ApproveTransferRequest(_Operation):
    """Nothing but the operation, if it has a name."""


class ShipTransferRequest(_Operation):
    """What left; without `lines`, all that was planned. What is not named stayed."""

    lines = _lines(MovedLineRequest, load_default=None)
    at = StampField(load_default=None, metadata={"description": "when it left; left out: now"})


class ReceiveTransferRequest(_Operation):
    """What arrived; without `lines`, all that was to come. `last`: no more is to come. `over`: it may be more than was
    shipped.
    """

    lines = _lines(MovedLineRequest, load_default=None)
    last = TrueOrFalse(load_default=False)
    over = TrueOrFalse(load_default=False)
    at = StampField(load_default=None, metadata={"description": "when it arrived; left out: now"})


class CancelTransferRequest(_Operation):
    """Nothing but the operation, if it has a name."""


class TransfersQuery(Strict):
    """Without a `status`, transfers that are not over."""

    status = fields.String(load_default=None, validate=validate.OneOf(get_args(TransferStatus)))
    origin = Word(data_key="from", load_default=None, metadata={"description": "the node that they leave"})
    goal = Word(data_key="to", load_default=None, metadata={"description": "the node that they go to"})
    sku = Word(load_default=None)
    limit = QueryNumber(1, MOST_TRANSFERS, load_default=100)
    after = HoldsCursor(load_default=None, metadata={"description": "`next` of the page before"})

    @post_load
    def _filter(self, data: dict[str, Any], **_: Any) -> dict[str, Any]:
        page = {name: data.pop(name) for name in ("limit", "after")}
        return {"filtered": TransferFilter(**data), **page}
