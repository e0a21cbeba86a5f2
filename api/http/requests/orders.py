"""Requests about orders that were decided, checked in shape and read into the engine's values."""

import dataclasses
from typing import Any

from marshmallow import fields, post_load, validate

from api.shapes.base import Strict
from api.shapes.cursors import OrdersCursor
from api.shapes.fields import Flag, Instant, Note, QueryNumber, Word
from api.shapes.limits import MOST_ORDERS
from api.shapes.order import OrderRequest
from engine.errors import InputInvalid, Mistake
from engine.model.facts import Order
from engine.orders.living_orders import OrderFilter
from engine.orders.order_state import STATES


class ApproveRequest(Strict):
    """Why."""

    note = Note(load_default="")


class EraseRequest(Strict):
    """Why; without personal data, as it is logged."""

    note = Note(load_default="")


class AmendOrderRequest(OrderRequest):
    """The whole order as it is to be. Its `id` may be left out, as the address has it."""

    id = Word(load_default="")


def with_id(order: Order, order_id: str) -> Order:
    """The order with this id, which the address has; raises InputInvalid if the order has another one."""
    if order.id not in ("", order_id):
        message = f"the address is that of order '{order_id}'; an order keeps its id"
        raise InputInvalid([Mistake(field="id", message=message)])
    return dataclasses.replace(order, id=order_id)


class AmendQuery(Strict):
    """What becomes of units that stay unfilled, and whether anything is to change."""

    revision = Word(
        load_default=None,
        metadata={"description": "that of the order as the caller read it; 409 if it was amended since"},
    )
    wait = Flag(load_default=False, metadata={"description": "let units that stay unfilled wait for stock"})
    dry_run = Flag(load_default=False, metadata={"description": "say what would change, but change nothing"})


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
