"""Parses the values that authors write into integers: "4.00 EUR", "2.5 kg", "300 km", "48 h", "10%".

Every amount is parsed as a `Decimal` and must be whole in its unit: micros, grams, metres, minutes, milligrams, basis
points. Nothing is rounded; an amount that is finer than its unit is refused.
"""

import datetime
import math
import re
from decimal import Decimal

from rules.errors import LiteralInvalid
from rules.reserves import FULL_SHARE
from rules.syntax.typo_hints import typo_hint

MICROS = 1_000_000
SECONDS_A_DAY = 86_400
_AMOUNT = re.compile(r"([+-]?[0-9]{1,15}(?:\.[0-9]{1,9})?)\s*([A-Za-z%]*)", re.ASCII)
_CURRENCY = re.compile(r"[A-Z]{3}", re.ASCII)
_DATE = re.compile(r"[0-9]{4}-[0-9]{2}-[0-9]{2}", re.ASCII)
_YEAR_LAST = re.compile(r"([0-9]{1,2})[/.-]([0-9]{1,2})[/.-]([0-9]{4})", re.ASCII)
_TIME = re.compile(r"([0-9]{2}):([0-9]{2})", re.ASCII)
_ZONED = re.compile(r"(\d{1,2}:\d\d)(?::\d\d(?:\.\d+)?)?(?:Z|z|[+-]\d\d:?\d\d)", re.ASCII)
"""A time of day with an offset from UTC."""

WEIGHT_UNITS = {"g": 1, "kg": 1_000, "t": 1_000_000}
DISTANCE_UNITS = {"m": 1, "km": 1_000}
DURATION_UNITS = {"m": 1, "min": 1, "h": 60, "d": 1_440}
CARBON_UNITS = {"g": 1_000, "kg": 1_000_000}
CARBON_PRICE_UNITS = {"kg": 1, "t": 1_000}
"""Kilograms of CO2e in the units that a price of carbon is for."""
BLANKS = " \t\n\r\f\v"


def _split(text: str, example: str) -> tuple[Decimal, str]:
    match = _AMOUNT.fullmatch(text.strip())
    if match is None:
        raise LiteralInvalid(f"'{text}' is no amount; write for example {example}{typo_hint(text)}")
    number = match[1].lstrip("+-")
    if len(number) > 1 and number[0] == "0" and number[1] != ".":
        raise LiteralInvalid(f"'{text}' starts with a zero; write for example {example}")
    return Decimal(match[1]), match[2]


def _whole(value: Decimal, text: str, finest: str) -> int:
    if value != value.to_integral_value():
        raise LiteralInvalid(f"'{text}' is finer than {finest}")
    return int(value)


def _with_unit(text: str, units: dict[str, int], example: str, finest: str) -> int:
    number, unit = _split(text, example)
    if unit not in units:
        allowed = ", ".join(units)
        problem = f"unit '{unit}' is not known" if unit else "a unit is missing"
        raise LiteralInvalid(f"'{text}': {problem}; use {allowed}, for example {example}", code="wrong-unit")
    return _whole(number * units[unit], text, finest)


def count(text: str) -> int:
    """A whole number."""
    number, unit = _split(text, "12")
    if unit:
        raise LiteralInvalid(f"'{text}' is no whole number; write for example 12")
    if number != number.to_integral_value():
        below = math.floor(number)
        raise LiteralInvalid(f"'{text}' is finer than one; write {below} or {below + 1}")
    return _whole(number, text, "one")


def number(text: str) -> int:
    """A number in millionths, the unit of attributes of type number."""
    value, unit = _split(text, "12.5")
    if unit:
        raise LiteralInvalid(f"'{text}' is no number; write for example 12.5")
    return _whole(value * MICROS, text, "a millionth")


def money(text: str) -> int:
    """Micros of the installation's currency; a currency code may follow the amount and is not checked here."""
    value, unit = _split(text, "4.00 EUR")
    if unit and not _CURRENCY.fullmatch(unit):
        raise LiteralInvalid(f"'{text}': '{unit}' is no currency code; write for example 4.00 EUR", code="wrong-unit")
    return _whole(value * MICROS, text, "a millionth of a currency unit")


def currency(text: str) -> str:
    """The currency code that an amount of money is written with; empty without one."""
    return _split(text.partition("/")[0], "4.00 EUR")[1]


