"""What is sent to Karrio's API v1, and what is read of its answers (https://docs.karrio.io/reference/api/shipments)."""

from decimal import Decimal
from typing import Any

import msgspec

from engine.fulfilment.carriers.asking.parcel_by_parcel import Piece
from engine.fulfilment.carriers.carrier import Booking
from engine.model.parcels import Parcel
from engine.model.postal_address import PostalAddress

_MICROS = 1_000_000


class Rate(msgspec.Struct, frozen=True):
    id: str
    service: str
    total_charge: Decimal = Decimal(0)
    currency: str | None = None
    carrier_id: str = ""


class Message(msgspec.Struct, frozen=True):
    message: Any = ""
    code: str | None = None
    carrier_name: str | None = None
    details: Any = None

    @property
    def text(self) -> str:
        return f"{self.carrier_name}: {self.message}" if self.carrier_name else str(self.message)


class Shipment(msgspec.Struct, frozen=True):
    id: str
    status: str
    reference: str | None = None
    tracking_number: str | None = None
    rates: list[Rate] = []
    selected_rate: Rate | None = None
    messages: list[Message] = []

    def piece(self) -> Piece:
        rate = self.selected_rate
        return Piece(
            id=self.id,
            is_paid=self.status not in ("draft", "cancelled"),
            is_void=self.status == "cancelled",
            tracking_number=self.tracking_number or "",
            cost=None if rate is None else int(rate.total_charge * _MICROS),
            currency=None if rate is None else rate.currency,
        )


class ShipmentList(msgspec.Struct, frozen=True):
    results: list[Shipment]


class Document(msgspec.Struct, frozen=True):
    base64: str | None = None


class Refusal(msgspec.Struct, frozen=True):
    """`errors` of a request that is wrong, `messages` of carriers behind Karrio."""

    errors: list[Message] = []
    messages: list[Message] = []


def shipment_body(booking: Booking, parcel: Parcel, *, reference: str, contract: str) -> dict[str, Any]:
    """Of a call that creates a draft of one parcel. Of a return, Karrio turns the addresses round by itself."""
    ends = (booking.addressee, booking.sender) if booking.is_return else (booking.sender, booking.addressee)
    return {
        "shipper": _address(ends[0]),
        "recipient": _address(ends[1]),
        "parcels": [_parcel(parcel)],
        "services": [booking.product],
        "reference": reference,
        "label_type": booking.label_format.upper(),
        "is_return": booking.is_return,
        **({"carrier_ids": [contract]} if contract else {}),
    }


def _address(address: PostalAddress) -> dict[str, str]:
    first, *others = address.lines
    written = {
        "person_name": address.name,
        "company_name": address.company,
        "address_line1": first,
        "address_line2": ", ".join(others),
        "city": address.town,
        "state_code": address.region,
        "postal_code": address.postcode,
        "country_code": address.country,
        "phone_number": address.phone,
        "email": address.email,
    }
    return {name: text for name, text in written.items() if text}


def _parcel(parcel: Parcel) -> dict[str, Any]:
    size = parcel.size
    sides: dict[str, Any] = (
        {}
        if size is None
        else {
            "length": size.length / 10,
            "width": size.width / 10,
            "height": size.height / 10,
            "dimension_unit": "CM",
        }
    )
    return {"weight": max(1, parcel.grams) / 1_000, "weight_unit": "KG", "reference_number": parcel.sscc, **sides}
