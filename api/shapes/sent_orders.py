"""The orders of a batch as they were sent, each read by itself: a mistake in one keeps no other from being read."""

from collections.abc import Mapping
from dataclasses import dataclass
from typing import Any

from marshmallow import ValidationError

from api.shapes.mistakes import mistakes_of
from api.shapes.order import OrderRequest
from api.shapes.strict_json import NotJson, read_json
from engine.errors import Mistake, OrderInvalid
from engine.model.facts import Order


@dataclass(frozen=True, slots=True, kw_only=True)
class SentOrder:
    """An order, or what is wrong with it. `number` is that of its line, or its place in the list, from 1. `id` is None
    if it can't be read.
    """

    number: int
    id: str | None
    order: Order | OrderInvalid


def read_line(number: int, text: bytes, shape: OrderRequest) -> SentOrder:
    """The order in a line of NDJSON."""
    try:
        return read_order(number, read_json(text), shape)
    except NotJson as error:
        return unreadable(number, f"this {error}")


def read_order(number: int, raw: Any, shape: OrderRequest) -> SentOrder:
    """The order in a JSON value."""
    name = raw.get("id") if isinstance(raw, Mapping) else None
    try:
        order: Order | OrderInvalid = shape.load(raw)
    except ValidationError as error:
        order = OrderInvalid(mistakes_of(error.messages))
    return SentOrder(number=number, id=name if isinstance(name, str) else None, order=order)


def unreadable(number: int, message: str) -> SentOrder:
    """An order in whose place is nothing that could be read."""
    return SentOrder(number=number, id=None, order=OrderInvalid([Mistake(field="", message=message)]))
