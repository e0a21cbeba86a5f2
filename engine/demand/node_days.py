"""The whole days of a node's calendar that paces are learnt from."""

import datetime
import zoneinfo
from bisect import bisect_right
from dataclasses import dataclass
from typing import Self


@dataclass(frozen=True, slots=True, kw_only=True)
class NodeDays:
    """The days before today, numbered from 0, the oldest. `midnights` are UTC seconds: the beginning of each day, and
    that of today.
    """

    first: datetime.date
    midnights: tuple[int, ...]

    @classmethod
    def before(cls, now: int, *, days: int, zone: zoneinfo.ZoneInfo) -> Self:
        """So many days before the date that it is at `now` (UTC seconds) in a time zone."""
        first = datetime.datetime.fromtimestamp(now, tz=zone).date() - datetime.timedelta(days=days)
        dates = (first + datetime.timedelta(days=number) for number in range(days + 1))
        midnights = (datetime.datetime.combine(date, datetime.time(), tzinfo=zone) for date in dates)
        return cls(first=first, midnights=tuple(int(midnight.timestamp()) for midnight in midnights))

    @property
    def count(self) -> int:
        return len(self.midnights) - 1

    def day_of(self, instant: int) -> int:
        """The number of the day: -1 before the first, `count` from today on."""
        return bisect_right(self.midnights, instant) - 1

    def whole_days_from(self, instant: int) -> range:
        """The days that begin at that instant or later."""
        first = 0 if instant <= self.midnights[0] else self.day_of(instant - 1) + 1
        return range(min(first, self.count), self.count)
