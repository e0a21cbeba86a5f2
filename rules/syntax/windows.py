"""Parses the window of a rule: from, until, weekdays, hours.

`from` and `until` are on the installation's clock. Weekdays and hours are on the clock of the node, if all that the
rule does concerns nodes, and on the installation's otherwise. Each narrows the window independently, except for
weekdays with hours that pass midnight: the night belongs to the day on which it begins. `weekdays: [friday]` with
`hours: ["22:00", "06:00"]` is Friday from 22:00 and Saturday until 6:00, not the first six hours of Friday. `from` and
`until` apply to such a night as to any other time.
"""

from collections.abc import Callable, Collection, Iterator, Mapping
from dataclasses import dataclass

from rules.conditions import Compare, Condition, Operator
from rules.errors import LiteralInvalid
from rules.syntax import literals
from rules.syntax.condition_parser import Notes
from rules.syntax.yaml_document import Node, Path
from rules.vocabulary import NODE_CLOCK, NOW_CLOCK, Fact, Stage, stage_knows
from rules.windows import DAY, WEEKDAYS, Window


@dataclass(frozen=True, slots=True, kw_only=True)
class Hours:
    """Minutes of the day, from `opens` up to but without `closes`; they pass midnight if `opens` is the later."""

    opens: int = 0
    closes: int = DAY


def window(raw: Mapping[str, Node], path: Path, notes: Notes, stages: Collection[Stage]) -> Iterator[Condition]:
    """The conditions of the window keys in a rule with effects at these stages. `until` with a date alone includes the
    whole day, with a time it ends there. Values of a wrong type are skipped here: the shape of a rule has a finding for
    them.
    """
    parser = _WindowParser(raw, path, notes)
    start, end = parser.instant("from", literals.instant), parser.instant("until", _end)
    if start is not None:
        yield within(NOW_CLOCK, Window(start=start))
    if end is not None:
        yield within(NOW_CLOCK, Window(end=end))
    if start is not None and end is not None and start >= end:
        notes.add((*path, "until"), "empty-window", "the window is empty: it ends before it starts")
    days, hours = parser.days(), parser.hours()
    if days or hours:
        hours = hours or Hours()
        recurring = Window(weekdays=days, opens=hours.opens, closes=hours.closes)
        of_nodes = stages and all(stage_knows(stage, NODE_CLOCK) for stage in stages)
        yield within(NODE_CLOCK if of_nodes else NOW_CLOCK, recurring)


def within(clock: Fact, its_window: Window) -> Compare:
    return Compare(fact=clock, operator=Operator.WITHIN, operands=(its_window,))


@dataclass(frozen=True, slots=True)
class _WindowParser:
    raw: Mapping[str, Node]
    path: Path
    notes: Notes

    def instant(self, key: str, parse: Callable[[str], int]) -> int | None:
        """Minutes, as a ClockReading has them."""
        text = self.raw.get(key)
        seconds = self._parsed(key, parse, text) if isinstance(text, str) else None
        return None if seconds is None else seconds // 60

    def days(self) -> tuple[str, ...]:
        """The weekdays; other words are skipped here: the shape of a rule has a finding for them."""
        days = self.raw.get("weekdays")
        return tuple(str(day) for day in days if day in WEEKDAYS) if isinstance(days, list) else ()

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
