"""The values authors write, as JSON Schema: patterns and ranges that accept what `rules.syntax.literals` reads.

To an editor `12` is a number, `true` a boolean and `2.5 kg` a string (the core schema of YAML 1.2). An amount without a
unit is therefore a range of numbers, or a string with a pattern for authors who put it in quotes. The patterns use only
what means the same in ECMAScript (with the u flag) and in Python.
"""

from collections.abc import Mapping
from typing import Any

from rules.reserves import FULL_SHARE
from rules.syntax import literals
from rules.vocabulary import Kind

Shape = dict[str, Any]

_DECIMALS = 9
"""The most decimals an author may write."""
_DIGITS = 15
_MOST = 10**_DIGITS
_GAP = r"[ \t\n\r\f\v]*"
_CURRENCY = "(?:[A-Z]{3})?"
_MONTHS_AND_DAYS = (
    "(?:0[13578]|1[02])-(?:0[1-9]|[12][0-9]|3[01])",
    "(?:0[469]|11)-(?:0[1-9]|[12][0-9]|30)",
    "02-(?:0[1-9]|1[0-9]|2[0-9])",
)
"""29 February passes in every year; only the loader knows leap years."""
_DAY = f"(?!0000)[0-9]{{4}}-(?:{'|'.join(_MONTHS_AND_DAYS)})"
_CLOCK = r"(?:(?:[01][0-9]|2[0-3]):[0-5][0-9]|24:00)"
_PATTERNS: Mapping[Kind, str] = {Kind.DATE: _DAY, Kind.TIME: _CLOCK, Kind.INSTANT: f"{_DAY}(?:[ T]{_CLOCK})?"}
_UNITS: Mapping[Kind, Mapping[str, int]] = {
    Kind.COUNT: {"": 1},
    Kind.NUMBER: {"": literals.MICROS},
    Kind.MONEY: {_CURRENCY: literals.MICROS},
    Kind.WEIGHT: literals.WEIGHT_UNITS,
    Kind.DISTANCE: literals.DISTANCE_UNITS,
    Kind.DURATION: literals.DURATION_UNITS,
    Kind.CARBON: literals.CARBON_UNITS,
    Kind.SHARE: {"%": 100},
}
"""How much one of each unit is, by the pattern of how the unit is written."""
_UNITLESS = frozenset({Kind.COUNT, Kind.NUMBER, Kind.MONEY})
_EXAMPLES: Mapping[Kind, str] = {
    Kind.COUNT: "12",
    Kind.NUMBER: "12.5",
    Kind.MONEY: "4.00 EUR",
    Kind.WEIGHT: "2.5 kg",
    Kind.DISTANCE: "300 km",
    Kind.DURATION: "48 h",
    Kind.CARBON: "250 g",
    Kind.SHARE: "10%",
    Kind.DATE: "2026-11-01",
    Kind.TIME: '"08:00", in quotes',
    Kind.INSTANT: '"2026-11-27 18:00"',
}
SCALAR: Shape = {"not": {"type": ["null", "array", "object"]}}
"""Any word. To an editor it may be a number or a boolean; to us it is the text that is written."""
WORD: Shape = {**SCALAR, "pattern": r"[^ \t\n\r\f\v]"}
"""A word that is not blank."""
UNQUOTED: Shape = {"not": {"type": ["null", "array", "object", "string"]}}
"""A word that is a number or a boolean to an editor."""


DAYS: Shape = {
    "type": "string",
    "pattern": r"^\s*0*(?:[0-9]{1,3}|[12][0-9]{3}|3[0-5][0-9]{2}|36[0-4][0-9]|3650)\s*(?:days?|d)?\s*$",
    "patternErrorMessage": "write for example 10 days",
}
"""Days of shelf life, up to 3650."""
WHOLE_DAYS: Shape = {
    "type": "string",
    "pattern": r"^\s*0*(?:[0-9]|[1-8][0-9]|90)\s*days?\s*$",
    "patternErrorMessage": "write for example 2 days",
}
"""Days of slack, up to 90."""
COVER: Shape = {
    "type": "string",
    "pattern": r"^\s*0*(?:[0-9]{1,2}|[12][0-9]{2}|3[0-5][0-9]|36[0-5])\s*(?:days?|d)?\s*$",
    "patternErrorMessage": "write for example 3 days",
}
"""Days of cover, up to 365."""
CARBON_PRICE: Shape = {
    "type": "string",
    "pattern": rf"^\s*[0-9]{{1,15}}(?:\.[0-9]{{1,9}})?{_GAP}{_CURRENCY}{_GAP}/{_GAP}(?:kg|t)\s*$",
    "patternErrorMessage": "write for example 120 EUR/t",
}
"""A price for a kilogram or a tonne of CO2e."""


def literal(kind: Kind, *, low: int | None = 0, high: int | None = None) -> Shape:
    """A value of this kind from `low` to `high`, both in the kind's unit; None means that there is no such bound."""
    if kind in (Kind.WORD, Kind.TAGS, Kind.CHOICE):
        return WORD
    if kind is Kind.FLAG:
        return {"anyOf": [{"type": "boolean"}, {"type": "string", "pattern": "^(?:true|false)$"}]}
    if kind in _PATTERNS:
        return _string(f"^{_PATTERNS[kind]}$", kind)
    amounts = "|".join(f"{_amount(factor, low, high)}{_GAP}{unit}" for unit, factor in _UNITS[kind].items())
    text = _string(rf"^\s*(?:{amounts})\s*$", kind)
    if kind not in _UNITLESS:
        return text
    (factor,) = _UNITS[kind].values()
    return {"anyOf": [_number(kind, factor, low, high), text]}


