"""The shapes of what is sent about goods that come in: what is announced, and what arrived."""

from collections.abc import Mapping
from dataclasses import dataclass
from decimal import Decimal
from typing import Any, get_args

from marshmallow import ValidationError, fields, post_load, validate, validates_schema

from api.shapes.base import Strict
from api.shapes.fields import Day, Instant, SentUnits, StampField, TrueOrFalse, WholeNumber, Word
from api.shapes.limits import MOST_MOVED
from api.shapes.quantities import Quantities
from engine.model.receipts import ReceiptSource, ReceiptStatus
from engine.store.flows.receipts import Announcement, Delivery

MOST_SEQUENCE = 2**53 - 1
"""Beyond, not every reader of JSON tells two numbers apart."""


@dataclass(frozen=True, slots=True, kw_only=True)
class SentAnnouncement:
    """A message as it was sent; `fields` are those of an Announcement but its id and its quantity."""

    id: str | None
    quantity: int | Decimal
    fields: Mapping[str, Any]
    received_at: int | None

    def announcement(self, name: str, quantities: Quantities) -> Announcement:
        """The message about the receipt of that id; raises InputInvalid if its quantity is finer than its SKU."""
        quantity = quantities.smallest(self.fields["sku"], self.quantity, field="quantity", most=MOST_MOVED)
        return Announcement(id=name, quantity=quantity, **self.fields)


class ReceiptRequest(Strict):
    """Units of a SKU that are to come to a node. Of two messages about them, the one with the greater `sequence`
    counts. `received`: all of them are there, since `received_at` or now.
    """

    source = fields.String(required=True, validate=validate.OneOf(get_args(ReceiptSource)))
    node = Word(required=True)
    sku = Word(required=True)
    quantity = SentUnits(1, MOST_MOVED, required=True)
    expected_at = Instant(required=True, metadata={"example": "2026-12-01T06:00:00Z"})
    status = fields.String(required=True, validate=validate.OneOf(get_args(ReceiptStatus)))
    sequence = WholeNumber(0, MOST_SEQUENCE, required=True)
    received_at = StampField(load_default=None, metadata={"example": "2026-12-01T07:12:31Z"})

    @validates_schema
    def _received(self, data: dict[str, Any], **_: Any) -> None:
        if data["received_at"] is not None and data["status"] != "received":
            raise ValidationError("this goes with the status received", "received_at")

    @post_load
    def _sent(self, data: dict[str, Any], **_: Any) -> SentAnnouncement:
        quantity, received_at = data.pop("quantity"), data.pop("received_at")
        return SentAnnouncement(id=data.pop("id", None), quantity=quantity, fields=data, received_at=received_at)


class ReceiptLine(ReceiptRequest):
    """The same with the id of the receipt, as a line of many."""

    id = Word(required=True)


@dataclass(frozen=True, slots=True, kw_only=True)
class SentDelivery:
    """What arrived, as it was sent; `fields` are those of a Delivery but its units."""

    quantity: int | Decimal
    fields: Mapping[str, Any]

    def delivery(self, sku: str, quantities: Quantities) -> Delivery:
        """Units of the SKU that arrived; raises InputInvalid if they are finer than it is counted."""
        units = quantities.smallest(sku, self.quantity, field="quantity", most=MOST_MOVED)
        return Delivery(units=units, **self.fields)


class DeliveryRequest(Strict):
    """Units of a receipt that arrived. `last`: no more of it is to come. `over`: they may be more than are still to
    come. They may be of a `lot`, whose date (`expires`) need only be said where it comes first.
    """

    quantity = SentUnits(0, MOST_MOVED, required=True)
    at = StampField(
        load_default=None,
        metadata={"example": "2026-12-01T07:12:31Z", "description": "when they arrived; left out: now"},
    )
    last = TrueOrFalse(load_default=False)
    over = TrueOrFalse(load_default=False)
    lot = Word(load_default=None)
    expires = Day(load_default=None)
    op = Word(load_default=None, metadata={"description": "sent again, it is answered and not received again"})

    @validates_schema
    def _arrives(self, data: dict[str, Any], **_: Any) -> None:
        if data["expires"] is not None and data["lot"] is None:
            raise ValidationError("write which lot expires then; a date goes with a 'lot'", "expires")
        if not data["quantity"] and not data["last"]:
            message = "nothing arrives by 0; if no more is to come, say so with 'last' (--last)"
            raise ValidationError(message, "quantity")

    @post_load
    def _sent(self, data: dict[str, Any], **_: Any) -> tuple[SentDelivery, str | None]:
        quantity, op = data.pop("quantity"), data.pop("op")
        return SentDelivery(quantity=quantity, fields={"closes": data.pop("last"), **data}), op
