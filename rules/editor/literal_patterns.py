"""The values authors write, as JSON Schema: what `literals` reads, said as patterns and ranges.

An editor takes `12` for a number, `true` for a truth and `2.5 kg` for a string (the core schema of YAML 1.2), so an
amount without a unit is a range, and a pattern besides for whoever quotes it. Patterns keep to what ECMAScript (with
the u flag) and Python mean alike.
"""

from collections.abc import Mapping
from typing import Any

from rules.effects import FULL_SHARE
from rules.syntax import literals
from rules.vocabulary import Kind

Shape = dict[str, Any]

_DECIMALS = 9
"""Decimals an author may write."""
_DIGITS = 15
_MOST = 10**_DIGITS
_GAP = r"[ \t\n\r\f\v]*"
_CURRENCY = "(?:[A-Z]{3})?"
_MONTHS_AND_DAYS = (
    "(?:0[13578]|1[02])-(?:0[1-9]|[12][0-9]|3[01])",
    "(?:0[469]|11)-(?:0[1-9]|[12][0-9]|30)",
    "02-(?:0[1-9]|1[0-9]|2[0-9])",
)
"""Which Februaries have a 29th is left to the reader."""
_DAY = f"(?!0000)[0-9]{{4}}-(?:{'|'.join(_MONTHS_AND_DAYS)})"
_CLOCK = r"(?:(?:[01][0-9]|2[0-3]):[0-5][0-9]|24:00)"
_TEXTS: Mapping[Kind, str] = {Kind.DATE: _DAY, Kind.TIME: _CLOCK, Kind.INSTANT: f"{_DAY}(?:[ T]{_CLOCK})?"}
_UNITS: Mapping[Kind, Mapping[str, int]] = {
    Kind.COUNT: {"": 1},
    Kind.NUMBER: {"": literals.MICROS},
    Kind.MONEY: {_CURRENCY: literals.MICROS},
    Kind.WEIGHT: literals.WEIGHT_UNITS,
    Kind.DISTANCE: literals.DISTANCE_UNITS,
    Kind.DURATION: literals.DURATION_UNITS,
    Kind.CARBON: literals.CARBON_UNITS,
}
"""What one of each unit counts, by how the unit is written (a pattern)."""
_UNITLESS = frozenset({Kind.COUNT, Kind.NUMBER, Kind.MONEY})
_EXAMPLES: Mapping[Kind, str] = {
    Kind.COUNT: "12",
    Kind.NUMBER: "12.5",
    Kind.MONEY: "4.00 EUR",
    Kind.WEIGHT: "2.5 kg",
    Kind.DISTANCE: "300 km",
    Kind.DURATION: "48 h",
    Kind.CARBON: "250 g",
    Kind.DATE: "2026-11-01",
    Kind.TIME: '"08:00", in quotes',
    Kind.INSTANT: '"2026-11-27 18:00"',
}
SCALAR: Shape = {"not": {"type": ["null", "array", "object"]}}
"""Any word. An editor may take it for a number or a truth; to us it is what is written."""
WORD: Shape = {**SCALAR, "pattern": r"[^ \t\n\r\f\v]"}
"""One that is not blank."""
UNQUOTED: Shape = {"not": {"type": ["null", "array", "object", "string"]}}
"""A word that an editor takes for a number or a truth."""


def literal(kind: Kind, *, low: int | None = 0, high: int | None = None) -> Shape:
    """A value of this kind from `low` to `high`, both in the kind's unit; None: no bound of its own."""
    if kind in (Kind.WORD, Kind.TAGS, Kind.CHOICE):
        return WORD
    if kind is Kind.FLAG:
        return {"anyOf": [{"type": "boolean"}, {"type": "string", "pattern": "^(?:true|false)$"}]}
    if kind in _TEXTS:
        return _text(f"^{_TEXTS[kind]}$", kind)
    amounts = "|".join(f"{_amount(factor, low, high)}{_GAP}{unit}" for unit, factor in _UNITS[kind].items())
    text = _text(rf"^\s*(?:{amounts})\s*$", kind)
    if kind not in _UNITLESS:
        return text
    (factor,) = _UNITS[kind].values()
    return {"anyOf": [_number(kind, factor, low, high), text]}


