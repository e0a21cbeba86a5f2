"""One value that was found becomes one of ours, or one of ours becomes theirs: letters, words, tables, units, dates."""

import fnmatch
from collections.abc import Mapping
from decimal import ROUND_HALF_EVEN, Context, Decimal
from typing import Any

from api.connectors.fields import dates, numbers
from api.connectors.fields.found import BadField
from api.connectors.language.connector import FieldMapping
from api.connectors.language.units import UNITS

Tables = Mapping[str, Mapping[str, Any]]
"""Lookup tables by their names: what stands there for a text."""
_WHOLE_UNITS = frozenset(UNITS) - {"cents"}
"""Units whose ours are counted in whole ones: grams and millimetres."""
_EXACT = Context(prec=3 * numbers.MOST_DIGITS)
_PLACES = Decimal("0.000001")
"""To which a value of ours is rounded in a unit of theirs in which it has no end."""
_FLAGS = {"true": True, "false": False, "1": True, "0": False}
_SHOWN = 60


def text_of(value: Any, path: str) -> str:
    """A single value as text; raises BadField."""
    match value:
        case str():
            return value
        case bool():
            return str(value).lower()
        case int() | Decimal():
            return numbers.written(value, "")
        case list():
            raise BadField(
                path, f"there are {len(value)} of these; say which one is meant, by [0] at the end for example"
            )
    raise BadField(path, "an object is there, and one value is expected")


def converted(mapping: FieldMapping, value: Any, path: str, tables: Tables, times: int | Decimal | None) -> Any:
    """What the mapping makes of a value that came in; None if nothing is left of it. Raises BadField."""
    if mapping.type == "words":
        return _words(mapping, value, path, tables)
    if mapping.type == "any" and not _changes_text(mapping) and not isinstance(value, list):
        return value
    if not _changes_text(mapping) and not isinstance(value, str | list | dict):
        known: Any = value
    else:
        known = translated(mapping, text_of(value, path), path, tables)
    if known is None or known == "":
        return None
    return typed(mapping, known, path, times)


def written(mapping: FieldMapping, value: Any, path: str, tables: Tables, times: int | Decimal | None) -> Any:
    """What the mapping makes of a value of ours, in the form in which others read it. Raises BadField."""
    if isinstance(value, list) and mapping.split is not None:
        return mapping.split.join(text_of(item, path) for item in value)
    if _changes_text(mapping):
        value = translated(mapping, text_of(value, path), path, tables)
    if value is None:
        return None
    try:
        if mapping.type == "number" and isinstance(value, str):
            value = numbers.number_of(value, "")
        if mapping.type == "flag":
            return _flag(value, path)
        if mapping.unit is not None or times is not None or mapping.times is not None:
            value = _in_unit(mapping, numbers.number_of(value, ""), times)
        if (
            mapping.decimal
            and mapping.decimal != "."
            and isinstance(value, Decimal | int)
            and not isinstance(value, bool)
        ):
            return numbers.written(value, mapping.decimal)
        if mapping.date is not None or mapping.zone is not None:
            return dates.written(text_of(value, path), form=mapping.date, zone=mapping.zone)
    except (numbers.NoNumber, dates.NoDate) as error:
        raise BadField(path, f"'{shown(value)}' {error}") from None
    return value


def literal(mapping: FieldMapping, text: str) -> Any:
    """A value that the connector's file says itself, in our words and forms. Raises BadField."""
    plain = FieldMapping(at=mapping.at, type=mapping.type, split=mapping.split, zone=mapping.zone, decimal=".")
    return _words(plain, text, "", {}) if mapping.type == "words" else typed(plain, text, "", None)


