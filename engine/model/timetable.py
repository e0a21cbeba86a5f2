"""When a node is open or a service runs, as in the network file: wall-clock minutes of the week, and days off."""

from dataclasses import dataclass
from typing import TypeAlias

DAY = 1_440
"""Minutes of a wall clock's day; two days a year have an hour less or more."""

Spans: TypeAlias = tuple[tuple[int, int], ...]
"""Minutes since midnight, each (from, up to), in order, not touching: half open, so that 9 to 17 ends at 17:00."""

WHOLE_DAY: Spans = ((0, DAY),)


@dataclass(frozen=True, slots=True, kw_only=True)
class Timetable:
    """`week` is seven days from Monday; `closed` are dates off, as days of the proleptic Gregorian calendar."""

    week: tuple[Spans, ...] = (WHOLE_DAY,) * 7
    closed: frozenset[int] = frozenset()

    def spans(self, day: int) -> Spans:
        """The open minutes of the date `day`, 0001-01-01 (a Monday) being 1."""
        return () if day in self.closed else self.week[(day - 1) % 7]

    def meets(self, other: "Timetable") -> bool:
        """Whether there is a day of the week on which both are open."""
        return any(spans and other_spans for spans, other_spans in zip(self.week, other.week, strict=True))

    @property
    def weekly(self) -> int:
        """Open minutes of a week without days off."""
        return sum(end - start for spans in self.week for start, end in spans)


ALWAYS = Timetable()
