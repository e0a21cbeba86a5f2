"""When something is open, in UTC seconds: a timetable on the wall clocks of a time zone, worked out day by day.

It is open at an instant if the wall clock shows an open time of an open date then. Nothing else is said of the days on
which the clock is changed, and nothing need be: of the hour that is left out nothing is open, the hour that comes twice
is open twice if at all.
"""

import datetime
import zoneinfo
from collections.abc import Iterator

from engine.model.timetable import DAY, Spans, Timetable

EPOCH = datetime.date(1970, 1, 1).toordinal()
LAST_DAY = datetime.date.max.toordinal() - 3
"""No calendar goes further, and no instant that can be written lies beyond."""
SECONDS_A_DAY = 86_400
_FURTHEST = 16 * 3_600
"""Seconds that no wall clock is ahead of UTC, or behind it."""
_MOST_DAYS = 2_000
"""Kept at once: some years of looking ahead, or as many days of the past decided again."""

Interval = tuple[int, int]
"""UTC seconds, half open."""


class Calendar:
    """Days are dates of the zone's wall clock as ordinals, 0001-01-01 being 1; each is worked out once."""

    def __init__(self, timetable: Timetable, zone: str) -> None:
        self.timetable = timetable
        self._zone = zoneinfo.ZoneInfo(zone)
        self._ever = timetable.weekly > 0
        self._days: dict[int, tuple[Interval, ...]] = {}
        self._latest: tuple[int, int, int, int] | None = None
        self._last_calls: dict[tuple[int, int], int] = {}

    def open_on(self, day: int) -> tuple[Interval, ...]:
        """When it is open on that date, in order, apart from each other."""
        known = self._days.get(day)
        if known is None:
            if len(self._days) >= _MOST_DAYS:
                self._days.clear()
            known = self._days[day] = self.instants(day, self.timetable.spans(day))
        return known

    def after(self, instant: int, seconds: int) -> tuple[int, int] | None:
        """When so many open seconds from `instant` on are over, and the day to which the last of them belongs; the
        first open instant, if there are none to count. None: not before the calendar ends.
        """
        first = self._first(instant)
        if first is None:
            return None
        _, start, end, day = first
        over = max(start, instant) + seconds
        while over > end:
            left = over - end
            following = self._following(day, end)
            if following is None:
                return None
            start, end, day = following
            over = start + left
        return over, day

    def _first(self, instant: int) -> tuple[int, int, int, int] | None:
        """Since when it is closed, or the opening itself, and the first opening that ends after `instant`, with its
        day. The last one is kept: most of what is asked is of now.
        """
        known = self._latest
        if known is not None and known[0] <= instant < known[2]:
            return known
        if not self._ever:
            return None
        since = instant
        for day in days_from(instant):
            for start, end in self.open_on(day):
                if end > instant:
                    self._latest = (min(since, start), start, end, day)
                    return self._latest
                since = end
        return None

    def _following(self, day: int, end: int) -> tuple[int, int, int] | None:
        """The next opening after the one of `day` that ends then, with its day."""
        for start, later in self.open_on(day):
            if start >= end:
                return start, later, day
        for following in range(day + 1, LAST_DAY):
            found = self.open_on(following)
            if found:
                return *found[0], following
        return None

    def last_call(self, day: int, minute: int) -> int:
        """The end of the time in which the wall clock shows that date and less than so many minutes since midnight; the
        last one, when the clock is put back.
        """
        known = self._last_calls.get((day, minute))
        if known is None:
            if len(self._last_calls) >= _MOST_DAYS:
                self._last_calls.clear()
            found = self.instants(day, ((0, minute),))
            # at midnight, nothing is before it, nor on a date that was left out (Samoa, 30 December 2011)
            known = found[-1][1] if found else self.last_call(day - 1, DAY)
            self._last_calls[day, minute] = known
        return known

    def instants(self, day: int, spans: Spans) -> tuple[Interval, ...]:
        """When the wall clock shows that date and one of these minutes."""
        midnight = (day - EPOCH) * SECONDS_A_DAY
        found: list[Interval] = []
        for since, until, ahead in self._offsets(midnight - _FURTHEST, midnight + SECONDS_A_DAY + _FURTHEST):
            for opens, closes in spans:
                start = max(since, midnight + opens * 60 - ahead)
                end = min(until, midnight + closes * 60 - ahead)
                if start < end:
                    found.append((start, end))
        return _joined(found)

    def _offsets(self, since: int, until: int) -> Iterator[tuple[int, int, int]]:
        """How many seconds the wall clock is ahead of UTC, and from when until when. It is changed at most once in the
        time of a few days.
        """
        before, after = self._ahead(since), self._ahead(until)
        if before == after:
            yield since, until, before
            return
        old, new = since, until
        while new - old > 1:
            middle = (old + new) // 2
            old, new = (middle, new) if self._ahead(middle) == before else (old, middle)
        yield since, new, before
        yield new, until, after

    def _ahead(self, instant: int) -> int:
        moment = datetime.datetime.fromtimestamp(instant, tz=self._zone)
        offset = moment.utcoffset()
        return 0 if offset is None else offset.days * SECONDS_A_DAY + offset.seconds


def days_from(instant: int) -> range:
    """The dates from that of `instant` on; the one before comes first where the zone's date may be behind UTC's."""
    return range(EPOCH + instant // SECONDS_A_DAY - 1, LAST_DAY)


def _joined(found: list[Interval]) -> tuple[Interval, ...]:
    """What touches, as one."""
    joined: list[Interval] = []
    for start, end in sorted(found):
        if joined and start <= joined[-1][1]:
            joined[-1] = (joined[-1][0], end)
        else:
            joined.append((start, end))
    return tuple(joined)
