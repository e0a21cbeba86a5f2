"""Writes amounts, which are integers in a small unit, for people: 2500 g is "2.5 kg", in French "2,5 kg". Nothing is
rounded.
"""

import datetime
from collections.abc import Mapping

from rules.syntax.literals import MICROS, SECONDS_A_DAY
from rules.vocabulary import Kind
from rules.wording.catalogue import Catalogue

_UNITS: Mapping[Kind, tuple[tuple[int, str], ...]] = {
    Kind.WEIGHT: ((1_000, "kg"), (1, "g")),
    Kind.DISTANCE: ((1_000, "km"), (1, "m")),
    Kind.CARBON: ((1_000_000, "kg"), (1_000, "g")),
}
"""The size of each unit and its symbol, the largest unit first."""
_MINUTES_IN = {"days": 1_440, "hours": 60, "minutes": 1}


def decimal(value: int, scale: int, *, mark: str = ".", places: int = 0) -> str:
    """`value` divided by `scale`, a power of ten: exact, with at least `places` decimals."""
    whole, fraction = divmod(abs(value), scale)
    decimals = str(scale + fraction)[1:].rstrip("0").ljust(places, "0")
    sign = "-" if value < 0 else ""
    return f"{sign}{whole}{mark + decimals if decimals else ''}"


def largest_unit(kind: Kind, value: int) -> tuple[int, str]:
    """The size and the symbol of the largest unit that fits into the value, a weight, a distance or CO2e; else of the
    smallest unit.
    """
    return next((unit for unit in _UNITS[kind] if value >= unit[0]), _UNITS[kind][-1])


def clock(minutes: int) -> str:
    """A time of day as policies write it: 08:00."""
    return f"{minutes // 60:02}:{minutes % 60:02}"


def number(value: int, scale: int, catalogue: Catalogue, *, places: int = 0) -> str:
    """As `decimal`, with the language's decimal mark and minus sign."""
    text = decimal(abs(value), scale, mark=catalogue.grammar.decimal_mark, places=places)
    return catalogue.text("numbers.negative", number=text) if value < 0 else text


def money(micros: int, catalogue: Catalogue) -> str:
    """With two decimals at least; the currency is the installation's."""
    return number(micros, MICROS, catalogue, places=2)


def share(points: int, catalogue: Catalogue) -> str:
    """Basis points as a percentage: 250 are "2.5%"."""
    return catalogue.text("numbers.percent", number=number(points, 100, catalogue))


def duration(minutes: int, catalogue: Catalogue) -> str:
    """In whole days, hours or minutes, the longest that fits: 2,880 minutes are "2 days"."""
    unit, size = next((unit, size) for unit, size in _MINUTES_IN.items() if minutes % size == 0)
    return catalogue.counted(f"durations.{unit}", minutes // size)


def date(ordinal: int, catalogue: Catalogue) -> str:
    """A day as 1 November 2026, 1er novembre 2026."""
    calendar_day = datetime.date.fromordinal(ordinal)
    day = catalogue.text(f"dates.days.{calendar_day.day}")
    month = catalogue.text(f"dates.months.{calendar_day.month}")
    return catalogue.text("dates.date", day=day, month=month, year=str(calendar_day.year))


def time(minutes: int, catalogue: Catalogue) -> str:
    return catalogue.text("dates.time", hours=f"{minutes // 60:02}", minutes=f"{minutes % 60:02}")


def instant(seconds: int, catalogue: Catalogue) -> str:
    """A minute as 27 November 2026 18:00, 27 novembre 2026 à 18:00; with its seconds only where there are some."""
    ordinal, second_of_day = divmod(seconds, SECONDS_A_DAY)
    minutes, second = divmod(second_of_day, 60)
    text = time(minutes, catalogue)
    if second:
        hours, minutes = divmod(minutes, 60)
        text = catalogue.text(
            "dates.time_with_seconds", hours=f"{hours:02}", minutes=f"{minutes:02}", seconds=f"{second:02}"
        )
    return catalogue.text("dates.instant", date=date(ordinal, catalogue), time=text)


def amount(kind: Kind, value: int, catalogue: Catalogue) -> str:
    """A number of this kind, in the unit authors would write."""
    match kind:
        case Kind.MONEY:
            return money(value, catalogue)
        case Kind.SHARE:
            return share(value, catalogue)
        case Kind.DURATION:
            return duration(value, catalogue)
        case Kind.DATE:
            return date(value, catalogue)
        case Kind.TIME:
            return time(value, catalogue)
        case Kind.INSTANT:
            return instant(value, catalogue)
        case Kind.WEIGHT | Kind.DISTANCE | Kind.CARBON:
            size, unit = largest_unit(kind, value)
            return catalogue.text(f"units.{unit}", number=number(value, size, catalogue))
    return number(value, MICROS, catalogue) if kind is Kind.NUMBER else str(value)