def translated(mapping: FieldMapping, text: str, path: str, tables: Tables) -> Any:
    """Cut, stripped, in capitals, and in the words of the other side, or what a table has for it; None if nothing is
    left.
    """
    if any(fnmatch.fnmatchcase(text.strip(), glob) for glob in mapping.unless):
        return None
    if mapping.between:
        text = _between(text, *mapping.between)
    if mapping.cut is not None:
        text = text[mapping.cut[0] - 1 : mapping.cut[1]]
    text = text.strip()
    if mapping.strip and text:
        text = text.lstrip(mapping.strip) or text[-1]
    if mapping.upper:
        text = text.upper()
    if not text:
        return None
    if mapping.words:
        text = _known(mapping.words, text, path, mapping.otherwise, "none of the `words`")
    if mapping.lookup is not None:
        text = _known(tables[mapping.lookup], text, path, mapping.otherwise, f"not in the table '{mapping.lookup}'")
    return text


def typed(mapping: FieldMapping, value: Any, path: str, times: int | Decimal | None) -> Any:
    """The value as its type has it. Raises BadField."""
    try:
        match mapping.type:
            case "number":
                return _from_unit(mapping, numbers.number_of(value, mapping.decimal), times)
            case "instant":
                return dates.instant_of(
                    text_of(value, path), form=mapping.date, zone=mapping.zone, time=mapping.time, twice=mapping.twice
                )
            case "date":
                return dates.day_of(text_of(value, path), form=mapping.date, zone=mapping.zone)
            case "flag":
                return _flag(value, path)
            case "text":
                return text_of(value, path)
    except (numbers.NoNumber, dates.NoDate) as error:
        raise BadField(path, f"'{shown(value)}' {error}") from None
    return value


def shown(value: Any) -> str:
    text = str(value)
    return text if len(text) <= _SHOWN else text[:_SHOWN] + "..."


def _changes_text(mapping: FieldMapping) -> bool:
    if mapping.unless or mapping.between:
        return True
    return bool(mapping.cut or mapping.strip or mapping.upper or mapping.words or mapping.lookup is not None)


def _between(text: str, before: str, behind: str) -> str:
    """Empty if they are not both there."""
    _, found, rest = text.partition(before)
    inner, ends, _ = rest.partition(behind)
    return inner if found and ends else ""


def _words(mapping: FieldMapping, value: Any, path: str, tables: Tables) -> list[str] | None:
    items = (
        value if isinstance(value, list) else text_of(value, path).split(mapping.split) if mapping.split else [value]
    )
    found = (translated(mapping, text_of(item, path), path, tables) for item in items)
    return [text for text in found if text] or None


def _known(words: Mapping[str, Any], text: str, path: str, otherwise: str | None, reason: str) -> Any:
    known = words.get(text, otherwise)
    if known is None:
        raise BadField(path, f"'{shown(text)}' is {reason}")
    return known


def _flag(value: Any, path: str) -> bool:
    flag = value if isinstance(value, bool) else _FLAGS.get(text_of(value, path).lower())
    if flag is None:
        raise BadField(path, f"'{shown(value)}' is neither true nor false; say by `words` what it means")
    return flag


def _from_unit(mapping: FieldMapping, number: int | Decimal, times: int | Decimal | None) -> int | Decimal:
    number = _multiplied(mapping, number, times)
    if mapping.unit is None:
        return number
    ours = _EXACT.multiply(Decimal(number), UNITS[mapping.unit])
    if mapping.unit in _WHOLE_UNITS:
        ours = ours.to_integral_value(ROUND_HALF_EVEN)
    return numbers.plain_number(ours)


def _in_unit(mapping: FieldMapping, number: int | Decimal, times: int | Decimal | None) -> int | Decimal:
    number = _multiplied(mapping, number, times)
    if mapping.unit is None:
        return number
    theirs = _EXACT.divide(Decimal(number), UNITS[mapping.unit])
    rounded = theirs.quantize(_PLACES, ROUND_HALF_EVEN, _EXACT)
    return numbers.plain_number(Decimal(format(rounded.normalize(_EXACT), "f")))


def _multiplied(mapping: FieldMapping, number: int | Decimal, times: int | Decimal | None) -> int | Decimal:
    for factor in (mapping.times, times):
        if factor is not None:
            number = numbers.plain_number(_EXACT.multiply(Decimal(number), Decimal(factor)))
    return number
