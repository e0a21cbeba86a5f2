"""Queries about goods that come in, checked in shape and read into the engine's values."""

from typing import Any, get_args

from marshmallow import fields, post_load, validate

from api.shapes.base import Strict
from api.shapes.cursors import HoldsCursor
from api.shapes.fields import Flag, QueryNumber, Word
from api.shapes.limits import MOST_RECEIPTS
from engine.inbound.receipt_list import ReceiptFilter
from engine.model.receipts import ReceiptStatus


class ReceiptsQuery(Strict):
    """Without a `status`, receipts of which units are still to come."""

    node = Word(load_default=None)
    sku = Word(load_default=None)
    status = fields.String(load_default=None, validate=validate.OneOf(get_args(ReceiptStatus)))
    late = Flag(load_default=False, metadata={"description": "those that did not come by when they were expected"})
    limit = QueryNumber(1, MOST_RECEIPTS, load_default=100)
    after = HoldsCursor(load_default=None, metadata={"description": "`next` of the page before"})

    @post_load
    def _filter(self, data: dict[str, Any], **_: Any) -> dict[str, Any]:
        page = {name: data.pop(name) for name in ("limit", "after")}
        return {"filtered": ReceiptFilter(**data), **page}
