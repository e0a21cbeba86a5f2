"""`python -m tests.fuzz.clock_changes` goes over every change of every clock in tzdata, and looks whether what begins
then begins once and what ends then ends once: windows of rules, opening hours and cut-offs.
"""

import itertools
import random
import sys
from collections.abc import Iterator, Sequence

from engine.decide import rule_facts
from engine.decide.shipping.calendar import Calendar
from engine.model.timetable import Timetable
from engine.model.wall_clock import WallClock, wall_clock
from rules.conditions import holds
from rules.syntax.windows import within
from rules.vocabulary import NODE_CLOCK
from rules.windows import DAY, Window, weekday
from tests.reference.clock_changes import EPOCH, ClockChange, changes, zones

DAY_SECONDS = 86_400


def faults(change: ClockChange, chance: random.Random) -> list[str]:
    """What is not as it should be around a change."""
    around = _minutes_around(change, chance)
    found = [*_faults_of_clock(change, around), *_faults_of_windows(change, around, chance)]
    return [f"{change}: {fault}" for fault in (*found, *_faults_of_calendar(change, chance))]


def _minutes_around(change: ClockChange, chance: random.Random) -> list[int]:
    """Instants at whole minutes near the change, and at the seconds around it."""
    near = [change.at + 60 * chance.randint(-1_600, 1_600) for _ in range(10)]
    return [change.at - 1, change.at, change.at + 1, *near, *(change.at + 900 * quarter for quarter in range(-9, 10))]


def _faults_of_clock(change: ClockChange, around: Sequence[int]) -> Iterator[str]:
    clock = WallClock(change.zone)
    for instant in around:
        local = change.local(instant)
        if clock.local(instant) != local:
            yield f"shows {clock.local(instant)} at {instant}, not {local}"
        for other in (local, local - 1_800, local + 3_600):
            if (clock.first(other), clock.last(other)) != (change.first(other), change.last(other)):
                yield f"{other} is {clock.first(other)} and {clock.last(other)}"
        reading = clock.reading(instant)
        for minute in (reading.latest, reading.latest + 1, reading.earliest, reading.earliest + 1, local // 60):
            second = minute * 60
            if (reading.latest >= minute) != (change.first(second) <= instant):
                yield f"{instant} is read as {reading}, first of {minute}"
            if (reading.earliest >= minute) != (change.last(second) <= instant):
                yield f"{instant} is read as {reading}, last of {minute}"


def _windows(change: ClockChange, chance: random.Random) -> list[Window]:
    """Windows that open or close near the change."""
    shown = [(EPOCH + change.at + offset) // 60 for offset in (change.before, change.after)]
    edge, other = (chance.choice(shown) + chance.choice((-60, -15, 0, 1, 15, 45)) for _ in range(2))
    day = weekday(edge // DAY)
    hours = {"opens": edge % DAY, "closes": other % DAY if other % DAY != edge % DAY else (other + 30) % DAY}
    return [
        Window(start=edge),
        Window(end=edge),
        Window(**hours),
        Window(weekdays=(day,), **hours),
        Window(weekdays=(day,)),
    ]


def _is_open(window: Window, change: ClockChange, instant: int) -> bool:
    """By the instants at which the window opens and closes."""
    if window.start is not None:
        return change.first(window.start * 60) <= instant
    if window.end is not None:
        return instant < change.last(window.end * 60)
    closes = window.closes + (DAY if window.passes_midnight else 0)
    today = change.local(instant) // DAY_SECONDS
    return any(
        change.first((day * DAY + window.opens) * 60) <= instant < change.last((day * DAY + closes) * 60)
        for day in range(today - 2, today + 3)
        if not window.weekdays or weekday(day) in window.weekdays
    )


def _faults_of_windows(change: ClockChange, around: Sequence[int], chance: random.Random) -> Iterator[str]:
    clock = wall_clock(change.zone)
    for window in _windows(change, chance):
        condition = within(NODE_CLOCK, window)
        for instant in around:
            opened = holds(condition, rule_facts.node_clock_facts(clock, instant))
            if opened is not _is_open(window, change, instant):
                yield f"{window} at {instant} is open: {opened}"


def _faults_of_calendar(change: ClockChange, chance: random.Random) -> Iterator[str]:
    """The days around the change, of a timetable that opens and closes near it."""
    local = (EPOCH + change.at + chance.choice((change.before, change.after))) // 60 % DAY
    edges = sorted({*(min(DAY, max(0, local + chance.choice((-90, -30, 0, 15, 60)))) for _ in range(3)), 0, DAY})
    spans = tuple(zip(edges[::2], edges[1::2], strict=False))
    calendar = Calendar(Timetable(week=(spans,) * 7), change.zone)
    today = change.local(change.at) // DAY_SECONDS
    opened = [interval for day in range(today - 2, today + 3) for interval in calendar.open_on(day)]
    if any(first[1] > second[0] for first, second in itertools.pairwise(opened)):
        yield f"open twice at once: {opened}"
    for instant in (change.at + 60 * minute for minute in range(-180, 180, 7)):
        expected = any(
            change.first(day * DAY_SECONDS + opens * 60) <= instant < change.last(day * DAY_SECONDS + closes * 60)
            for day in range(today - 2, today + 3)
            for opens, closes in spans
        )
        if any(start <= instant < end for start, end in opened) is not expected:
            yield f"{spans} at {instant}: open is not {expected}"
    minute = chance.randint(0, DAY)
    if calendar.last_call(today, minute) != change.last(today * DAY_SECONDS + minute * 60):
        yield f"the last call of {minute}"


def spans_midnight(change: ClockChange) -> bool:
    """Whether the clock is put back from one date to the one before."""
    shown = [EPOCH + change.at + offset for offset in (change.before, change.after)]
    return shown[0] // DAY_SECONDS > shown[1] // DAY_SECONDS and bool(shown[0] % DAY_SECONDS)


def main() -> None:
    """Print what is not as it should be, and exit with 1 if anything is not."""
    chance, count, wrong = random.Random(0), 0, 0
    for zone in zones():
        for change in changes(zone):
            count += 1
            for fault in faults(change, chance):
                wrong += 1
                print(fault, file=sys.stderr)  # noqa: T201  # what is run is no library
    print(f"{count:,} changes of {len(zones())} clocks: {wrong} faults")  # noqa: T201
    sys.exit(1 if wrong else 0)


if __name__ == "__main__":
    main()
