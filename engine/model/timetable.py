"""When a node is open or a service runs, as the network file says it: wall-clock minutes of the week, and days off."""

from dataclasses import dataclass
from typing import TypeAlias

DAY = 1_440
"""Minutes of a wall clock, which shows all of them on every day but two a year."""

Spans: TypeAlias = tuple[tuple[int, int], ...]
"""Minutes since midnight, each (from, up to), in order and apart: half open, so that 9 to 17 ends as 17:00 strikes."""

WHOLE_DAY: Spans = ((0, DAY),)


@dataclass(frozen=True, slots=True, kw_only=True)
class Timetable:
    """`week` is seven days from Monday; `closed` are dates off, as days of the proleptic Gregorian calendar."""

    week: tuple[Spans, ...] = (WHOLE_DAY,) * 7
    closed: frozenset[int] = frozenset()

    def spans(self, day: int) -> Spans:
        """What is open of the date `day`, 0001-01-01 (a Monday) being 1."""
        return () if day in self.closed else self.week[(day - 1) % 7]

    def meets(self, other: "Timetable") -> bool:
        """Whether there is a day of the week on which both are open."""
        return any(mine and theirs for mine, theirs in zip(self.week, other.week, strict=True))

    @property
    def weekly(self) -> int:
        """Open minutes of a week without days off."""
        return sum(end - start for spans in self.week for start, end in spans)


ALWAYS = Timetable()
