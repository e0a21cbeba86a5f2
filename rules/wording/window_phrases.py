"""The window of a rule as a sentence: "From 1 November 2026 to 31 December 2026, on Saturdays and Sundays".

A rule keeps its window as conditions on now (see `windows`); here they are told from the others by their form alone, so
whoever writes the same condition under `when` reads the same.
"""

from dataclasses import dataclass
from typing import TypeAlias

from rules.conditions import All, AnyOf, Compare, Condition, Operator
from rules.syntax.literals import SECONDS_A_DAY
from rules.syntax.windows import days_after
from rules.vocabulary import Value
from rules.wording import amounts
from rules.wording.bilingual import Said
from rules.wording.comparison_phrases import listed
from rules.wording.fact_phrases import CHOICES

_FROM_TO = Said("from {} to {}", "du {} au {}")
_FROM = Said("from {} on", "à partir du {}")
_UNTIL_DAY = Said("up to and including {}", "jusqu'au {} inclus")
_UNTIL = Said("until {}", "jusqu'au {}")
_HOURS = Said("between {} and {}", "entre {} et {}")
_NIGHT = Said("between {} and {} of the next day", "entre {} et {} le lendemain")
_NIGHTS = Said("{}, from {} to {} of the next day", "{}, de {} à {} le lendemain")
_DAYS = Said("on {}", "le {}")

_Word: TypeAlias = tuple[str, Operator, tuple[Value, ...]]


@dataclass(frozen=True, slots=True, kw_only=True)
class _Moment:
    """One of a window's parts: its words, and the day alone where it is the first or last of them."""

    text: str
    first: str = ""
    last: str = ""


def window(condition: Condition, language: str) -> tuple[Condition, str]:
    """What of a rule's condition is no window, and the window in words ("" if there is none)."""
    parts = condition.parts if isinstance(condition, All) else (condition,)
    found = [(part, _moment(part, language)) for part in parts]
    rest = tuple(part for part, moment in found if moment is None)
    moments = [moment for _, moment in found if moment is not None]
    return (rest[0] if len(rest) == 1 else All(parts=rest)), ", ".join(_joined(moments, language))


def _joined(moments: list[_Moment], language: str) -> list[str]:
    """A first and a last day next to each other are one stretch."""
    if len(moments) > 1 and moments[0].first and moments[1].last:
        stretch = _FROM_TO.to(language).format(moments[0].first, moments[1].last)
        return [stretch, *(moment.text for moment in moments[2:])]
    return [moment.text for moment in moments]


def _moment(part: Condition, language: str) -> _Moment | None:
    match part:
        case Compare():
            return _day(_word(part), language)
        case AnyOf(parts=(Compare() as other, All(parts=(Compare() as that_day, Compare() as time)))):
            return _instant(_word(other), _word(that_day), _word(time), language)
        case AnyOf(
            parts=(
                All(parts=(Compare() as days, Compare() as opens)),
                All(parts=(Compare() as mornings, Compare() as closes)),
            )
        ):
            return _nights(_word(days), _word(opens), _word(mornings), _word(closes), language)
        case (
            All(parts=(Compare() as opens, Compare() as closes))
            | AnyOf(parts=(Compare() as opens, Compare() as closes))
        ):
            return _hours(_word(opens), _word(closes), language, over_midnight=isinstance(part, AnyOf))
    return None


def _word(comparison: Compare) -> _Word:
    return comparison.fact.path, comparison.operator, comparison.operands


def _day(word: _Word, language: str) -> _Moment | None:
    match word:
        case ("now.date", Operator.AT_LEAST, (int() as ordinal,)):
            day = amounts.day(ordinal, language)
            return _Moment(text=_FROM.to(language).format(day), first=day)
        case ("now.date", Operator.AT_MOST, (int() as ordinal,)):
            day = amounts.day(ordinal, language)
            return _Moment(text=_UNTIL_DAY.to(language).format(day), last=day)
        case ("now.weekday", Operator.EQUALS, days):
            return _Moment(text=_weekdays(days, language))
    return None


def _weekdays(days: tuple[Value, ...], language: str) -> str:
    names = [CHOICES[str(name)].to(language) + ("s" if language == "en" else "") for name in days]
    joined = " et le ".join(names) if language == "fr" else listed(names, "and")
    return _DAYS.to(language).format(joined)


def _instant(other: _Word, that_day: _Word, time: _Word, language: str) -> _Moment | None:
    """From or until a minute: any later (earlier) day, or that day from (until) then."""
    match other, that_day, time:
        case (
            ("now.date", side, (int() as ordinal,)),
            ("now.date", Operator.EQUALS, (int() as same,)),
            ("now.time", bound, (int() as minute,)),
        ) if ordinal == same and (side, bound) in _SIDES:
            text = amounts.instant(ordinal * SECONDS_A_DAY + minute * 60, language)
            return _Moment(text=_SIDES[side, bound].to(language).format(text))
    return None


_SIDES = {
    (Operator.MORE_THAN, Operator.AT_LEAST): _FROM,
    (Operator.LESS_THAN, Operator.LESS_THAN): _UNTIL,
}


def _hours(opens: _Word, closes: _Word, language: str, *, over_midnight: bool) -> _Moment | None:
    match opens, closes:
        case (
            ("now.time", Operator.AT_LEAST, (int() as start,)),
            ("now.time", Operator.LESS_THAN, (int() as end,)),
        ) if (start > end) is over_midnight and start != end:
            said = _NIGHT if over_midnight else _HOURS
            return _Moment(text=said.to(language).format(amounts.clock(start), amounts.clock(end)))
    return None


def _nights(days: _Word, opens: _Word, mornings: _Word, closes: _Word, language: str) -> _Moment | None:
    """The evenings of some weekdays, each with the morning after."""
    match days, opens, mornings, closes:
        case (
            ("now.weekday", Operator.EQUALS, begins),
            ("now.time", Operator.AT_LEAST, (int() as start,)),
            ("now.weekday", Operator.EQUALS, ends),
            ("now.time", Operator.LESS_THAN, (int() as end,)),
        ) if start > end and ends == days_after(begins):
            hours = amounts.clock(start), amounts.clock(end)
            return _Moment(text=_NIGHTS.to(language).format(_weekdays(begins, language), *hours))
    return None
