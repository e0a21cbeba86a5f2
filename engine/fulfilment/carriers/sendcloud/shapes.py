"""What is sent to Sendcloud's Shipments API v3, and what is read of its answers.

https://sendcloud.dev/api/v3/shipments/create-and-announce-a-shipment-synchronously
"""

from decimal import Decimal
from typing import Any

import msgspec

from engine.fulfilment.carriers.carrier import Booking
from engine.model.parcels import LabelFormat, Parcel
from engine.model.postal_address import PostalAddress

MOST_PARCELS = 15
"""That are announced in one call."""
MIME_TYPES: dict[LabelFormat, str] = {"pdf": "application/pdf", "zpl": "application/zpl", "png": "image/png"}
_DPI: dict[LabelFormat, int] = {"pdf": 72, "zpl": 203, "png": 300}


class Status(msgspec.Struct, frozen=True):
    code: str = ""


class SoldParcel(msgspec.Struct, frozen=True):
    id: int | None = None
    status: Status = Status()
    tracking_number: str | None = None


class Source(msgspec.Struct, frozen=True):
    pointer: str = ""


class Failure(msgspec.Struct, frozen=True):
    """In the form of JSON:API."""

    detail: str = ""
    title: str = ""
    code: str = ""
    status: str = ""
    source: Source | None = None

    @property
    def text(self) -> str:
        return self.detail or self.title or self.code or "it does not say why"


class Sold(msgspec.Struct, frozen=True):
    """A shipment."""

    id: str
    parcels: list[SoldParcel] = []
    errors: list[Failure] | None = None
    reference: str | None = None

    @property
    def codes(self) -> set[str]:
        return {parcel.status.code for parcel in self.parcels}


class Answer(msgspec.Struct, frozen=True):
    """What calls answer: a shipment, or what is wrong."""

    data: Sold | None = None
    errors: list[Failure] | None = None


class ShipmentList(msgspec.Struct, frozen=True):
    data: list[Sold]


def announcement(booking: Booking, *, contract: str, reference: str, content: str) -> dict[str, Any]:
    """The body of a call that creates and announces a shipment. `reference` is unique at Sendcloud; `content` is kept
    there and answered.
    """
    option: dict[str, Any] = {"shipping_option_code": booking.product}
    if contract:
        option["contract_id"] = int(contract)
    return {
        "label_details": {
            "mime_type": MIME_TYPES[booking.label_format],
            "dpi": _DPI[booking.label_format],
        },
        "to_address": _address(booking.addressee),
        "from_address": _address(booking.sender),
        "ship_with": {"type": "shipping_option_code", "properties": option},
        "order_number": str(booking.shipment)[:200],
        "external_reference_id": reference,
        "reference": content,
        "parcels": [_parcel(parcel) for parcel in booking.parcels],
    }


def _address(address: PostalAddress) -> dict[str, str]:
    first, *others = address.lines
    written = {
        "name": address.name or address.company,
        "company_name": address.company,
        "address_line_1": first,
        "address_line_2": ", ".join(others),
        "postal_code": address.postcode,
        "city": address.town,
        "country_code": address.country,
        "state_province_code": _state(address),
        "phone_number": address.phone,
        "email": address.email,
    }
    return {name: text for name, text in written.items() if text}


def _state(address: PostalAddress) -> str:
    """ISO 3166-2, as `US-NY`; a region that is written out is no code, and is left out."""
    region = address.region.upper()
    if region.startswith(f"{address.country}-"):
        return region
    return f"{address.country}-{region}" if region.isascii() and region.isalnum() and len(region) <= 3 else ""  # noqa: PLR2004


def _parcel(parcel: Parcel) -> dict[str, Any]:
    size = parcel.size
    return {
        "weight": {"value": f"{Decimal(max(1, parcel.grams)).scaleb(-3):.3f}", "unit": "kg"},
        **(
            {
                "dimensions": {
                    "length": f"{Decimal(size.length).scaleb(-1):.1f}",
                    "width": f"{Decimal(size.width).scaleb(-1):.1f}",
                    "height": f"{Decimal(size.height).scaleb(-1):.1f}",
                    "unit": "cm",
                }
            }
            if size
            else {}
        ),
        "sscc": parcel.sscc,
    }
