"""Conditions and effects as authors write them in policy files, on one line: the inverse of the parser.

Amounts have a decimal point and the units of the policy language, whatever language the author speaks.
"""

import datetime
import json
import re
from collections.abc import Callable, Iterator, Mapping

from rules.conditions import All, AnyOf, Compare, Condition, Not, Operator, Term
from rules.effects import (
    Disposition,
    Effect,
    EffectValue,
    Exclusion,
    LookaheadWeight,
    OtherSku,
    PromiseFrom,
    ShipmentLimit,
    UntilShipped,
    Uplift,
)
from rules.reserves import FULL_SHARE, Allotment, Cap, Protection, Reserve
from rules.syntax import literals
from rules.syntax.effect_parser import AMOUNT_KINDS, UNTIL_SHIPPED
from rules.vocabulary import Kind, Value
from rules.windows import DAY, Window
from rules.wording import amounts

_PLAIN = re.compile(r"(?!(?:true|false|null|yes|no|on|off)$)[A-Za-z][A-Za-z0-9_-]*", re.ASCII | re.IGNORECASE)
"""Words that no reader of YAML takes for anything but text, so they need no quotes."""


def condition_text(condition: Condition) -> str:
    """`node.type: store`; terms are written out."""
    match condition:
        case Compare():
            return _comparison(condition)
        case All(parts=(single,)) | AnyOf(parts=(single,)):
            return condition_text(single)
        case All(parts=parts):
            return f"all: [{_listed(parts)}]"
        case AnyOf(parts=parts):
            return f"any: [{_listed(parts)}]"
        case Not(part=Compare() as compared):
            return f"{compared.fact.path}: {{not: {_operation(compared)}}}"
        case Not(part=AnyOf(parts=parts)):
            return f"none: [{_listed(parts)}]"
        case Not(part=part):
            return f"none: [{_listed((part,))}]"
        case Term(condition=inner):
            return condition_text(inner)


def effect_text(effect: Effect) -> str:
    """`prefer: 4.00`."""
    return f"{effect.name}: {_effect_value(effect.name, effect.value)}"


def value_text(kind: Kind, value: Value) -> str:
    """A value as it is written beside a fact of its kind."""
    if isinstance(value, bool):
        return "true" if value else "false"
    if not isinstance(value, int):
        return _word(str(value))
    writer = _WRITERS.get(kind)
    return writer(value) if writer else str(value)


def _comparison(comparison: Compare) -> str:
    match comparison.operands:
        case (Window() as window,):
            return ", ".join(_window(window))
    return f"{comparison.fact.path}: {_operation(comparison)}"


def _window(window: Window) -> Iterator[str]:
    """The keys of a rule that give it this window."""
    if window.start is not None:
        yield f"from: {_edge(window.start)}"
    if window.end is not None:
        # a date alone as the end means all of that day
        yield f"until: {_edge(window.end if window.end % DAY else window.end - DAY)}"
    if window.weekdays:
        yield f"weekdays: [{', '.join(window.weekdays)}]"
    if (window.opens, window.closes) != (0, DAY):
        yield f'hours: ["{amounts.clock(window.opens)}", "{amounts.clock(window.closes)}"]'


def _edge(minute: int) -> str:
    day, time = divmod(minute, DAY)
    return f'"{_date(day)} {amounts.clock(time)}"' if time else _date(day)


def _listed(parts: tuple[Condition, ...]) -> str:
    return ", ".join(f"{{{condition_text(part)}}}" for part in parts)


def _operation(comparison: Compare) -> str:
    if comparison.other is not None:
        return f"{{{comparison.operator.value}: {comparison.other.path}}}"
    kind = Kind.FLAG if comparison.operator is Operator.KNOWN else comparison.fact.kind
    words = [value_text(kind, operand) for operand in comparison.operands]
    value = words[0] if len(words) == 1 else f"[{', '.join(words)}]"
    return value if comparison.operator is Operator.EQUALS else f"{{{comparison.operator.value}: {value}}}"


