"""What people write into forms, as calls take it."""

import re
from collections.abc import Mapping
from typing import Any

from api.language.current import say_number

_GAPS = "\\s\N{NO-BREAK SPACE}\N{NARROW NO-BREAK SPACE}\N{THIN SPACE}'\N{RIGHT SINGLE QUOTATION MARK}"
_WHOLE = re.compile(r"[+-]?\d{1,15}")
_DECIMAL = re.compile(r"[+-]?\d{1,15}[.,]\d{1,9}")


def quantity(text: str) -> int | float | str | None:
    """A number, of which a comma may be the decimal sign; None if nothing is written, and what is written if it is no
    number: the call says what is wrong with it.
    """
    written = re.sub(r"[\s\N{NO-BREAK SPACE}\N{NARROW NO-BREAK SPACE}]", "", text).replace("\N{MINUS SIGN}", "-")
    if not written:
        return None
    if _WHOLE.fullmatch(written):
        return int(written)
    return float(written.replace(",", ".")) if _DECIMAL.fullmatch(written) else text.strip()


def plain_number(written: str) -> str:
    """A number, with a unit or without, as files have it: 1234.50 of one that is written as the reader's language does,
    also with spaces between its thousands; any other text as it is.
    """
    thousands, decimal = say_number(","), say_number(".")
    gaps = _GAPS + re.escape(thousands if thousands != "." else "")
    number = rf"([+\-−]?)(\d{{1,3}}(?:[{gaps}]\d{{3}})+|\d+)(?:[.{re.escape(decimal)}](\d+))?"
    match = re.fullmatch(rf"{number}(\s*[^\d\s.,][^\d.,]*)?", written.strip(), re.ASCII)
    if match is None:
        return written
    sign, before, after, unit = match.groups(default="")
    whole_part = "".join(re.findall(r"\d", before, re.ASCII))
    return f"{sign.replace('−', '-')}{whole_part}{'.' if after else ''}{after}{unit}"


def whole(text: str, *, digits: int = 15) -> int | None:
    """A whole number without a sign, of at most so many digits; None if that is not what is written."""
    written = text.strip()
    return int(written) if re.fullmatch(rf"[0-9]{{1,{digits}}}", written) else None


def filled(body: Mapping[str, Any]) -> dict[str, Any]:
    """Without fields that are left empty."""
    return {name: value for name, value in body.items() if value not in (None, "")}


def words(text: str) -> list[str]:
    """Separated by commas, semicolons or line ends."""
    return [word.strip() for word in re.split(r"[,;\n]", text) if word.strip()]
