"""Numbers as others write them, exact: 1 234,50 and 1,234.50, and SAP's sign behind the digits."""

import re
from decimal import Decimal
from typing import Any

MOST_DIGITS = 30
"""Before and behind the decimal sign together. What has more is no quantity, weight or amount."""
_BLANKS = " \u00a0\u202f'"
_PLAIN = re.compile(r"[+-]?[0-9]+(?:\.[0-9]+)?", re.ASCII)
_GROUPED = {
    sign: re.compile(
        rf"[+-]?(?:[0-9]+|[0-9]{{1,3}}(?P<group>[{_BLANKS}{re.escape(other)}])[0-9]{{3}}(?:(?P=group)[0-9]{{3}})*)"
        rf"(?P<decimals>{re.escape(sign)}[0-9]+)?",
        re.ASCII,
    )
    for sign, other in ((".", ","), (",", "."))
}
_NO_DIGITS = re.compile(r"[^0-9+-]", re.ASCII)


class NoNumber(ValueError):
    """The text is none; the message says what it is, and goes after it."""


def number_of(value: Any, decimal: str) -> int | Decimal:
    """The number that a value is. `decimal` is the sign before decimals; empty: nobody has said, and what could be read
    in two ways is none. Raises NoNumber.
    """
    if isinstance(value, bool) or not isinstance(value, int | Decimal | str):
        raise NoNumber("is no number")
    number = _read(value.strip(), decimal) if isinstance(value, str) else Decimal(value)
    return plain_number(number)


def plain_number(number: Decimal) -> int | Decimal:
    """An int if it is whole. Raises NoNumber if it has more digits than anything that is counted, weighed or paid."""
    if not number.is_finite() or abs(number.adjusted()) > MOST_DIGITS or len(number.as_tuple().digits) > MOST_DIGITS:
        raise NoNumber("has too many digits")
    return int(number) if number == number.to_integral_value() else number


def written(number: int | Decimal, decimal: str) -> str:
    """As text, without an exponent."""
    text = format(number, "f") if isinstance(number, Decimal) else str(number)
    return text.replace(".", decimal) if decimal else text


def _read(text: str, decimal: str) -> Decimal:
    if len(text) > 2 * MOST_DIGITS:
        raise NoNumber("has too many digits")
    sign = ""
    if text.endswith("-") and not text.startswith(("-", "+")):  # SAP writes it so
        text, sign = text[:-1].rstrip(), "-"
    if _PLAIN.fullmatch(text) and decimal in (".", ""):
        return Decimal(sign + text)
    match = _GROUPED[decimal or "."].fullmatch(text)
    if match is None and not decimal and _GROUPED[","].fullmatch(text):
        raise NoNumber('has a decimal comma; say so by `decimal: ","`')
    if match is None:
        raise NoNumber(f"is no number{' with a decimal comma' if decimal == ',' else ''}")
    if not decimal and match["group"] == "," and not match["decimals"] and text.count(",") == 1:
        raise NoNumber("could be thousands or decimals; say which sign is before decimals, by `decimal`")
    whole, _, decimals = text.partition(decimal or ".")
    return Decimal(sign + _NO_DIGITS.sub("", whole) + ("." + decimals if decimals else ""))
