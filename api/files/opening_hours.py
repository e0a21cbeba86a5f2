"""Makes timetables of the opening hours, running days and days off in network.yaml."""

from collections.abc import Iterable, Mapping, Sequence
from dataclasses import dataclass
from typing import Any, Self

from engine.model.timetable import ALWAYS, WHOLE_DAY, Spans, Timetable
from rules.errors import LiteralInvalid
from rules.syntax import literals
from rules.windows import WEEKDAYS

_Hours = Mapping[str, Sequence[tuple[int, int]]]


def as_date(text: str) -> int | None:
    """The date, or None if `text` is none: then it is the name of a list of holidays."""
    try:
        return literals.date(text)
    except LiteralInvalid:
        return None


@dataclass(frozen=True, slots=True, kw_only=True)
class Calendars:
    """The opening hours and lists of holidays that the file defines by name. An unknown name stands for none at all."""

    opening_hours: Mapping[str, _Hours]
    holidays: Mapping[str, Iterable[int]]

    @classmethod
    def of(cls, data: Mapping[str, Any]) -> Self:
        """`data` is the loaded network.yaml."""
        lists = {name: entry["dates"] for name, entry in data.get("holidays", {}).items()}
        return cls(opening_hours=data.get("opening_hours", {}), holidays=lists)

    def opening(self, hours: str | _Hours | None, closed: Iterable[str]) -> Timetable | None:
        """A node's timetable; None: always open."""
        if isinstance(hours, str):
            hours = self.opening_hours.get(hours)
        week = ALWAYS.week if hours is None else tuple(_spans(hours.get(day, ())) for day in WEEKDAYS)
        return self._timetable(week, closed)

    def running(self, weekdays: Sequence[str] | None, closed: Iterable[str]) -> Timetable | None:
        """A service's timetable; None: it runs every day."""
        week = tuple(WHOLE_DAY if weekdays is None or day in weekdays else () for day in WEEKDAYS)
        return self._timetable(week, closed)

    def _timetable(self, week: tuple[Spans, ...], closed: Iterable[str]) -> Timetable | None:
        days = frozenset(day for entry in closed for day in self._days(entry))
        timetable = Timetable(week=week, closed=days)
        return None if timetable == ALWAYS else timetable

    def _days(self, entry: str) -> Iterable[int]:
        date = as_date(entry)
        return self.holidays.get(entry, ()) if date is None else (date,)


def _spans(spans: Iterable[tuple[int, int]]) -> Spans:
    """The spans; two that touch are joined."""
    joined: list[tuple[int, int]] = []
    for opens, closes in spans:
        if joined and joined[-1][1] == opens:
            joined[-1] = (joined[-1][0], closes)
        else:
            joined.append((opens, closes))
    return tuple(joined)
