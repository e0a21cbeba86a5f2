"""Turns the window of a rule (from, until, weekdays, hours) into conditions on `now`, in the installation's time zone.

Each of the four narrows the window independently, except for weekdays with hours that pass midnight: the night belongs
to the day on which it begins. `weekdays: [friday]` with `hours: ["22:00", "06:00"]` is Friday from 22:00 and Saturday
until 6:00, not the first six hours of Friday. `from` and `until` apply to such a night as to any other time.
"""

from collections.abc import Callable, Iterator, Mapping
from dataclasses import dataclass

from rules.conditions import All, AnyOf, Compare, Condition, Operator
from rules.errors import LiteralInvalid
from rules.syntax import literals
from rules.syntax.condition_parser import Notes
from rules.syntax.yaml_document import Node, Path
from rules.vocabulary import VOCABULARY, WEEKDAYS, Value


@dataclass(frozen=True, slots=True, kw_only=True)
class Hours:
    """Minutes of the day, from `opens` up to but without `closes`; they pass midnight if `opens` is the later."""

    opens: int
    closes: int


def window(raw: Mapping[str, Node], path: Path, notes: Notes) -> Iterator[Condition]:
    """The conditions of the window keys in a rule. `until` with a date alone includes the whole day, with a time it
    ends there. Values of a wrong type are skipped here: the shape of a rule has a finding for them.
    """
    parser = _WindowParser(raw, path, notes)
    start, end = parser.instant("from", literals.instant), parser.instant("until", _end)
    if start is not None:
        yield _starts(start)
    if end is not None:
        yield _ends(end)
    if start is not None and end is not None and start >= end:
        notes.add((*path, "until"), "empty-window", "the window is empty: it ends before it starts")
    days, hours = parser.days(), parser.hours()
    if days and hours and hours.opens > hours.closes:
        yield _nights(days, hours)
        return
    if days:
        yield _now("weekday", Operator.EQUALS, *days)
    if hours:
        yield _hours(hours)


@dataclass(frozen=True, slots=True)
class _WindowParser:
    raw: Mapping[str, Node]
    path: Path
    notes: Notes

    def instant(self, key: str, parse: Callable[[str], int]) -> int | None:
        text = self.raw.get(key)
        return self._parsed(key, parse, text) if isinstance(text, str) else None

    def days(self) -> tuple[str, ...]:
        """The weekdays; other words are skipped here: the shape of a rule has a finding for them."""
        days = self.raw.get("weekdays")
        return tuple(day for day in days if day in WEEKDAYS) if isinstance(days, list) else ()

    def hours(self) -> Hours | None:
        texts = self.raw.get("hours")
        if not isinstance(texts, list) or len(texts) != 2:  # noqa: PLR2004  # from and to
            return None
        opens, closes = (self._parsed("hours", literals.time, text) for text in texts)
        if opens is None or closes is None:
            return None
        if opens == closes:
            self.notes.add((*self.path, "hours"), "empty-window", "the window is empty: it ends when it starts")
            return None
        return Hours(opens=opens, closes=closes)

    def _parsed(self, key: str, parse: Callable[[str], int], text: Node) -> int | None:
        try:
            return parse(text) if isinstance(text, str) else None
        except LiteralInvalid as error:
            self.notes.add((*self.path, key), error.code, f"{key}: {error}")
            return None


def _end(text: str) -> int:
    """The first second after the window, in the unit of `literals.instant`."""
    return literals.instant(text) + (literals.SECONDS_A_DAY if literals.is_date(text) else 0)


def _now(name: str, operator: Operator, *operands: Value) -> Compare:
    return Compare(fact=VOCABULARY[f"now.{name}"], operator=operator, operands=operands)


def _starts(instant: int) -> Condition:
    day, minute = divmod(instant // 60, 1_440)
    if not minute:
        return _now("date", Operator.AT_LEAST, day)
    later_day = _now("date", Operator.MORE_THAN, day)
    that_day = All(parts=(_now("date", Operator.EQUALS, day), _now("time", Operator.AT_LEAST, minute)))
    return AnyOf(parts=(later_day, that_day))


def _ends(instant: int) -> Condition:
    day, minute = divmod(instant // 60, 1_440)
    if not minute:
        return _now("date", Operator.AT_MOST, day - 1)
    that_day = All(parts=(_now("date", Operator.EQUALS, day), _now("time", Operator.LESS_THAN, minute)))
    return AnyOf(parts=(_now("date", Operator.LESS_THAN, day), that_day))


def _hours(hours: Hours) -> Condition:
    opens, closes = _now("time", Operator.AT_LEAST, hours.opens), _now("time", Operator.LESS_THAN, hours.closes)
    return All(parts=(opens, closes)) if hours.opens < hours.closes else AnyOf(parts=(opens, closes))


def days_after(days: tuple[Value, ...]) -> tuple[Value, ...]:
    """The day after each of these weekdays."""
    return tuple(WEEKDAYS[(WEEKDAYS.index(str(day)) + 1) % len(WEEKDAYS)] for day in days)


def _nights(days: tuple[str, ...], hours: Hours) -> Condition:
    """The nights that begin on these days: their evenings, and the mornings of the days after."""
    mornings = days_after(days)
    evening = (_now("weekday", Operator.EQUALS, *days), _now("time", Operator.AT_LEAST, hours.opens))
    morning = (_now("weekday", Operator.EQUALS, *mornings), _now("time", Operator.LESS_THAN, hours.closes))
    return AnyOf(parts=(All(parts=evening), All(parts=morning)))
