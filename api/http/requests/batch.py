"""The orders of a batch, sent as JSON or as lines of JSON: each is read by itself."""

from collections.abc import Mapping
from typing import Any

from flask import current_app, request
from marshmallow import ValidationError, fields, validate
from werkzeug.exceptions import BadRequest

from api.http.requests.ndjson import BodyTooLarge, NdjsonBody
from api.http.strict_parsing import StrictParser
from api.shapes.base import Strict
from api.shapes.limits import MOST_BATCH_BYTES, MOST_BATCH_LINES, MOST_BATCH_ORDERS
from api.shapes.order import OrderRequest
from api.shapes.sent_orders import SentOrder, read_line, read_order, unreadable
from engine.errors import InputInvalid, Mistake


class SentAsIs(fields.Nested):
    """An order that is described here, and read later."""

    def deserialize(self, value: Any, *_: Any, **__: Any) -> Any:
        return value


class BatchRequest(Strict):
    """Orders that wait, each with an id of its own."""

    orders = fields.List(
        SentAsIs(OrderRequest),
        required=True,
        validate=validate.Length(min=1),
        metadata={"maxItems": MOST_BATCH_ORDERS},
    )

    def __init__(self, *, order_request: OrderRequest, **options: Any) -> None:
        super().__init__(**options)
        self.fields["orders"].inner.nested = order_request  # type: ignore[attr-defined]  # a List's

    def load(self, data: Any, **options: Any) -> Any:
        orders = data.get("orders") if isinstance(data, Mapping) else None
        if isinstance(orders, list) and len(orders) > MOST_BATCH_ORDERS:
            message = (
                f"a batch has at most {MOST_BATCH_ORDERS} orders, this one {len(orders)};"
                f" as application/x-ndjson it may have {MOST_BATCH_LINES}"
            )
            raise ValidationError({"orders": [message]})
        return super().load(data, **options)


def read_json_batch(shape: BatchRequest, order_request: OrderRequest) -> list[SentOrder]:
    """The orders in a JSON body."""
    body = StrictParser().parse(shape, request)
    return [read_order(number, raw, order_request) for number, raw in enumerate(body["orders"], start=1)]


def read_ndjson_batch(order_request: OrderRequest) -> list[SentOrder]:
    """The orders in the lines of a body, none of which is decided before all are there."""
    most_bytes = current_app.config["MAX_CONTENT_LENGTH"]
    body = NdjsonBody.of_request(most_bytes=most_bytes, most_in_all=MOST_BATCH_BYTES)
    sent: list[SentOrder] = []
    try:
        for number, line in body:
            if len(sent) == MOST_BATCH_LINES:
                raise _too_large()
            sent.append(
                unreadable(number, f"the line is longer than {most_bytes} bytes")
                if len(line) > most_bytes
                else read_line(number, line, order_request)
            )
    except BodyTooLarge:
        raise _too_large() from None
    except OSError:
        raise _cut_off() from None
    if body.bytes_read < (request.content_length or 0):
        raise _cut_off()
    if not sent:
        raise BadRequest("the body has no order in it; send one a line")
    return sent


def _too_large() -> InputInvalid:
    message = f"a batch has at most {MOST_BATCH_LINES} orders in {MOST_BATCH_BYTES} bytes; send it in parts"
    return InputInvalid([Mistake(field="", message=message)])


def _cut_off() -> BadRequest:
    return BadRequest("the body broke off, and nothing was decided; send it again")