def _string(pattern: str, kind: Kind) -> Shape:
    return {"type": "string", "pattern": pattern, "patternErrorMessage": f"write for example {_EXAMPLES[kind]}"}


def _number(kind: Kind, factor: int, low: int | None, high: int | None) -> Shape:
    most = _MOST - (kind is Kind.COUNT)
    return {
        "type": "integer" if kind is Kind.COUNT else "number",
        "minimum": -most if low is None else low // factor,
        "maximum": most if high is None else high // factor,
    }


def _amount(factor: int, low: int | None, high: int | None) -> str:
    """The pattern of the decimal numbers that, multiplied by `factor`, are whole numbers from `low` (None, 0 or 1) to
    `high`.
    """
    fraction, zeros = f"(?:{_fraction(factor)})?", rf"(?:\.0{{1,{_DECIMALS}}})?"
    if high is None:
        size = f"(?:0|[1-9][0-9]{{0,{_DIGITS - 1}}}){fraction}"
    else:
        whole = high // factor
        size = f"(?:(?:{_up_to(whole - 1)}){fraction}|{whole}{zeros})"
    if low is None:
        return f"[+-]?{size}"
    if low:
        return rf"(?!\+?0{zeros}(?![.0-9]))\+?{size}"
    return rf"(?:-0{zeros}|\+?{size})"


def _up_to(most: int) -> str:
    """The pattern of the whole numbers from 0 to `most`, without leading zeros."""
    digits = str(most)
    shorter = ["0", *(["[1-9]" + _at_most_digits(len(digits) - 2)] if len(digits) > 1 else [])]
    lower = []
    for index, digit in enumerate(digits):
        least = 0 if index else 1
        if int(digit) > least:
            lower.append(f"{digits[:index]}[{least}-{int(digit) - 1}]{_exactly_digits(len(digits) - index - 1)}")
    return "|".join(dict.fromkeys([*shorter, *lower, digits]))


def _at_most_digits(count: int) -> str:
    return f"[0-9]{{0,{count}}}" if count else ""


def _exactly_digits(count: int) -> str:
    return f"[0-9]{{{count}}}" if count else ""


def _fraction(factor: int) -> str:
    r"""The pattern of the decimals of numbers that are whole once multiplied by `factor`. For kilograms, 1,000 grams
    each, it is `\.[0-9]{1,3}0{0,6}`.

    Only the twos and fives in `factor` matter. As many decimals may be any digits as there are pairs of a two and a
    five. The twos or fives left over (16 = 2^4 in a day's minutes, 1,440 = 9 x 10 x 16) allow only certain multiples
    as the decimals after those.
    """
    twos, fives = _exponent(2, factor), _exponent(5, factor)
    free, tail = min(twos, fives), max(twos, fives) - min(twos, fives)
    step = (5 if twos > fives else 2) ** tail
    patterns = [rf"\.[0-9]{{1,{free}}}0{{0,{_DECIMALS - free}}}" if free else rf"\.0{{1,{_DECIMALS}}}"]
    for value in range(step, 10**tail, step):
        digits = f"{value:0{tail}}".rstrip("0")
        patterns.append(rf"\.[0-9]{{{free}}}{digits}0{{0,{_DECIMALS - free - len(digits)}}}")
    return "|".join(patterns)


def _exponent(prime: int, number: int) -> int:
    """How often `prime` divides `number`."""
    return 1 + _exponent(prime, number // prime) if number % prime == 0 else 0


def one_value(value: Shape) -> Shape:
    """The value, or a list of one value, which means the same."""
    return {"anyOf": [value, {"type": "array", "items": value, "minItems": 1, "maxItems": 1}]}


def one_or_more(value: Shape) -> Shape:
    """The value, or a list of values."""
    return {"anyOf": [value, {"type": "array", "items": value, "minItems": 1}]}


def one_of(words: list[bool | str], quoted: str) -> Shape:
    """One of the words; `quoted` is the pattern of those that are booleans to an editor, as they read in quotes."""
    return {"anyOf": [{"enum": words}, {"type": "string", "pattern": f"^{quoted}$"}]}


def duration_after(word: str, *, low: int, high: int | None) -> Shape:
    """The word alone, or with a duration that is added to it: `until_shipped + 4 h`."""
    durations = "|".join(f"{_amount(size, low, high)}{_GAP}{unit}" for unit, size in literals.DURATION_UNITS.items())
    return {
        "type": "string",
        "pattern": rf"^\s*{word}(?:\s*\+\s*(?:{durations}))?\s*$",
        "patternErrorMessage": f"write for example {word} or {word} + 4 h",
    }


INSTANT_WITH_TIME: Shape = {
    "type": "string",
    "pattern": f"^{_DAY}[ T]{_CLOCK}$",
    "patternErrorMessage": 'write a time with the date, for example "2026-11-27 18:00", or at_least and less_than',
}
"""A date with a time, for where a date alone would leave open which moment of the day is meant."""
SHARE: Shape = {
    "type": "string",
    "pattern": rf"^\s*{_amount(100, 0, FULL_SHARE)}{_GAP}%\s*$",
    "patternErrorMessage": "write for example 10%",
}
UPLIFT: Shape = {
    "type": "string",
    "pattern": rf"^\s*{_amount(100, 0, 10 * FULL_SHARE)}{_GAP}%\s*$",
    "patternErrorMessage": "write for example 150%",
}
"""Up to 1000%."""
