"""The wall clock of a time zone: what it shows at an instant, and at which instants it shows something.

The one place where a local time becomes an instant. Where the clock is put back, a time is shown twice: what begins
then begins the first time, and what ends then ends the last time. A time that is not shown, because the clock is put
forward over it, is the instant of the change.

Local times are seconds as `rules.syntax.literals.instant` reads them: `date ordinal x 86,400 + seconds since midnight`.
"""

import bisect
import datetime
import functools
import zoneinfo
from collections.abc import Iterator
from typing import NamedTuple

from rules.syntax.literals import SECONDS_A_DAY
from rules.windows import ClockReading

EPOCH = datetime.date(1970, 1, 1).toordinal()
SECONDS_AN_HOUR = 3_600
_FIRST = (datetime.date.min.toordinal() + 1 - EPOCH) * SECONDS_A_DAY
_LAST = (datetime.date.max.toordinal() - 1 - EPOCH) * SECONDS_A_DAY
"""The instants between which every zone's date can be computed."""
_STEP = 2 * SECONDS_A_DAY
"""In all of tzdata, two changes of a clock are at least 95 hours apart, so there is at most one in a step."""
_MOST_DAYS = 2_000
"""Days kept at once."""


class _Segment(NamedTuple):
    """Instants from `since` up to and without `until`, at which the wall clock is `ahead` seconds ahead of UTC."""

    since: int
    until: int
    ahead: int


class WallClock:
    """Of one time zone. Raises zoneinfo.ZoneInfoNotFoundError if there is none of that name."""

    def __init__(self, zone: str) -> None:
        self._zone = zoneinfo.ZoneInfo(zone)
        self._segments: dict[int, tuple[_Segment, ...]] = {}

    def ahead(self, instant: int) -> int:
        """How many seconds it is ahead of UTC."""
        segments = self._around(instant)
        return segments[0].ahead if len(segments) == 1 else self._segment(instant).ahead

    def same_hour(self, instant: int) -> tuple[int, int]:
        """From when up to and without when it shows the hour that it shows at an instant, and is set to the same."""
        since, until, ahead = self._segment(instant)
        begun = instant - (instant + ahead) % SECONDS_AN_HOUR
        return max(since, begun), min(until, begun + SECONDS_AN_HOUR)

    def _segment(self, instant: int) -> _Segment:
        segments = self._around(instant)
        return segments[0] if len(segments) == 1 else next(item for item in segments if instant < item.until)

    def _offset(self, instant: int) -> int:
        """As `ahead`, asked of the time zone."""
        moment = datetime.datetime.fromtimestamp(min(max(instant, _FIRST), _LAST), tz=self._zone)
        offset = moment.utcoffset()
        return 0 if offset is None else offset.days * SECONDS_A_DAY + offset.seconds

    def local(self, instant: int) -> int:
        """What it shows."""
        return instant + self.ahead(instant) + EPOCH * SECONDS_A_DAY

    def first(self, local: int) -> int:
        """The instant at which it first shows this local time or, if it never does, a later one."""
        utc = local - EPOCH * SECONDS_A_DAY
        return min(max(since, utc - ahead) for since, until, ahead in self._around(utc) if utc - ahead < until)

    def last(self, local: int) -> int:
        """The instant from which on it shows this local time and later ones only."""
        utc = local - EPOCH * SECONDS_A_DAY
        return max(min(until, utc - ahead) for since, until, ahead in self._around(utc) if utc - ahead > since)

    def reading(self, instant: int) -> ClockReading:
        """What it shows, and what it showed and is to show around then."""
        segments = self._around(instant)
        if len(segments) == 1:
            minute = (instant + segments[0].ahead) // 60 + EPOCH * (SECONDS_A_DAY // 60)
            return ClockReading(minute, minute)
        latest = max(min(instant, until - 1) + ahead for since, until, ahead in segments if since <= instant)
        earliest = min(max(instant, since) + ahead for since, until, ahead in segments if until > instant)
        return ClockReading(*(second // 60 + EPOCH * (SECONDS_A_DAY // 60) for second in (latest, earliest)))

    def _around(self, instant: int) -> tuple[_Segment, ...]:
        """The segments of the days around an instant: more than any clock is ahead of UTC, or put back."""
        day = instant // SECONDS_A_DAY
        segments = self._segments.get(day)
        if segments is None:
            if len(self._segments) >= _MOST_DAYS:
                self._segments.clear()
            segments = self._segments[day] = tuple(self._make_segments(day * SECONDS_A_DAY))
        return segments

    def _make_segments(self, midnight: int) -> Iterator[_Segment]:
        since = midnight - _STEP
        ahead = self._offset(since)
        for end in range(since + _STEP, midnight + 2 * _STEP + 1, _STEP):
            later = self._offset(end)
            if later != ahead:
                change = self._change(end - _STEP, end, ahead)
                yield _Segment(since, change, ahead)
                since, ahead = change, later
        yield _Segment(since, midnight + 2 * _STEP, ahead)

    def _change(self, before: int, after: int, ahead: int) -> int:
        """The instant between the two at which it stops being so many seconds ahead."""
        return (
            bisect.bisect_left(range(before, after), x=True, key=lambda instant: self._offset(instant) != ahead)
            + before
        )


@functools.cache
def wall_clock(zone: str) -> WallClock:
    """The clock of the zone: one object for each."""
    return WallClock(zone)
