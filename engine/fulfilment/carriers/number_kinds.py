"""How tracking numbers are put together that can be issued from a range: one form for each kind.

Sources. UPS: UPS Guide to Labeling (1Z). FedEx: FedEx Ground Label Layout Specification (96), Express 12 digits as in
jkeen/tracking_number_data (couriers/fedex.json). SmartPost: USPS Publication 199, IMpb construct C01 (its carrier in
the US is USPS). DHL: couriers/dhl.json there. DPD: Parcel Label Specification 2.4.1. S10: UPU standard S10-12, which La
Poste (country FR), Royal Mail, Deutsche Post and others use. La Poste's domestic Colissimo numbers have no published
check digit, and so no kind.
"""

from collections.abc import Callable, Mapping
from dataclasses import dataclass

from engine.fulfilment.carriers import check_digits
from engine.model.carriers import NumberKind, NumberRange


@dataclass(frozen=True, slots=True, kw_only=True)
class NumberField:
    """A part of a number that is the same in the whole range: its pattern, and what it is in words."""

    pattern: str
    words: str


@dataclass(frozen=True, slots=True, kw_only=True)
class NumberForm:
    """`template` is the whole number, `checked` the part of it that the check digit is worked out of; `digits` is the
    length of the serial. `check` is None where none is published.
    """

    template: str
    checked: str = "{serial}"
    digits: int
    check: Callable[[str], str] | None
    fields: Mapping[str, NumberField]

    @property
    def most(self) -> int:
        """The highest serial."""
        return int("9" * self.digits)

    def before_serial(self, template: str, numbers: NumberRange) -> str:
        """What stands before the serial in one of the two templates, filled in."""
        return template.partition("{serial}")[0].format_map(parts(numbers))


def parts(numbers: NumberRange) -> dict[str, str]:
    """The parts that are the same in the whole range, by name."""
    return {"account": numbers.account, "service": numbers.service, "country": numbers.country}


FORMS: Mapping[NumberKind, NumberForm] = {
    "ups": NumberForm(
        template="1Z{account}{service}{serial}{check}",
        checked="{account}{service}{serial}",
        digits=7,
        check=check_digits.ups,
        fields={
            "account": NumberField(pattern="[A-Z0-9]{6}", words="the shipper's account, 6 capital letters or digits"),
            "service": NumberField(pattern="[A-Z0-9]{2}", words="the level of service, 2 capital letters or digits"),
        },
    ),
    "fedex_express": NumberForm(template="{serial}{check}", digits=11, check=check_digits.fedex, fields={}),
    "fedex_ground": NumberForm(
        template="96{service}{account}{serial}{check}",
        checked="{account}{serial}",
        digits=7,
        check=check_digits.gs1,
        fields={
            "account": NumberField(pattern="[0-9]{7}", words="the shipper's number, 7 digits"),
            "service": NumberField(pattern="[0-9]{5}", words="SCNC and class of service, 2 and 3 digits"),
        },
    ),
    "fedex_smartpost": NumberForm(
        template="92{service}{account}{serial}{check}",
        checked="92{service}{account}{serial}",
        digits=7,
        check=check_digits.gs1,
        fields={
            "account": NumberField(
                pattern="9[0-9]{8}", words="the mailer ID of USPS, 9 digits of which the first is 9"
            ),
            "service": NumberField(pattern="[0-9]{3}", words="the service type code of USPS, 3 digits"),
        },
    ),
    "dhl_express": NumberForm(template="{serial}{check}", digits=9, check=check_digits.modulo_7, fields={}),
    "dhl_ecommerce": NumberForm(
        template="{service}{account}{serial}",
        digits=10,
        check=None,
        fields={
            "account": NumberField(pattern="[0-9]{6}", words="the customer's prefix, 6 digits"),
            "service": NumberField(
                pattern="GM|LX|RX|UV|CN|SG|TH|IN|HK|MY", words="GM, or another of DHL eCommerce's two letters"
            ),
        },
    ),
    "dpd": NumberForm(
        template="{account}{serial}{check}",
        checked="{account}{serial}",
        digits=10,
        check=check_digits.iso_7064_37_36,
        fields={"account": NumberField(pattern="[0-9]{4}", words="the depot, 4 digits")},
    ),
    "s10": NumberForm(
        template="{service}{serial}{check}{country}",
        digits=8,
        check=check_digits.s10,
        fields={
            "service": NumberField(
                pattern="[A-Z]{2}", words="the service indicator, 2 capital letters: CA to CZ are parcels"
            ),
            "country": NumberField(pattern="[A-Z]{2}", words="the country whose post issues it, 2 capital letters"),
        },
    ),
}