def _text(pattern: str, kind: Kind) -> Shape:
    return {"type": "string", "pattern": pattern, "patternErrorMessage": f"write for example {_EXAMPLES[kind]}"}


def _number(kind: Kind, factor: int, low: int | None, high: int | None) -> Shape:
    most = _MOST - (kind is Kind.COUNT)
    return {
        "type": "integer" if kind is Kind.COUNT else "number",
        "minimum": -most if low is None else low // factor,
        "maximum": most if high is None else high // factor,
    }


def _amount(factor: int, low: int | None, high: int | None) -> str:
    """A decimal number that comes out whole when taken `factor` times, from `low` (None, 0 or 1) to `high`."""
    fraction, none = f"(?:{_fraction(factor)})?", rf"(?:\.0{{1,{_DECIMALS}}})?"
    if high is None:
        size = f"(?:0|[1-9][0-9]{{0,{_DIGITS - 1}}}){fraction}"
    else:
        whole = high // factor
        size = f"(?:(?:{_up_to(whole - 1)}){fraction}|{whole}{none})"
    if low is None:
        return f"[+-]?{size}"
    if low:
        return rf"(?!\+?0{none}(?![.0-9]))\+?{size}"
    return rf"(?:-0{none}|\+?{size})"


def _up_to(most: int) -> str:
    """The whole numbers from 0 to `most`, without leading zeros."""
    digits = str(most)
    shorter = ["0", *(["[1-9]" + _several(len(digits) - 2)] if len(digits) > 1 else [])]
    lower = []
    for index, digit in enumerate(digits):
        least = 0 if index else 1
        if int(digit) > least:
            lower.append(f"{digits[:index]}[{least}-{int(digit) - 1}]{_exactly(len(digits) - index - 1)}")
    return "|".join(dict.fromkeys([*shorter, *lower, digits]))


def _several(most: int) -> str:
    return f"[0-9]{{0,{most}}}" if most else ""


def _exactly(count: int) -> str:
    return f"[0-9]{{{count}}}" if count else ""


def _fraction(factor: int) -> str:
    r"""The decimals of numbers that come out whole when taken `factor` times: `\.[0-9]{1,3}0{0,6}` of kilograms in
    grams.

    Of `factor` only its twos and fives matter. Where there are as many of both, that many decimals are free; what is
    left over (the 16 in a day's minutes, 1,440 = 9 x 10 x 16) allows only its own multiples after them.
    """
    twos, fives = _times(2, factor), _times(5, factor)
    free, tail = min(twos, fives), max(twos, fives) - min(twos, fives)
    step = (5 if twos > fives else 2) ** tail
    found = [rf"\.[0-9]{{1,{free}}}0{{0,{_DECIMALS - free}}}" if free else rf"\.0{{1,{_DECIMALS}}}"]
    for value in range(step, 10**tail, step):
        digits = f"{value:0{tail}}".rstrip("0")
        found.append(rf"\.[0-9]{{{free}}}{digits}0{{0,{_DECIMALS - free - len(digits)}}}")
    return "|".join(found)


def _times(prime: int, number: int) -> int:
    return 1 + _times(prime, number // prime) if number % prime == 0 else 0


def one(value: Shape) -> Shape:
    """A value; a list of one is the same."""
    return {"anyOf": [value, {"type": "array", "items": value, "minItems": 1, "maxItems": 1}]}


def some(value: Shape) -> Shape:
    return {"anyOf": [value, {"type": "array", "items": value, "minItems": 1}]}


def words(words: list[bool | str], quoted: str) -> Shape:
    return {"anyOf": [{"enum": words}, {"type": "string", "pattern": f"^{quoted}$"}]}


MOMENT: Shape = {
    "type": "string",
    "pattern": f"^{_DAY}[ T]{_CLOCK}$",
    "patternErrorMessage": 'write a time with the date, for example "2026-11-27 18:00", or at_least and less_than',
}
"""A date with a time: where a date alone would leave open which moment of the day is meant."""
SHARE: Shape = {
    "type": "string",
    "pattern": rf"^\s*{_amount(100, 0, FULL_SHARE)}{_GAP}%\s*$",
    "patternErrorMessage": "write for example 10%",
}
