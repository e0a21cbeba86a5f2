"""Requests that take quotes up, checked in shape and read into the engine's values."""

from typing import Any

from marshmallow import fields

from api.shapes.base import Strict
from api.shapes.fields import Instant, TrueOrFalse, WholeNumber, Word
from api.shapes.order import DestinationRequest, place_of
from engine.orders.quotes.take_up import Address, TakeRequest

_MOST_PROMISES = 1_000_000


class TakeUpRequest(Strict):
    """The order that takes a promise up, and what is known better now than when it was quoted."""

    order_id = Word(required=True, metadata={"example": "W-900002"})
    promise = WholeNumber(
        1, _MOST_PROMISES, required=True, metadata={"description": "its number in the quote", "example": 1}
    )
    destination = fields.Nested(
        DestinationRequest, load_default=None, metadata={"description": "by default the quote's"}
    )
    placed_at = Instant(load_default=None, metadata={"description": "by default now"})
    only_if_kept = TrueOrFalse(
        load_default=False,
        metadata={"description": "true: decide nothing if the promise can't be kept any more"},
    )


def take_request(quote: str, body: dict[str, Any]) -> TakeRequest:
    destination = body.pop("destination")
    address = None
    if destination is not None:
        named = {name: destination[name] for name in ("country", "postcode", "region")}
        address = Address(place=place_of(destination), **named)
    return TakeRequest(quote=quote, address=address, **body)
