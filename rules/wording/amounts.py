"""Amounts in words, from the integers they are kept as: 2500 g is "2.5 kg", in French "2,5 kg". Nothing is rounded."""

import datetime
from collections.abc import Mapping

from rules.syntax.literals import MICROS, SECONDS_A_DAY
from rules.vocabulary import Kind
from rules.wording.bilingual import Said

_MONTHS = Said(
    "January February March April May June July August September October November December",
    "janvier février mars avril mai juin juillet août septembre octobre novembre décembre",
)
_SCALES: Mapping[Kind, tuple[tuple[int, str], ...]] = {
    Kind.WEIGHT: ((1_000, "kg"), (1, "g")),
    Kind.DISTANCE: ((1_000, "km"), (1, "m")),
    Kind.CARBON: ((1_000_000, "kg"), (1_000, "g")),
}
"""Units, the largest first; an amount is said in the largest that it fills."""
_SPANS = ((1_440, Said("day", "jour")), (60, Said("hour", "heure")), (1, Said("minute", "minute")))


def decimal(value: int, scale: int, language: str, *, places: int = 0) -> str:
    """An amount kept as `scale` times itself, a power of ten; in full, with at least `places` decimals."""
    whole, rest = divmod(abs(value), scale)
    decimals = str(scale + rest)[1:].rstrip("0").ljust(places, "0")
    sign = "-" if value < 0 else ""
    return f"{sign}{whole}{(',' if language == 'fr' else '.') + decimals if decimals else ''}"


def money(micros: int, language: str) -> str:
    """With two decimals at least; the currency is the installation's."""
    return decimal(micros, MICROS, language, places=2)


def share(points: int, language: str) -> str:
    return decimal(points, 100, language) + ("\u00a0%" if language == "fr" else "%")


def span(minutes: int, language: str) -> str:
    """In whole days, hours or minutes, the longest that fits: "48 hours" are 2 days."""
    size, name = next((size, name) for size, name in _SPANS if minutes % size == 0)
    count = minutes // size
    return f"{count} {plural(name.to(language), count, language)}"


def plural(noun: str, count: int, language: str) -> str:
    """The noun for so many of it: 1 unit, 0 units; in French 0 unité, 2 unités."""
    single = count < 2 if language == "fr" else count == 1  # noqa: PLR2004  # two are many
    return noun if single else f"{noun}s"


def day(ordinal: int, language: str) -> str:
    """A day as 1 November 2026, 1er novembre 2026."""
    date = datetime.date.fromordinal(ordinal)
    first = "1er" if language == "fr" and date.day == 1 else str(date.day)
    return f"{first} {_MONTHS.to(language).split()[date.month - 1]} {date.year}"


def clock(minutes: int) -> str:
    return f"{minutes // 60:02}:{minutes % 60:02}"


def instant(seconds: int, language: str) -> str:
    """A minute as 27 November 2026 18:00, 27 novembre 2026 à 18:00; with its seconds only where there are some."""
    ordinal, rest = divmod(seconds, SECONDS_A_DAY)
    time = clock(rest // 60) + (f":{rest % 60:02}" if rest % 60 else "")
    return f"{day(ordinal, language)} {'à ' if language == 'fr' else ''}{time}"


def amount(kind: Kind, value: int, language: str) -> str:
    """A number of this kind, in the unit authors would write."""
    match kind:
        case Kind.MONEY:
            return money(value, language)
        case Kind.DURATION:
            return span(value, language)
        case Kind.DATE:
            return day(value, language)
        case Kind.TIME:
            return clock(value)
        case Kind.INSTANT:
            return instant(value, language)
        case Kind.WEIGHT | Kind.DISTANCE | Kind.CARBON:
            scales = _SCALES[kind]
            size, unit = next((item for item in scales if value >= item[0]), scales[-1])
            return f"{decimal(value, size, language)} {unit}"
    return decimal(value, MICROS, language) if kind is Kind.NUMBER else str(value)
