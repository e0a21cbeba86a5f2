"""Instants and dates as others write them, to UTC and back."""

import datetime
import re
from functools import cache
from typing import Literal, TypeAlias
from zoneinfo import ZoneInfo

Twice: TypeAlias = Literal["first", "second"]
EDI_DATES = {
    "101": "%y%m%d",
    "102": "%Y%m%d",
    "201": "%y%m%d%H%M",
    "203": "%Y%m%d%H%M",
    "204": "%Y%m%d%H%M%S",
}
"""Codes of EDIFACT's element 2379, which may stand in place of a form."""
SECONDS, MILLISECONDS = "seconds", "milliseconds"
_EPOCH = datetime.datetime(1970, 1, 1, tzinfo=datetime.UTC)
_ISO = re.compile(
    r"[0-9]{4}-[0-9]{2}-[0-9]{2}"
    r"(?:[Tt ][0-9]{2}:[0-9]{2}(?::[0-9]{2}(?:[.,][0-9]{1,9})?)?(?:[Zz]|[+-][0-9]{2}:?[0-9]{2})?)?",
    re.ASCII,
)
_SECONDS = re.compile(r"-?[0-9]{1,15}(?:\.[0-9]{1,6})?", re.ASCII)
_TIME_OF_DAY = re.compile(r"%[HIMSfpcXT]")
_FOLDED = "a local time that comes twice, as clocks go back; say by `twice` whether the first or the second is meant"


class NoDate(ValueError):
    """The text is none; the message says why, and goes after it."""


def instant_of(
    text: str, *, form: str | None, zone: str | None, time: str | None = None, twice: Twice | None = None
) -> str:
    """RFC 3339 in UTC, as 2026-11-27T09:10:00Z. `form` is of strptime, one of EDI_DATES, seconds or milliseconds; None:
    ISO 8601. `zone` is that of a text without one; `time`, 18:30, that of a day alone. Raises NoDate.
    """
    if form in (SECONDS, MILLISECONDS):
        return _shown(_since_epoch(text, form))
    form = EDI_DATES.get(form or "", form)
    value, has_time = _parsed(text, form)
    if not has_time:
        if time is None:
            raise NoDate("is a day; say by `time` which time of it is meant, as 18:30")
        hour, minute = time.split(":")
        value = value.replace(hour=int(hour), minute=int(minute))
    if value.tzinfo is None:
        if zone is None:
            raise NoDate("does not say its time zone; say it by `zone`, as Europe/Paris")
        value = _localized(value, zone, twice)
    try:
        return _shown(value.astimezone(datetime.UTC))
    except OverflowError:
        raise NoDate("is outside of the years that can be") from None


def day_of(text: str, *, form: str | None, zone: str | None) -> str:
    """A day, as 2026-11-27. An instant is one only where `zone` says of where the day is. Raises NoDate."""
    if form in (SECONDS, MILLISECONDS):
        if zone is None:
            raise NoDate("is an instant; say by `zone` where the day is meant")
        return str(_since_epoch(text, form).astimezone(_zone(zone)).date())
    form = EDI_DATES.get(form or "", form)
    value, _ = _parsed(text, form)
    if value.tzinfo is not None and zone is not None:
        value = value.astimezone(_zone(zone))
    return str(value.date())


def written(text: str, *, form: str | None, zone: str | None) -> str:
    """An instant of ours, or a day, in their form and zone; UTC if none is said. Raises NoDate."""
    value, has_time = _parsed(text, None)
    if form is None and zone is None:
        return text
    if has_time:
        value = (value if value.tzinfo else value.replace(tzinfo=datetime.UTC)).astimezone(_zone(zone or "UTC"))
    form = EDI_DATES.get(form or "", form)
    if form in (SECONDS, MILLISECONDS):
        span = value - _EPOCH if value.tzinfo else value.replace(tzinfo=datetime.UTC) - _EPOCH
        return str(span // datetime.timedelta(**{str(form): 1}))
    if form is None:
        return value.isoformat() if has_time else str(value.date())
    return value.strftime(form)


def _parsed(text: str, form: str | None) -> tuple[datetime.datetime, bool]:
    """The moment, and whether the text says a time of day."""
    if form is None and not _ISO.fullmatch(text):
        raise NoDate("is no date of the form 2026-11-27T18:30:00; say by `date` how it is written")
    try:
        if form is None:
            return datetime.datetime.fromisoformat(text.upper().replace(",", ".")), len(text) > len("2026-11-27")
        value = datetime.datetime.strptime(text, form)  # noqa: DTZ007  # the caller looks after the zone
    except ValueError:
        raise NoDate(f"is no date of the form {form or '2026-11-27T18:30:00'}") from None
    if text.isdigit() and value.strftime(form) != text:
        # strptime takes 2026111 for %Y%m%d, and nobody knows which day that is
        raise NoDate(f"has another number of digits than {form}")
    return value, bool(_TIME_OF_DAY.search(form))


def _localized(value: datetime.datetime, zone: str, twice: Twice | None) -> datetime.datetime:
    place = _zone(zone)
    first, second = value.replace(tzinfo=place, fold=0), value.replace(tzinfo=place, fold=1)
    if first.utcoffset() == second.utcoffset():
        return first
    if first.astimezone(datetime.UTC).astimezone(place).replace(tzinfo=None, fold=0) != value:
        raise NoDate(f"is a local time that there is not in {zone}, as clocks go forward")
    if twice is None:
        raise NoDate(f"is {_FOLDED}")
    return first if twice == "first" else second


def _since_epoch(text: str, form: str) -> datetime.datetime:
    if not _SECONDS.fullmatch(text):
        raise NoDate(f"is no number of {form} since 1970")
    whole, _, part = text.partition(".")
    micros = int(whole + part.ljust(6, "0")) if form == SECONDS else int(whole + part.ljust(6, "0")) // 1_000
    try:
        return _EPOCH + datetime.timedelta(microseconds=micros)
    except OverflowError:
        raise NoDate("is outside of the years that can be") from None


def _shown(value: datetime.datetime) -> str:
    return value.isoformat().replace("+00:00", "Z")


@cache
def _zone(name: str) -> ZoneInfo:
    return ZoneInfo(name)
