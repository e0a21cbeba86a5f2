"""What is sent to EasyPost's API v2, and what is read of its answers (https://docs.easypost.com/docs/shipments)."""

from decimal import ROUND_UP, Decimal
from typing import Any

import msgspec

from engine.fulfilment.carriers.asking.parcel_by_parcel import Piece
from engine.fulfilment.carriers.carrier import Booking
from engine.model.parcels import Parcel
from engine.model.postal_address import PostalAddress

_GRAMS_AN_OUNCE = Decimal("28.349523125")
_MILLIMETRES_AN_INCH = Decimal("25.4")
_TENTH = Decimal("0.1")
_MICROS = 1_000_000
_GIVEN_BACK = frozenset({"submitted", "refunded"})


class Rate(msgspec.Struct, frozen=True):
    id: str
    carrier: str
    service: str
    rate: Decimal
    currency: str
    carrier_account_id: str = ""

    @property
    def product(self) -> str:
        return f"{self.carrier}/{self.service}"


class PostageLabel(msgspec.Struct, frozen=True):
    label_url: str


class RateMessage(msgspec.Struct, frozen=True):
    """Why a carrier behind EasyPost offers nothing."""

    carrier: str = ""
    message: Any = ""


class Shipment(msgspec.Struct, frozen=True):
    id: str
    rates: list[Rate] = []
    messages: list[RateMessage] = []
    postage_label: PostageLabel | None = None
    selected_rate: Rate | None = None
    tracking_code: str | None = None
    refund_status: str | None = None

    def piece(self) -> Piece:
        rate = self.selected_rate
        return Piece(
            id=self.id,
            is_paid=self.postage_label is not None,
            is_void=self.refund_status in _GIVEN_BACK,
            tracking_number=self.tracking_code or "",
            cost=None if rate is None else int(rate.rate * _MICROS),
            currency=None if rate is None else rate.currency,
        )


class FieldError(msgspec.Struct, frozen=True):
    field: str = ""
    message: str = ""
    suggestion: str | None = None


class Failure(msgspec.Struct, frozen=True):
    code: str = ""
    message: Any = ""
    errors: list[FieldError | str] = []


class Refusal(msgspec.Struct, frozen=True):
    """https://docs.easypost.com/docs/errors"""

    error: Failure = Failure()


def shipment_body(booking: Booking, parcel: Parcel, *, reference: str, contract: str) -> dict[str, Any]:
    """Of a call that creates a shipment of one parcel. Of a return, EasyPost turns the addresses round by itself."""
    ends = (booking.addressee, booking.sender) if booking.is_return else (booking.sender, booking.addressee)
    return {
        "shipment": {
            "reference": reference,
            "from_address": _address(ends[0]),
            "to_address": _address(ends[1]),
            "parcel": _parcel(parcel),
            "is_return": booking.is_return,
            "options": {"label_format": booking.label_format.upper(), "print_custom_1": parcel.sscc},
            **({"carrier_accounts": [contract]} if contract else {}),
        }
    }


def _address(address: PostalAddress) -> dict[str, str]:
    first, *others = address.lines
    written = {
        "name": address.name,
        "company": address.company,
        "street1": first,
        "street2": ", ".join(others),
        "city": address.town,
        "state": address.region,
        "zip": address.postcode,
        "country": address.country,
        "phone": address.phone,
        "email": address.email,
    }
    return {name: text for name, text in written.items() if text}


def _parcel(parcel: Parcel) -> dict[str, str]:
    """Ounces and inches, with one decimal, rounded up."""
    size = parcel.size
    sides = {} if size is None else {"length": size.length, "width": size.width, "height": size.height}
    return {
        "weight": _up(Decimal(max(1, parcel.grams)) / _GRAMS_AN_OUNCE),
        **{name: _up(Decimal(side) / _MILLIMETRES_AN_INCH) for name, side in sides.items()},
    }


def _up(amount: Decimal) -> str:
    return f"{amount.quantize(_TENTH, rounding=ROUND_UP):f}"
