"""The windows of rules, and the clock readings that tell whether a window is open.

Where clocks are put back, an hour is shown twice; where they are put forward, an hour is not shown at all. A window
opens the first time that its beginning is shown or passed, and closes the last time that its end is: so it opens once
and closes once, on every day.
"""

from dataclasses import dataclass
from typing import NamedTuple

DAY = 1_440
"""Minutes."""
WEEKDAYS = ("monday", "tuesday", "wednesday", "thursday", "friday", "saturday", "sunday")
_LONGEST_REPEAT = 3
"""Days before the latest one shown on which a window may have begun that is still open: a window ends on the day after
it began, and no clock was ever put back by more than a day.
"""


class ClockReading(NamedTuple):
    """A moment on a wall clock, in minutes since 0001-01-01 less a day: `date ordinal x 1,440 + minutes since
    midnight`. `latest` is the latest minute shown until then, `earliest` the earliest one that is still to be shown;
    they are the same unless the clock is put back around that moment.
    """

    latest: int
    earliest: int


@dataclass(frozen=True, slots=True, kw_only=True)
class Window:
    """From `start` up to `end`, and each day from `opens` up to `closes`, if that day is one of `weekdays`; what is not
    given does not narrow it. `start` and `end` are minutes as in a ClockReading, `opens` and `closes` minutes of the
    day. Hours that pass midnight (`closes` is the earlier) belong to the day on which they begin.
    """

    start: int | None = None
    end: int | None = None
    weekdays: tuple[str, ...] = ()
    opens: int = 0
    closes: int = DAY

    @property
    def recurs(self) -> bool:
        """Whether it opens and closes on days of the week, or each day."""
        return bool(self.weekdays) or (self.opens, self.closes) != (0, DAY)

    @property
    def passes_midnight(self) -> bool:
        return self.closes <= self.opens

    def is_open(self, reading: ClockReading) -> bool:
        """Whether it is open when the clock reads so."""
        if self.start is not None and reading.latest < self.start:
            return False
        if self.end is not None and reading.earliest >= self.end:
            return False
        return not self.recurs or any(
            self._is_open_of(reading.latest // DAY - days, reading) for days in range(_LONGEST_REPEAT + 1)
        )

    def _is_open_of(self, day: int, reading: ClockReading) -> bool:
        """Whether the hours that begin on `day` are going on."""
        midnight, closes = day * DAY, self.closes + (DAY if self.passes_midnight else 0)
        return (
            midnight + self.opens <= reading.latest
            and midnight + closes > reading.earliest
            and (not self.weekdays or weekday(day) in self.weekdays)
        )


def weekday(day: int) -> str:
    """Of a date as an ordinal, 0001-01-01 being 1."""
    return WEEKDAYS[(day - 1) % 7]