def _effect_value(name: str, value: EffectValue) -> str:
    match value:
        case Exclusion() | Disposition() | PromiseFrom() | OtherSku() | bool():
            return _effect_word(value)
        case Reserve():
            return _reserve(value)
        case Protection() | Allotment() | Cap():
            return f"{{{', '.join(f'{name}: {text}' for name, text in _fields(value))}}}"
        case ShipmentLimit(at_most=most):
            return f"{{at_most: {most}, unless_needed: true}}"
        case UntilShipped(extra=0):
            return UNTIL_SHIPPED
        case UntilShipped(extra=minutes):
            return f"{UNTIL_SHIPPED} + {_duration(minutes)}"
        case LookaheadWeight(share=share):
            return "on" if share == FULL_SHARE else _share(share)
        case Uplift() | int():
            return _amount(name, value)


_IN_DAYS = ("min_shelf_life", "target_cover")


def _amount(name: str, value: Uplift | int) -> str:
    if isinstance(value, Uplift):
        return _share(value.share)
    return _days(value) if name in _IN_DAYS else value_text(AMOUNT_KINDS[name], value)


def _effect_word(value: EffectValue) -> str:
    match value:
        case Disposition():
            return value.word
        case PromiseFrom():
            return value.name.lower()
        case OtherSku(sku=sku):
            return _word(sku)
        case False:
            return "false"
    return "unless_needed" if value is Exclusion.UNLESS_NEEDED else "true"


def _reserve(reserve: Reserve) -> str:
    if reserve.cover:
        return f"{{cover: {_days(reserve.cover)}}}"
    return _share(reserve.share) if reserve.share else str(reserve.units)


def _days(days: int) -> str:
    return f"{days} day{'s' * (days != 1)}"


def _size(reserve: Reserve) -> tuple[str, str]:
    """The size in a mapping that names a channel: its field and its text."""
    if reserve.cover:
        return "cover", _days(reserve.cover)
    return ("share", _share(reserve.share)) if reserve.share else ("units", str(reserve.units))


def _share(share: int) -> str:
    return f"{amounts.decimal(share, 100)}%"


def _fields(value: Protection | Allotment | Cap) -> Iterator[tuple[str, str]]:
    """The fields of a mapping that names a channel."""
    yield "channel", _word(value.channel)
    match value:
        case Protection(reserve=reserve):
            yield _size(reserve)
        case Cap(units=units):
            yield "units", str(units)
        case Allotment():
            size = _size(Reserve(units=value.units, share=value.share, cover=value.cover))
            bounded = value.least or value.most is not None
            yield ("share", _share(value.share)) if bounded and not value.cover else size
            yield from (("min", str(value.least)),) if value.least else ()
            yield from (("max", str(value.most)),) if value.most is not None else ()
            yield "per", value.per


def _measure(kind: Kind, value: int) -> str:
    size, unit = amounts.largest_unit(kind, value)
    return f"{amounts.decimal(value, size)} {unit}"


def _duration(minutes: int) -> str:
    return f"{minutes} min" if minutes % 60 else f"{minutes // 60} h"


def _time(minutes: int) -> str:
    return f'"{amounts.clock(minutes)}"'


def _date(day: int) -> str:
    return datetime.date.fromordinal(day).isoformat()


def _instant(seconds: int) -> str:
    day, second = divmod(seconds, literals.SECONDS_A_DAY)
    return f'"{_date(day)} {amounts.clock(second // 60)}"'


def _word(text: str) -> str:
    return text if _PLAIN.fullmatch(text) else json.dumps(text, ensure_ascii=False)


_WRITERS: Mapping[Kind, Callable[[int], str]] = {
    Kind.NUMBER: lambda value: amounts.decimal(value, literals.MICROS),
    Kind.MONEY: lambda value: amounts.decimal(value, literals.MICROS, places=2),
    Kind.WEIGHT: lambda value: _measure(Kind.WEIGHT, value),
    Kind.DISTANCE: lambda value: _measure(Kind.DISTANCE, value),
    Kind.CARBON: lambda value: f"{amounts.decimal(value, literals.CARBON_UNITS['g'])} g",
    Kind.SHARE: _share,
    Kind.DURATION: _duration,
    Kind.DATE: _date,
    Kind.TIME: _time,
    Kind.INSTANT: _instant,
}
