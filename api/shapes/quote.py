"""A cart to be quoted and products to be promised, as callers send them, read into the engine's requests."""

from typing import Any

from marshmallow import ValidationError, fields, post_load, validate, validates_schema

from api.shapes.base import Strict
from api.shapes.fields import Units, WholeNumber, Word
from api.shapes.limits import MOST_CART_LINES, MOST_SKUS
from api.shapes.order import DestinationRequest, OrderRequest, place_of, verify_destinations
from engine.model.facts import Order
from engine.orders.quotes.quotes import MINUTES, MOST_MINUTES, PageRequest, QuoteRequest
from rules.vocabulary import COLLECTED, DELIVERIES

_DELIVERED = tuple(name for name in DELIVERIES if name != COLLECTED)
_ADDRESS = ("country", "postcode", "region")


class WhereTo(Strict):
    """A destination or a node to collect at, and the kinds of delivery that are asked about."""

    destination = fields.Nested(DestinationRequest, load_default=None)
    collect_at = Word(load_default=None)
    deliveries = fields.List(
        fields.String(validate=validate.OneOf(DELIVERIES)),
        load_default=None,
        validate=validate.Length(min=1, error="name a kind of delivery, or leave 'deliveries' out for all of them"),
        metadata={"description": "by default all that lead there", "example": ["standard", "express"]},
    )
    _hint = ""

    @validates_schema
    def _goes_somewhere(self, data: dict[str, Any], **_: Any) -> None:
        if not self._says_where(data):
            raise ValidationError(f"say either 'destination' or 'collect_at', a node's id{self._hint}", "destination")
        others = set(data.get("deliveries") or ()) - set(_deliveries(data))
        if others:
            where = "a node to collect at" if _deliveries(data) == (COLLECTED,) else "a destination"
            message = f"there is no {min(others)} to {where}; leave it out"
            raise ValidationError(message, "deliveries")

    def _says_where(self, data: dict[str, Any]) -> bool:
        return (data.get("destination") is None) != (data.get("collect_at") is None)


class CartRequest(WhereTo, OrderRequest):
    """A cart: an order before it is one. It goes to a destination or to a node where it is collected; so do its lines,
    but for those with a delivery or a collect_at of their own.
    """

    class Meta(Strict.Meta):
        exclude = ("id", "delivery", "placed_at", "promise_by")

    _hint = "; lines that are collected although the others are delivered have a collect_at of their own"
    valid_minutes = WholeNumber(1, MOST_MINUTES, load_default=MINUTES)

    def __init__(self, *, max_lines: int = MOST_CART_LINES, **options: Any) -> None:
        super().__init__(max_lines=min(max_lines, MOST_CART_LINES), **options)

    def _bound(self, max_lines: int) -> str:
        return f"a cart has at most {max_lines} lines"

    @validates_schema
    def _goes_somewhere(self, data: dict[str, Any], **options: Any) -> None:
        super()._goes_somewhere(data, **options)
        verify_destinations({**data, "delivery": _deliveries(data)[0]})

    def _says_where(self, data: dict[str, Any]) -> bool:
        return super()._says_where(data) or (data.get("collect_at") is None and _is_collected_by_lines(data))

    @post_load
    def _read(self, data: dict[str, Any], **_: Any) -> QuoteRequest:
        minutes, deliveries = data.pop("valid_minutes"), _asked_for(data)
        cart = self._order({**data, "id": "", "delivery": deliveries[0], "placed_at": 0, "promise_by": None})
        return QuoteRequest(cart=cart, deliveries=deliveries, minutes=minutes)


class PromisesRequest(WhereTo):
    """Products that pages show, and where the customer is; or the node where he would collect them."""

    skus = fields.List(
        Word(),
        required=True,
        validate=validate.Length(min=1, max=MOST_SKUS),
        metadata={"example": ["TXT-0059", "BEA-0036"]},
    )
    quantity = Units(load_default=1)
    channel = Word(required=True, metadata={"example": "web"})

    @post_load
    def _read(self, data: dict[str, Any], **_: Any) -> PageRequest:
        deliveries, destination = _asked_for(data), data["destination"] or {}
        order = Order(
            id="",
            channel=data["channel"],
            delivery=deliveries[0],
            placed_at=0,
            lines=(),
            place=place_of(destination) if destination else None,
            collect_at=data["collect_at"],
            **{name: destination.get(name) for name in _ADDRESS},
        )
        return PageRequest(skus=data["skus"], quantity=data["quantity"], order=order, deliveries=deliveries)


def _deliveries(data: dict[str, Any]) -> tuple[str, ...]:
    """The kinds of delivery that lead there."""
    collected = data.get("collect_at") is not None or _is_collected_by_lines(data)
    return (COLLECTED,) if collected else _DELIVERED


def _is_collected_by_lines(data: dict[str, Any]) -> bool:
    """Whether it is a cart of which each line says where it is collected."""
    lines = data.get("lines")
    return bool(lines) and all(line["collect_at"] for line in lines)


def _asked_for(data: dict[str, Any]) -> list[str]:
    """Each once, and taken out of the data."""
    return list(dict.fromkeys(data.pop("deliveries") or _deliveries(data)))
