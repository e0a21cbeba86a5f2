"""The window of a rule in words: "From 1 November 2026 to 31 December 2026, on Saturdays and Sundays".

A window that an author writes as conditions on `now` under `when` is recognised by its form and explained in the same
words.
"""

from dataclasses import dataclass
from typing import TypeAlias, cast

from rules.conditions import All, AnyOf, Compare, Condition, Operator
from rules.syntax.literals import SECONDS_A_DAY
from rules.vocabulary import NODE_CLOCK, Value
from rules.window_conditions import days_after, window_conditions
from rules.windows import Window
from rules.wording import amounts
from rules.wording.catalogue import Catalogue

_Comparison: TypeAlias = tuple[str, Operator, tuple[Value, ...]]
"""The path of the fact, the operator and the operands: a Compare in a form that `match` takes."""


@dataclass(frozen=True, slots=True, kw_only=True)
class _Part:
    """One part of a window in words; if it is a first or a last day, that day as well."""

    text: str
    first: str = ""
    last: str = ""


def split_window(condition: Condition, catalogue: Catalogue) -> tuple[Condition, str]:
    """A rule's condition without its window, and the window in words ("" if there is none)."""
    conditions = condition.parts if isinstance(condition, All) else (condition,)
    parts = [(item, _parts(item, catalogue)) for item in conditions]
    others = tuple(item for item, its in parts if not its)
    texts = _texts([part for _, its in parts for part in its], catalogue)
    window = catalogue.join("commas", texts) if texts else ""
    return (others[0] if len(others) == 1 else All(parts=others)), window


def _texts(parts: list[_Part], catalogue: Catalogue) -> list[str]:
    """The text of each part; a first and a last day next to each other become one."""
    if len(parts) > 1 and parts[0].first and parts[1].last:
        days = catalogue.text("windows.from_to", first=parts[0].first, last=parts[1].last)
        return [days, *(part.text for part in parts[2:])]
    return [part.text for part in parts]


def _parts(condition: Condition, catalogue: Catalogue) -> list[_Part]:
    """The parts of a window; none if the condition is no window."""
    if not isinstance(condition, Compare) or condition.operator is not Operator.WITHIN:
        part = _part(condition, catalogue)
        return [] if part is None else [part]
    (window,) = cast("tuple[Window]", condition.operands)
    parts = [part for item in window_conditions(window, "now") if (part := _part(item, catalogue))]
    if condition.fact != NODE_CLOCK:
        return parts
    text = catalogue.join("commas", [part.text for part in parts])
    return [_Part(text=catalogue.text("windows.of_place", window=text))]


def _part(condition: Condition, catalogue: Catalogue) -> _Part | None:
    match condition:
        case Compare():
            return _days(_comparison(condition), catalogue)
        case AnyOf(parts=(Compare() as other_days, All(parts=(Compare() as that_day, Compare() as time)))):
            return _minute(_comparison(other_days), _comparison(that_day), _comparison(time), catalogue)
        case AnyOf(
            parts=(
                All(parts=(Compare() as evenings, Compare() as opens)),
                All(parts=(Compare() as mornings, Compare() as closes)),
            )
        ):
            return _nights(
                _comparison(evenings), _comparison(opens), _comparison(mornings), _comparison(closes), catalogue
            )
        case (
            All(parts=(Compare() as opens, Compare() as closes))
            | AnyOf(parts=(Compare() as opens, Compare() as closes))
        ):
            overnight = isinstance(condition, AnyOf)
            return _hours(_comparison(opens), _comparison(closes), catalogue, overnight=overnight)
    return None


def _comparison(comparison: Compare) -> _Comparison:
    return comparison.fact.path, comparison.operator, comparison.operands


def _days(comparison: _Comparison, catalogue: Catalogue) -> _Part | None:
    """A first day, a last day, or days of the week."""
    match comparison:
        case ("now.date", Operator.AT_LEAST, (int() as ordinal,)):
            day = amounts.date(ordinal, catalogue)
            return _Part(text=catalogue.text("windows.from", start=day), first=day)
        case ("now.date", Operator.AT_MOST, (int() as ordinal,)):
            day = amounts.date(ordinal, catalogue)
            return _Part(text=catalogue.text("windows.until_day", last=day), last=day)
        case ("now.weekday", Operator.EQUALS, weekdays):
            return _Part(text=_weekdays(weekdays, catalogue))
    return None


def _weekdays(weekdays: tuple[Value, ...], catalogue: Catalogue) -> str:
    names = [catalogue.text(f"windows.weekday_names.{weekday}") for weekday in weekdays]
    return catalogue.text("windows.weekdays", weekdays=catalogue.join("weekdays", names))


def _minute(other_days: _Comparison, that_day: _Comparison, time: _Comparison, catalogue: Catalogue) -> _Part | None:
    """From or until a minute: any later (earlier) day, or that day from (until) that time."""
    match other_days, that_day, time:
        case (
            ("now.date", beyond, (int() as ordinal,)),
            ("now.date", Operator.EQUALS, (int() as same,)),
            ("now.time", bound, (int() as minute,)),
        ) if ordinal == same:
            text = amounts.instant(ordinal * SECONDS_A_DAY + minute * 60, catalogue)
            if (beyond, bound) == (Operator.MORE_THAN, Operator.AT_LEAST):
                return _Part(text=catalogue.text("windows.from", start=text))
            if (beyond, bound) == (Operator.LESS_THAN, Operator.LESS_THAN):
                return _Part(text=catalogue.text("windows.until", end=text))
    return None


def _hours(opens: _Comparison, closes: _Comparison, catalogue: Catalogue, *, overnight: bool) -> _Part | None:
    match opens, closes:
        case (
            ("now.time", Operator.AT_LEAST, (int() as start,)),
            ("now.time", Operator.LESS_THAN, (int() as end,)),
        ) if (start > end) is overnight and start != end:
            key = "windows.overnight" if overnight else "windows.hours"
            hours = {"opens": amounts.time(start, catalogue), "closes": amounts.time(end, catalogue)}
            return _Part(text=catalogue.text(key, **hours))
    return None


def _nights(
    evenings: _Comparison, opens: _Comparison, mornings: _Comparison, closes: _Comparison, catalogue: Catalogue
) -> _Part | None:
    """The evenings of some weekdays, each with the morning of the day after."""
    match evenings, opens, mornings, closes:
        case (
            ("now.weekday", Operator.EQUALS, weekdays),
            ("now.time", Operator.AT_LEAST, (int() as start,)),
            ("now.weekday", Operator.EQUALS, next_days),
            ("now.time", Operator.LESS_THAN, (int() as end,)),
        ) if start > end and next_days == days_after(weekdays):
            text = catalogue.text(
                "windows.weekday_nights",
                weekdays=_weekdays(weekdays, catalogue),
                opens=amounts.time(start, catalogue),
                closes=amounts.time(end, catalogue),
            )
            return _Part(text=text)
    return None
