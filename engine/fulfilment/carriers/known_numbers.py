"""By whose rules a tracking number is well formed: forms, and check digits where they are published.

The forms are those of jkeen/tracking_number_data 2.0 (MIT, https://github.com/jkeen/tracking_number_data, folder
`couriers`), written again for numbers without blanks.
"""

import re
from collections.abc import Callable, Iterable, Iterator
from typing import NamedTuple, TypeAlias

from engine.fulfilment.carriers.check_digits import fedex, gs1, iso_7064_37_36, luhn, modulo_7, s10, ups

_Check: TypeAlias = Callable[[str], str]
_TO_ZIP = r"(?:420\d{5}(?:\d{4}(?=\d{22}$))?)?"
"""Of a barcode of USPS: where it goes to, with a postcode of five digits or nine."""


class KnownForm(NamedTuple):
    """Numbers of one form. In `pattern`, `of` is what the check digit `check` is worked out of."""

    carrier: str
    name: str
    pattern: re.Pattern[str]
    check: _Check | None

    def accepts(self, number: str) -> bool:
        """`number` is in capitals and has no blanks."""
        match = self.pattern.fullmatch(number)
        return match is not None and (self.check is None or self.check(match["of"]) == match["check"])


def _forms(carrier: str, *rows: tuple[str, str, _Check | None]) -> Iterator[KnownForm]:
    return (KnownForm(carrier, name, re.compile(pattern, re.ASCII), check) for name, pattern, check in rows)


def _usps_91(digits: str) -> str:
    return gs1(digits if digits.startswith("91") else "91" + digits)


_CHECKED = r"(?P<of>\d{%d})(?P<check>\d)"
_FORMS: tuple[KnownForm, ...] = (
    *_forms(
        "ups",
        ("ups", r"1Z(?P<of>[A-Z0-9]{15})(?P<check>\d)", ups),
        ("ups_waybill", f"[AHJKTV]{_CHECKED % 9}", ups),
    ),
    *_forms(
        "fedex",
        ("fedex_12", _CHECKED % 11, fedex),
        ("fedex_34", rf"[0-8]\d{{19}}{_CHECKED % 13}", fedex),
        ("fedex_astra_32", rf"3\d{{15}}{_CHECKED % 11}\d{{4}}", fedex),
        ("fedex_ground", _CHECKED % 14, gs1),
        ("fedex_ground_sscc_18", rf"\d\d{_CHECKED % 15}", gs1),
        ("fedex_ground_96", rf"96\d{{5}}{_CHECKED % 14}", gs1),
        ("fedex_ground_gsn", rf"96\d{{18}}{_CHECKED % 13}", fedex),
    ),
    *_forms(
        "dhl",
        ("dhl_express", r"(?P<of>\d{9,10})(?P<check>\d)", modulo_7),
        ("dhl_express_piece_id", r"J[A-Z]{2,3}\d{9,10}", None),
        ("dhl_ecommerce", r"(?:GM|LX|RX|UV|CN|SG|TH|IN|HK|MY)(?=[A-Z]*\d)[0-9A-Z]{10,39}", None),
        ("dhl_ecommerce_14", r"\d{14}", None),
    ),
    *_forms(
        "dpd",
        ("dpd", r"(?P<of>\d{27})(?P<check>[0-9A-Z])", iso_7064_37_36),
        ("dpd_14", r"(?P<of>\d{14})(?P<check>[0-9A-Z])", iso_7064_37_36),
    ),
    *_forms("post", ("s10", rf"[A-Z]{{2}}{_CHECKED % 8}[A-Z]{{2}}", s10)),
    *_forms(
        "usps",
        ("usps_20", _CHECKED % 19, gs1),
        (
            "usps_impb_n",
            _TO_ZIP + r"(?P<of>94\d{3}(?:9\d{8}(?:\d{15}|\d{11}|\d{7})|[0-8]\d{5}(?:\d{14}|\d{10})))(?P<check>\d)",
            gs1,
        ),
        (
            "usps_impb_c",
            _TO_ZIP
            + r"(?P<of>(?:92\d{3}(?=9)|93\d{3}(?=[0-8])|95\d{3})"
            + r"(?:9\d{8}(?:\d{11}|\d{7})|[0-8]\d{5}(?:\d{14}|\d{10})))(?P<check>\d)",
            gs1,
        ),
        ("usps_legacy", r"(?:420\d{5}(?:\d{4})?)?(?P<of>(?:91)?\d{19})(?P<check>\d)", _usps_91),
    ),
    *_forms(
        "amazon",
        ("amazon_logistics", r"TB[ACM]\d{12}", None),
        ("amazon_international", r"[AFC]\d{10}", None),
    ),
    *_forms("canada_post", ("canada_post", _CHECKED % 15, gs1)),
    *_forms("canpar", ("canpar_22", r"[CDKLSUXZ]\d{21}", None)),
    *_forms("gofo", ("gofo_us", r"GFUS\d{14}", None)),
    *_forms("landmark", ("landmark_global", r"LTN\d{8}N1", None)),
    *_forms(
        "lasership",
        ("lasership_lx", r"L[AIEHNX][1-3]\d{7}", None),
        ("lasership_1ls7", r"1LS7[12]\d{10}", None),
        ("lasership_1ls7_18", r"1LS7[12]\d\d01[1234]\d{6}-1", None),
        ("lasership_1lscx", r"1LSCX[0-9A-Z]{10}", None),
    ),
    *_forms(
        "old_dominion",
        ("old_dominion", r"(?P<of>(?:77[78]|072|780)\d{7})(?P<check>\d)", luhn),
        ("old_dominion_guaranteed", r"(?P<of>80\d{8})(?P<check>\d)", luhn),
    ),
    *_forms(
        "ontrac",
        ("ontrac_c", r"(?P<of>C\d{13})(?P<check>\d)", ups),
        ("ontrac_d", r"(?P<of>D\d{13})(?P<check>\d)", ups),
    ),
    *_forms(
        "purolator",
        ("purolator_numeric", r"(?P<of>[0-5]\d{10})(?P<check>\d)", luhn),
        ("purolator_alpha", r"[A-Z]{3}\d{9}", None),
    ),
    *_forms("speedee", ("speedee", r"SP\d{18}", None)),
    *_forms("yodel", ("yodel", r"JJ?D\d{16}", None)),
    *_forms("yunexpress", ("yunexpress", r"YT\d{16}", None)),
)
_SSCC = KnownForm("gs1", "sscc", re.compile(r"(?:\(00\)|00)?" + _CHECKED % 17, re.ASCII), gs1)


def known_forms() -> Iterable[KnownForm]:
    """All of them."""
    return (*_FORMS, _SSCC)


def forms_of(number: str) -> tuple[KnownForm, ...]:
    """All forms that a number is well formed by, blanks and small letters allowed; those with a check digit first.
    Several carriers have numbers of twelve digits, so a number may have several forms.
    """
    bare = "".join(number.split()).upper()
    return tuple(sorted((form for form in known_forms() if form.accepts(bare)), key=lambda form: form.check is None))


def has_shape_of(carrier: str, number: str) -> bool:
    """Whether a number looks like one of that carrier, whatever its check digit; as `forms_of`."""
    bare = "".join(number.split()).upper()
    return any(form.pattern.fullmatch(bare) for form in known_forms() if form.carrier == carrier)


def kinds_of(number: str) -> tuple[str, ...]:
    """The names of these forms."""
    return tuple(form.name for form in forms_of(number))
