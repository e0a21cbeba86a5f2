"""The window of a rule (from, until, weekdays, hours) as conditions on now, in the installation's time zone."""

from collections.abc import Callable, Iterator
from typing import Any

from rules import literals
from rules.conditions import All, AnyOf, Compare, Condition, Operator
from rules.errors import LiteralInvalid
from rules.parsing import Notes
from rules.reading import Node, Path
from rules.vocabulary import VOCABULARY, Value


def window(raw: dict[str, Node], path: Path, notes: Notes) -> Iterator[Condition]:
    """One condition for each of the four that is written; `until` with a date alone counts the whole day, with
    a time ends there; hours that end before they start pass midnight. What has not the shape of a window is left
    out: the schema has a finding for it.
    """
    readers: dict[str, Callable[[Any], Condition]] = {
        "from": _starts,
        "until": _ends,
        "weekdays": lambda days: _now("weekday", Operator.EQUALS, *days),
        "hours": _hours,
    }
    for key, reader in readers.items():
        if _is_shaped(key, raw.get(key)):
            try:
                yield reader(raw[key])
            except LiteralInvalid as error:
                notes.add((*path, key), "bad-value", f"{key}: {error}")


def _is_shaped(key: str, value: Node) -> bool:
    if key in ("from", "until"):
        return isinstance(value, str)
    several = isinstance(value, list) and all(isinstance(item, str) for item in value)
    return several and (key == "weekdays" or len(value or ()) == 2)  # noqa: PLR2004  # from and to


def _now(name: str, operator: Operator, *operands: Value) -> Compare:
    return Compare(fact=VOCABULARY[f"now.{name}"], operator=operator, operands=operands)


def _starts(text: str) -> Condition:
    day, minute = divmod(literals.instant(text) // 60, 1_440)
    if not minute:
        return _now("date", Operator.AT_LEAST, day)
    later = _now("date", Operator.MORE_THAN, day)
    that_day = All(parts=(_now("date", Operator.EQUALS, day), _now("time", Operator.AT_LEAST, minute)))
    return AnyOf(parts=(later, that_day))


def _ends(text: str) -> Condition:
    day, minute = divmod(literals.instant(text) // 60, 1_440)
    if text.strip() == text[:10]:
        return _now("date", Operator.AT_MOST, day)
    that_day = All(parts=(_now("date", Operator.EQUALS, day), _now("time", Operator.LESS_THAN, minute)))
    return AnyOf(parts=(_now("date", Operator.LESS_THAN, day), that_day))


def _hours(hours: list[str]) -> Condition:
    start, end = (literals.time(text) for text in hours)
    if start == end:
        raise LiteralInvalid("the window is empty: it ends when it starts")
    opens, closes = _now("time", Operator.AT_LEAST, start), _now("time", Operator.LESS_THAN, end)
    return All(parts=(opens, closes)) if start < end else AnyOf(parts=(opens, closes))
