"""Requests about orders that were decided, checked in shape and read into the engine's values."""

from typing import Any

from marshmallow import fields, post_load, validate

from api.shapes.base import Strict
from api.shapes.cursors import OrdersCursor
from api.shapes.fields import Instant, Note, QueryNumber, Word
from api.shapes.limits import MOST_ORDERS
from engine.orders.living_orders import OrderFilter
from engine.orders.order_state import STATES


class ApproveRequest(Strict):
    """Why."""

    note = Note(load_default="")


class OrdersQuery(Strict):
    """Which orders, and after which one: without, the newest."""

    state = fields.String(load_default=None, validate=validate.OneOf(STATES))
    channel = Word(load_default=None)
    node = Word(load_default=None, metadata={"description": "that ships something of it, held or left"})
    sku = Word(load_default=None)
    placed_after = Instant(load_default=None)
    limit = QueryNumber(1, MOST_ORDERS, load_default=100)
    after = OrdersCursor(load_default=None, metadata={"description": "`next` of the page before"})

    @post_load
    def _filtered(self, data: dict[str, Any], **_: Any) -> dict[str, Any]:
        paging = {"limit": data.pop("limit"), "after": data.pop("after")}
        return {"filtered": OrderFilter(**data), **paging}
