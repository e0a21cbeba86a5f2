"""When something is open, in UTC seconds: a timetable on the wall clock of a time zone, computed day by day.

It opens when the wall clock first shows the time at which it opens, and closes when it last shows the time at which it
closes. So on the days on which the clock is changed it opens and closes as often as on others: an hour that is left
out is never open, and an open hour that comes twice is open twice.
"""

import datetime
from typing import NamedTuple

from engine.model.timetable import Timetable
from engine.model.wall_clock import EPOCH, wall_clock
from rules.syntax.literals import SECONDS_A_DAY

LAST_DAY = datetime.date.max.toordinal() - 3
"""No calendar goes further. The last instant that can be written is on this day or before."""
_MOST_DAYS = 2_000
"""Days kept at once: some years of looking ahead, or as many past days on which orders are decided again."""
EVER = 1 << 60
"""Seconds: further than any instant."""

Interval = tuple[int, int]
"""UTC seconds, half open."""


class Stretch(NamedTuple):
    """Instants from `since` up to and without `until` for which an answer is computed alike: it lies `over` seconds
    after the instant if it `moves` with it, and is the instant `over` otherwise. `day` is the date on which it lies.
    """

    since: int
    until: int
    moves: bool
    over: int
    day: int

    def at(self, instant: int) -> int:
        return instant + self.over if self.moves else self.over

    def then(self, following: "Stretch | None") -> "Stretch | None":
        """The answer of `following` to this answer, and for which of these instants that is computed alike."""
        if following is None or not self.moves:
            return following and self._replace(over=following.at(self.over), day=following.day)
        return Stretch(
            since=max(self.since, following.since - self.over),
            until=min(self.until, following.until - self.over),
            moves=following.moves,
            over=following.over + self.over if following.moves else following.over,
            day=following.day,
        )


class Calendar:
    """Days are dates of the zone's wall clock as ordinals, 0001-01-01 being 1; each is computed once."""

    def __init__(self, timetable: Timetable, zone: str) -> None:
        self.timetable = timetable
        self._clock = wall_clock(zone)
        self._opens = timetable.weekly > 0
        self._days: dict[int, tuple[Interval, ...]] = {}
        self._latest_opening: tuple[int, int, int, int] | None = None

    def open_on(self, day: int) -> tuple[Interval, ...]:
        """When it is open on that date: intervals in order, which neither overlap nor touch."""
        intervals = self._days.get(day)
        if intervals is None:
            if len(self._days) >= _MOST_DAYS:
                self._days.clear()
            intervals = self._days[day] = _after(self._instants(day), self._instants(day - 1))
        return intervals

    def stretch(self, instant: int, seconds: int) -> Stretch | None:
        """When `seconds` of open time have passed since `instant`, and for which instants around it that is computed
        alike; of 0 seconds, the first open instant. None: not before the calendar ends.
        """
        first = self._first_opening(instant)
        if first is None:
            return None
        closed_since, start, end, day = first
        moves = instant >= start
        since, until = (start, end) if moves else (closed_since, start)
        passed = max(start, instant) + seconds
        while passed > end:
            still_to_pass = passed - end
            if moves:
                # for earlier instants the time has passed by the end of this opening
                since = max(since, instant - still_to_pass + 1)
            following = self._next_opening(day, end)
            if following is None:
                return None
            start, end, day = following
            passed = start + still_to_pass
        if moves:
            until = min(until, instant + end - passed + 1)
        return Stretch(since=since, until=until, moves=moves, over=passed - instant if moves else passed, day=day)

    def _first_opening(self, instant: int) -> tuple[int, int, int, int] | None:
        """The first opening that ends after `instant`: (since, start, end, day). For every instant from `since` on,
        until `end`, this opening is the answer. The latest answer is kept, because most calls ask about now.
        """
        latest = self._latest_opening
        if latest is not None and latest[0] <= instant < latest[2]:
            return latest
        if not self._opens:
            return None
        since = instant
        for day in days_from(instant):
            for start, end in self.open_on(day):
                if end > instant:
                    self._latest_opening = (min(since, start), start, end, day)
                    return self._latest_opening
                since = end
        return None

    def _next_opening(self, day: int, end: int) -> tuple[int, int, int] | None:
        """The next opening after the one of `day` that ends at `end`: (start, end, day)."""
        for start, later in self.open_on(day):
            if start >= end:
                return start, later, day
        for following in range(day + 1, LAST_DAY):
            openings = self.open_on(following)
            if openings:
                return *openings[0], following
        return None

    def last_call(self, day: int, minute: int) -> int:
        """The instant at which the wall clock, on that date, reaches `minute` minutes since midnight; the last such
        instant, when the clock is put back.
        """
        return self._clock.last(day * SECONDS_A_DAY + minute * 60)

    def _instants(self, day: int) -> tuple[Interval, ...]:
        """When it is open on that date, by itself: where midnight comes twice, that may begin before the day before
        has ended.
        """
        midnight, clock = day * SECONDS_A_DAY, self._clock
        intervals = (
            (clock.first(midnight + opens * 60), clock.last(midnight + closes * 60))
            for opens, closes in self.timetable.spans(day)
        )
        return _merged([(start, end) for start, end in intervals if start < end])


def days_from(instant: int) -> range:
    """The dates from that of `instant` on. It begins a day early, because the zone's date may be behind UTC's."""
    return range(EPOCH + instant // SECONDS_A_DAY - 1, LAST_DAY)


def _after(intervals: tuple[Interval, ...], before: tuple[Interval, ...]) -> tuple[Interval, ...]:
    """Those parts of the intervals that come after all of the others."""
    if not before or not intervals or intervals[0][0] >= before[-1][1]:
        return intervals
    ended = before[-1][1]
    return tuple((max(start, ended), end) for start, end in intervals if end > ended)


def _merged(intervals: list[Interval]) -> tuple[Interval, ...]:
    """The intervals in order, those that touch merged into one."""
    merged: list[Interval] = []
    for start, end in sorted(intervals):
        if merged and start <= merged[-1][1]:
            merged[-1] = (merged[-1][0], end)
        else:
            merged.append((start, end))
    return tuple(merged)