def carbon_price(text: str) -> int:
    """Micros a kilogram of CO2e, of an amount for a kilogram or, with `/t`, for a tonne."""
    amount, slash, unit = text.rpartition("/")
    if not slash:
        return money(text)
    if unit.strip() not in CARBON_PRICE_UNITS:
        raise LiteralInvalid(
            f"'{text}': write a price for a kg or a t of CO2e, for example 120 EUR/t", code="wrong-unit"
        )
    value, code = _split(amount, "120 EUR/t")
    if code and not _CURRENCY.fullmatch(code):
        raise LiteralInvalid(f"'{text}': '{code}' is no currency code; write for example 120 EUR/t", code="wrong-unit")
    micros = value * MICROS / CARBON_PRICE_UNITS[unit.strip()]
    return _whole(micros, text, "a millionth of a currency unit for a kilogram")


def weight(text: str) -> int:
    """Grams."""
    return _with_unit(text, WEIGHT_UNITS, "2.5 kg", "a gram")


def distance(text: str) -> int:
    """Metres."""
    return _with_unit(text, DISTANCE_UNITS, "300 km", "a metre")


def duration(text: str) -> int:
    """Minutes."""
    return _with_unit(text, DURATION_UNITS, "48 h", "a minute")


def carbon(text: str) -> int:
    """Milligrams of CO2e."""
    return _with_unit(text, CARBON_UNITS, "250 g", "a milligram")


def share(text: str, *, most: int = FULL_SHARE) -> int:
    """Basis points, at most so many: 10% is 1000."""
    value, unit = _split(text, "10%")
    if unit != "%":
        raise LiteralInvalid(f"'{text}' is no share; write for example 10%")
    points = _whole(value * 100, text, "a hundredth of a percent")
    if not 0 <= points <= most:
        raise LiteralInvalid(f"'{text}' is not between 0% and {most * 100 // FULL_SHARE}%", code="out-of-range")
    return points


def word(text: str) -> str:
    """Any word but a blank one, which no value ever equals."""
    if not text.strip(BLANKS):
        raise LiteralInvalid("a word is missing here; write one")
    return text


def flag(text: str) -> bool:
    """`true` or `false`; no other spelling is accepted."""
    if text not in ("true", "false"):
        raise LiteralInvalid(f"'{text}' is not true or false")
    return text == "true"


def date(text: str) -> int:
    """Days of the proleptic Gregorian calendar, 0001-01-01 being 1."""
    if not _DATE.fullmatch(text):
        meant = " or ".join(_dates_meant(text)) or f"for example 2026-11-01{typo_hint(text)}"
        raise LiteralInvalid(f"'{text}' is no date; write {meant}")
    try:
        return datetime.date.fromisoformat(text).toordinal()
    except ValueError as error:
        raise LiteralInvalid(f"'{text}' is no day of the calendar: {error}", code="impossible-date") from None


def _dates_meant(text: str) -> list[str]:
    """Of a date that does not begin with the year, the date that was meant; two, if day and month may be either."""
    found = _YEAR_LAST.fullmatch(text.strip())
    if found is None:
        return []
    first, second, year = found.groups()
    dates = [f"{year}-{month:0>2}-{day:0>2}" for day, month in ((first, second), (second, first)) if int(month) <= 12]  # noqa: PLR2004  # months
    return list(dict.fromkeys(dates))


def is_date(text: str) -> bool:
    """Whether the text is a date without a time."""
    return _DATE.fullmatch(text) is not None


def time(text: str) -> int:
    """Minutes since midnight; 24:00 is the end of the day."""
    match = _TIME.fullmatch(text)
    hours, minutes = (int(match[1]), int(match[2])) if match else (99, 0)
    if minutes > 59 or hours * 60 + minutes > 1_440:  # noqa: PLR2004  # minutes in an hour, in a day
        raise LiteralInvalid(f"'{text}' is no time of day; write for example \"08:00\", in quotes{typo_hint(text)}")
    return hours * 60 + minutes


def instant(text: str) -> int:
    """Seconds of local wall-clock time: `date` x 86,400 + seconds since midnight."""
    day, separator, clock = text.replace(" ", "T", 1).partition("T")
    zoned = _ZONED.fullmatch(clock)
    if zoned:
        raise LiteralInvalid(
            f"'{text}' names a time zone; rules go by local clocks: write {day} {zoned[1]}, without one"
        )
    minutes = time(clock) if separator else 0
    return date(day) * SECONDS_A_DAY + minutes * 60
