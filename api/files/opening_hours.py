"""Opening hours, running days and days off of network.yaml as timetables."""

from collections.abc import Iterable, Mapping, Sequence
from dataclasses import dataclass
from typing import Any, Self

from engine.model.timetable import ALWAYS, WHOLE_DAY, Spans, Timetable
from rules.errors import LiteralInvalid
from rules.syntax import literals
from rules.vocabulary import WEEKDAYS

_Hours = Mapping[str, Sequence[tuple[int, int]]]


def as_date(text: str) -> int | None:
    """A date, or None for a text that is something else: the name of a list."""
    try:
        return literals.date(text)
    except LiteralInvalid:
        return None


@dataclass(frozen=True, slots=True, kw_only=True)
class Calendars:
    """What the file names once for many: opening hours, lists of holidays. A name it does not have means nothing."""

    opening_hours: Mapping[str, _Hours]
    holidays: Mapping[str, Iterable[int]]

    @classmethod
    def of(cls, data: Mapping[str, Any]) -> Self:
        """`data` is the loaded network.yaml."""
        lists = {name: entry["dates"] for name, entry in data.get("holidays", {}).items()}
        return cls(opening_hours=data.get("opening_hours", {}), holidays=lists)

    def opening(self, hours: str | _Hours | None, closed: Iterable[str]) -> Timetable | None:
        """A node's. None: always open."""
        if isinstance(hours, str):
            hours = self.opening_hours.get(hours)
        week = ALWAYS.week if hours is None else tuple(_spans(hours.get(day, ())) for day in WEEKDAYS)
        return self._timetable(week, closed)

    def running(self, weekdays: Sequence[str] | None, closed: Iterable[str]) -> Timetable | None:
        """A service's. None: every day."""
        week = tuple(WHOLE_DAY if weekdays is None or day in weekdays else () for day in WEEKDAYS)
        return self._timetable(week, closed)

    def _timetable(self, week: tuple[Spans, ...], closed: Iterable[str]) -> Timetable | None:
        days = frozenset(day for entry in closed for day in self._days(entry))
        found = Timetable(week=week, closed=days)
        return None if found == ALWAYS else found

    def _days(self, entry: str) -> Iterable[int]:
        date = as_date(entry)
        return self.holidays.get(entry, ()) if date is None else (date,)


def _spans(spans: Iterable[tuple[int, int]]) -> Spans:
    """What touches, as one."""
    found: list[tuple[int, int]] = []
    for opens, closes in spans:
        if found and found[-1][1] == opens:
            found[-1] = (found[-1][0], closes)
        else:
            found.append((opens, closes))
    return tuple(found)
