"""Numbers, amounts and instants as a reader sees them: in the language of the page, on the clock of the network."""

import datetime
import decimal
import zoneinfo
from dataclasses import dataclass
from typing import Final

from markupsafe import Markup

from api.cli.output.times import DAYS, MONTHS
from api.language.catalogue import ENGLISH
from api.language.current import counted, current_language, say, say_number

_SIGNS: Final = {"EUR": "€", "GBP": "£", "USD": "$"}
_MINUS: Final = "\N{MINUS SIGN}"
_DECIMAL_BELOW: Final = 100
"""Kilograms."""
_DECIMAL_GRAMS_BELOW: Final = decimal.Decimal("0.01")
_NARROW: Final = "\N{NARROW NO-BREAK SPACE}"
_MINUTE, _HOUR, _DAY = 60, 3_600, 86_400


def number(value: float | str | decimal.Decimal, decimals: int | None = None) -> str:
    """1,234.5; a text is a decimal number as the HTTP API writes it. With `decimals`, it is rounded to so many."""
    exact = decimal.Decimal(str(value))
    if decimals is not None:
        exact = exact.quantize(decimal.Decimal(1).scaleb(-decimals), rounding=decimal.ROUND_HALF_UP)
    return say_number(f"{exact:,f}").replace("-", _MINUS)


def signed(value: float | str, decimals: int | None = None) -> str:
    """With its sign, unless it is nothing."""
    text = number(value, decimals)
    is_none = not any(sign in "123456789" for sign in text)
    return text.removeprefix(_MINUS) if is_none else text if text.startswith(_MINUS) else f"+{text}"


def percent(part: float, whole: float) -> str:
    """Of the whole; a dash if that is nothing."""
    if not whole:
        return "–"
    gap = "" if current_language() == ENGLISH else _NARROW
    return f"{number(100 * part / whole, 1)}{gap}%"


def kilograms(milligrams: int) -> str:
    """From 100 kg on without the decimal, which would not fit into a tile; below one in grams."""
    whole = decimal.Decimal(milligrams) / 1_000_000
    if 0 < abs(whole) < 1:
        return f"{number(whole * 1_000, 1 if abs(whole) < _DECIMAL_GRAMS_BELOW else 0)}{_NARROW}g"
    return f"{number(whole, 1 if abs(whole) < _DECIMAL_BELOW else 0)}{_NARROW}kg"


def span(seconds: float) -> str:
    """The two largest parts of it: 2 d 3 h."""
    whole = int(seconds)
    if whole < _MINUTE:
        return counted(whole, "second")
    parts = [
        (say("{number} d", number=whole // _DAY), whole >= _DAY),
        (say("{number} h", number=whole % _DAY // _HOUR), whole % _DAY >= _HOUR),
        (say("{number} min", number=whole % _HOUR // _MINUTE), whole < _DAY and whole % _HOUR >= _MINUTE),
    ]
    return " ".join(text for text, is_shown in parts if is_shown)


@dataclass(frozen=True, slots=True, kw_only=True)
class Clock:
    """Instants on the clock of one time zone."""

    zone: str

    def instant(self, value: str | int | None, *, seconds: bool = False) -> Markup:
        """RFC 3339 or UTC seconds, for machines and for people; a dash if there is none."""
        if value is None:
            return Markup("–")
        local = self.local(value)
        text = f"{_date(local.date())}, {local:%H:%M:%S}" if seconds else f"{_date(local.date())}, {local:%H:%M}"
        return Markup('<time datetime="{}">{}</time>').format(local.isoformat(), text)

    def time(self, value: str | int) -> Markup:
        """Of the day alone."""
        local = self.local(value)
        return Markup('<time datetime="{}">{}</time>').format(local.isoformat(), f"{local:%H:%M}")

    def local(self, value: str | int) -> datetime.datetime:
        moment = (
            datetime.datetime.fromtimestamp(value, tz=datetime.UTC)
            if isinstance(value, int)
            else datetime.datetime.fromisoformat(value)
        )
        return moment.astimezone(zoneinfo.ZoneInfo(self.zone))

    def midnight_of(self, written: str, *, later: bool = False) -> str:
        """When that day (2026-11-27) begins here, or the day after it; RFC 3339 in UTC. Raises ValueError."""
        date = datetime.date.fromisoformat(written)
        midnight = datetime.datetime.combine(date, datetime.time())
        return self._in_utc(midnight, days=1 if later else 0)

    def instant_of(self, written: str) -> str:
        """An instant that somebody wrote on this clock, as 2026-11-27T08:00; RFC 3339 in UTC. Raises ValueError."""
        return self._in_utc(datetime.datetime.fromisoformat(written))

    def _in_utc(self, here: datetime.datetime, *, days: int = 0) -> str:
        """So many days later. Raises ValueError if there is no such year."""
        try:
            local = (here + datetime.timedelta(days=days)).replace(tzinfo=zoneinfo.ZoneInfo(self.zone))
            return local.astimezone(datetime.UTC).isoformat().replace("+00:00", "Z")
        except OverflowError as error:
            raise ValueError(here.isoformat()) from error


def day(date: str | datetime.date) -> Markup:
    """2026-11-27 as Fri 27 Nov 2026."""
    value = datetime.date.fromisoformat(date) if isinstance(date, str) else date
    text = f"{say(DAYS[value.weekday()])} {_date(value)}"
    return Markup('<time datetime="{}">{}</time>').format(value.isoformat(), text)


def amount(value: float | str | decimal.Decimal, currency: str | None, decimals: int = 2) -> str:
    """A decimal number of a currency: €12.50."""
    text, sign = number(value, decimals), _SIGNS.get(currency or "", currency or "")
    if current_language() == ENGLISH and currency in _SIGNS:
        return f"{_MINUS}{sign}{text[1:]}" if text.startswith(_MINUS) else f"{sign}{text}"
    return f"{text}\N{NO-BREAK SPACE}{sign}"


def _date(date: datetime.date) -> str:
    return f"{date.day} {say(MONTHS[date.month - 1])} {date.year}"
