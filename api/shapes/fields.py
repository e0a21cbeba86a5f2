"""marshmallow fields that read what people and systems write into the engine's integers."""

import datetime
import re
from collections.abc import Callable
from decimal import ROUND_HALF_EVEN, Decimal, InvalidOperation
from typing import Any, TypeVar

from marshmallow import ValidationError, fields, validate

from api.shapes import text_patterns
from api.shapes.limits import MOST_LETTERS, MOST_UNITS
from engine.model.facts import MICRODEGREES, RATE
from engine.model.feed_steps import FeedStep
from rules.errors import LiteralInvalid
from rules.syntax import literals
from rules.syntax.typo_hints import typo_hint

_LEAST_DETOUR = 1_000
"""A factor of 1, in thousandths."""
_MOST_RATE = 1_000_000
_MICROSECONDS = 1_000_000
_YEAR_9999 = 253_370_764_800
"""UTC seconds; later local times may lie outside the years that Python's calendar has."""
_RFC_3339 = re.compile(
    r"[0-9]{4}-[0-9]{2}-[0-9]{2}[Tt ][0-9]{2}:[0-9]{2}(:[0-9]{2}(\.[0-9]{1,9})?)?([Zz]|[+-][0-9]{2}:[0-9]{2})?",
    re.ASCII,
)
"""The zone is optional here so that a missing one gets a message of its own; seconds may be left out."""
_CONTROL = re.compile(r"[\x00-\x1f\x7f-\x9f]")
"""A control character: Unicode's category Cc."""
_PLAIN = re.compile(r"-?[0-9]{1,15}(\.[0-9]{1,20})?", re.ASCII)
_Value = TypeVar("_Value")


class _ParsedField(fields.Field[_Value]):
    """A field whose `read` turns a value into the engine's, or raises ValidationError."""

    def read(self, value: Any) -> _Value:
        raise NotImplementedError

    def _deserialize(self, value: Any, *_: Any, **__: Any) -> _Value:
        return self.read(value)


class Literal(_ParsedField[Any]):
    """A word of a file or a query, read by one of `rules.syntax.literals`; from 0 to `most`, so that no sum
    overflows. An `example` is said to who writes no word.
    """

    def __init__(self, read: Callable[[str], Any], *, most: int = 10**12, example: str = "", **options: Any) -> None:
        super().__init__(**_described(options, **text_patterns.LITERALS.get(read, {})))
        self._literal = read
        self._most = most
        self._example = example

    def read(self, value: Any) -> Any:
        if not isinstance(value, str) and self._example:
            raise ValidationError(f'write it in quotation marks, as in "{self._example}"')
        if not isinstance(value, str):
            raise ValidationError("a single value is expected here")
        try:
            number = self._literal(value)
        except LiteralInvalid as error:
            raise ValidationError(str(error)) from None
        if number < 0:
            raise ValidationError(f"'{value}' is below 0")
        if number > self._most:
            raise ValidationError(f"'{value}' is more than can be meant here")
        return number


class FeedStepField(_ParsedField[FeedStep]):
    """`3` units, at least 1, or `10%`."""

    def read(self, value: Any) -> FeedStep:
        if not isinstance(value, str):
            raise ValidationError("a single value is expected here")
        try:
            if value.strip().endswith("%"):
                return FeedStep(share=literals.share(value))
            units = literals.count(value)
        except LiteralInvalid as error:
            raise ValidationError(str(error)) from None
        if not 1 <= units <= MOST_UNITS:
            message = f"'{value}' is no step: write 1 to {MOST_UNITS} units, or a share such as 10%"
            raise ValidationError(message)
        return FeedStep(units=units)


class Span(_ParsedField[tuple[int, int]]):
    """`09:00-12:30`: minutes since midnight, the second one after the first."""

    def read(self, value: Any) -> tuple[int, int]:
        if not isinstance(value, str) or value.count("-") != 1:
            raise ValidationError("write opening hours as 09:00-18:30")
        opens, closes = (_minute(text.strip()) for text in value.split("-"))
        if closes <= opens:
            message = (
                f"'{value}' ends before it starts; past midnight, write 22:00-24:00 and 00:00-06:00 on the next day"
            )
            raise ValidationError(message)
        return opens, closes


def _minute(text: str) -> int:
    try:
        return literals.time(text)
    except LiteralInvalid as error:
        raise ValidationError(str(error)) from None


def thousandths(text: str) -> int:
    """A number kept in thousandths: 1.27 is 1270."""
    value, remainder = divmod(literals.number(text), 1_000)
    if remainder:
        raise LiteralInvalid(f"'{text}' has more than three decimals")
    return value


def exchange_rate(text: str) -> int:
    """What one unit of another currency is worth, in billionths."""
    if not _PLAIN.fullmatch(text):
        raise LiteralInvalid(f"'{text}' is no rate; write what one unit is worth, such as 0.0902")
    rate = Decimal(text) * RATE
    if rate != rate.to_integral_value() or not 0 < rate <= _MOST_RATE * RATE:
        raise LiteralInvalid(f"'{text}' is no rate above 0 and up to {_MOST_RATE:,}, with at most nine decimals")
    return int(rate)


def detour_factor(text: str) -> int:
    """Thousandths of the great circle, which no route is shorter than."""
    value = thousandths(text)
    if value < _LEAST_DETOUR:
        raise LiteralInvalid(f"'{text}' is below 1; no route is shorter than the great circle")
    return value


def _described(options: dict[str, Any], **description: Any) -> dict[str, Any]:
    """The options of a field, with what the OpenAPI page says about it besides its own metadata."""
    return {**options, "metadata": {**description, **options.get("metadata", {})}}


class Degrees(_ParsedField[int]):
    """Degrees, from a number or a text, rounded to the microdegree (a tenth of a metre)."""

    def __init__(self, most: int, **options: Any) -> None:
        super().__init__(
            **_described(
                options, type=["number", "string"], minimum=-most, maximum=most, pattern=text_patterns.DEGREES[most]
            )
        )
        self._most = most

    def read(self, value: Any) -> int:
        degrees = decimal_number(value)
        if not -self._most <= degrees <= self._most:
            raise ValidationError(f"{value} is not between -{self._most} and {self._most} degrees")
        return int((degrees * MICRODEGREES).to_integral_value(ROUND_HALF_EVEN))


MOST_MICROS = 10**18 - 1
"""Of a price."""


class Money(_ParsedField[int]):
    """Currency units, "19.90" or 19.90, to micros; never negative, never finer than a micro."""

    def __init__(self, **options: Any) -> None:
        super().__init__(
            **_described(
                options,
                type=["number", "string"],
                minimum=0,
                maximum=MOST_MICROS // literals.MICROS,
                pattern=text_patterns.MONEY,
            )
        )

    def read(self, value: Any) -> int:
        amount = decimal_number(value) * literals.MICROS
        if amount != amount.to_integral_value() or not 0 <= amount <= MOST_MICROS:
            raise ValidationError(f"{value} is no amount from 0 with at most six decimals")
        return int(amount)


class Units(_ParsedField[int]):
    """A whole number of units, from 1."""

    def __init__(self, **options: Any) -> None:
        super().__init__(**_described(options, minimum=1, maximum=MOST_UNITS))

    def read(self, value: Any) -> int:
        if not isinstance(value, int) or isinstance(value, bool) or not 1 <= value <= MOST_UNITS:
            raise ValidationError(f"a quantity is a whole number from 1 to {MOST_UNITS}")
        return value


class Quantity(Units):
    """Units of one line, as they are counted. What was sent has as many decimals as its SKU (see `quantities.py`)."""

    def __init__(self, **options: Any) -> None:
        super().__init__(**options)
        del self.metadata["minimum"]
        self.metadata |= {
            "type": ["number", "string"],
            "exclusiveMinimum": 0,
            "pattern": text_patterns.UNITS,
            "description": "a whole number, or with as many decimals as its product has",
        }


def units_described(high: int) -> dict[str, Any]:
    """What the OpenAPI page says of units up to so many of something whose SKU stands elsewhere."""
    return {"type": ["number", "string"], "minimum": 0, "maximum": high, "pattern": text_patterns.UNITS}


class SentUnits(_ParsedField[int | Decimal]):
    """Units of something whose SKU stands elsewhere: a whole number from `low`, or a decimal above 0."""

    def __init__(self, low: int = 1, high: int = MOST_UNITS, **options: Any) -> None:
        super().__init__(**_described(options, **units_described(high)))
        self._low, self._high = low, high

    def read(self, value: Any) -> int | Decimal:
        error = ValidationError(f"a quantity is a whole number from {self._low} to {self._high}")
        if isinstance(value, float | str) and not isinstance(value, bool):
            number = decimal_number(value)
            if number <= 0 or number > self._high:
                raise error
            return number
        if not isinstance(value, int) or isinstance(value, bool) or not self._low <= value <= self._high:
            raise error
        return value


class Instant(_ParsedField[int]):
    """RFC 3339 with a zone, "2026-11-27T08:12:31Z", to UTC seconds; fractions are dropped."""

    def read(self, value: Any) -> int:
        if not isinstance(value, str) or not _RFC_3339.fullmatch(value):
            raise ValidationError("write an instant as 2026-11-27T08:12:31Z")
        try:
            moment = datetime.datetime.fromisoformat(value.upper())
        except ValueError as error:
            raise ValidationError(f"'{value}' is no instant: {error}") from None
        if moment.tzinfo is None:
            raise ValidationError("the zone is missing; write for example 2026-11-27T08:12:31Z")
        seconds = int(moment.timestamp() // 1)
        if not 0 <= seconds < _YEAR_9999:
            raise ValidationError("an instant lies between the years 1970 and 9998")
        return seconds


class Day(_ParsedField[int]):
    """A date, "2026-10-01", to its ordinal."""

    def __init__(self, **options: Any) -> None:
        super().__init__(**_described(options, type="string", format="date"))

    def read(self, value: Any) -> int:
        if not isinstance(value, str):
            raise ValidationError("write a date as 2026-10-01")
        try:
            date = literals.date(value)
        except LiteralInvalid as error:
            raise ValidationError(str(error)) from None
        if not "1970" <= value[:4] <= "9998":
            raise ValidationError("a date lies between the years 1970 and 9998")
        return date


class Word(fields.String):
    """A text of 1 to 200 characters, not all blank, none of them a control character."""

    def __init__(self, **options: Any) -> None:
        super().__init__(
            validate=[validate.Length(min=1, max=MOST_LETTERS), _readable],
            **_described(options, pattern=text_patterns.ONE_LINE),
        )


class _Header(fields.String):
    """A header's text. Servers decode headers as Latin-1, but most callers write UTF-8."""

    def _deserialize(self, value: Any, attr: str | None, data: Any, **kwargs: Any) -> Any:
        text = super()._deserialize(value, attr, data, **kwargs)
        try:
            return text.encode("latin-1").decode()
        except UnicodeError:
            return text


class Country(fields.String):
    """ISO 3166-1 alpha-2. A country written in any other way is refused, because no service would go there."""

    def __init__(self, **options: Any) -> None:
        super().__init__(validate=validate.Regexp(r"[A-Z]{2}\Z", error="write a code such as FR"), **options)


class Currency(fields.String):
    """ISO 4217."""

    def __init__(self, **options: Any) -> None:
        super().__init__(validate=validate.Regexp(r"[A-Z]{3}\Z", error="write a code such as EUR"), **options)


class Countries(fields.String):
    """A country, or a glob of its two letters: FR, G?, *."""

    def __init__(self, **options: Any) -> None:
        super().__init__(validate=_two_letters, **options)


class Note(fields.String):
    """A text of at most 1,000 characters on one line; it may be empty."""

    def __init__(self, **options: Any) -> None:
        super().__init__(
            validate=[validate.Length(max=1_000), _in_one_line], **_described(options, pattern=text_patterns.ONE_LINE)
        )


class IdempotencyKey(_Header):
    """The header with which a caller names a request; `outcome` says what happens to one that is sent again."""

    def __init__(self, outcome: str) -> None:
        super().__init__(
            data_key="Idempotency-Key",
            load_default=None,
            validate=validate.Length(min=1, max=200),
            metadata={"description": f"a name for this request; sent again, it is {outcome}"},
        )


def _two_letters(glob: str) -> None:
    letters = re.sub(r"\*+", "*", glob)
    if not re.fullmatch(r"[A-Z?]{2}|(?=.*\*)\*?([A-Z?]\*?){0,2}", letters):
        raise ValidationError("write a code such as FR, or a glob such as G?")


def _in_one_line(text: str) -> None:
    if _CONTROL.search(text):
        raise ValidationError("the text has line breaks or control characters in it")


def _readable(text: str) -> None:
    if text.isspace() or _CONTROL.search(text):
        raise ValidationError("the text is blank or has control characters in it")


def decimal_number(value: Any) -> Decimal:
    """The number that a number or a text stands for; raises ValidationError."""
    if isinstance(value, bool) or not isinstance(value, int | float | str):
        raise ValidationError("a number is expected here")
    if isinstance(value, str) and not _PLAIN.fullmatch(value):
        raise ValidationError(f"'{value}' is no number{typo_hint(value)}")
    try:
        # the shortest text of a JSON number is what its sender wrote
        number = Decimal(str(value))
    except InvalidOperation:
        raise ValidationError(f"'{value}' is no number") from None
    if not number.is_finite() or abs(number.adjusted()) > 20:  # noqa: PLR2004  # no value here is so large or so small
        raise ValidationError(f"'{value}' is no number that could be meant")
    return number


class Flag(_ParsedField[bool]):
    """`true` or `false` in a query."""

    def read(self, value: Any) -> bool:
        if value not in ("true", "false"):
            raise ValidationError("write true or false")
        return bool(value == "true")


class WholeNumber(fields.Field[int]):
    """A whole number in some bounds."""

    def __init__(self, low: int, high: int, **options: Any) -> None:
        super().__init__(**_described(options, minimum=low, maximum=high))
        self._low, self._high = low, high

    def _deserialize(self, value: Any, *_: Any, **__: Any) -> int:
        if not isinstance(value, int) or isinstance(value, bool) or not self._low <= value <= self._high:
            raise ValidationError(f"this is a whole number from {self._low} to {self._high}")
        return value


class QueryNumber(WholeNumber):
    """A whole number in a query."""

    def _deserialize(self, value: Any, *_: Any, **__: Any) -> int:
        plain = isinstance(value, str) and value.isascii() and value.isdigit() and len(value) <= 18  # noqa: PLR2004  # fits 64 bits
        return super()._deserialize(int(value) if plain else value)


class StampField(Instant):
    """An instant to the microsecond, which a source gives with a count: of two in one second, the later one wins."""

    def read(self, value: Any) -> int:
        seconds = super().read(value)
        return seconds * _MICROSECONDS + datetime.datetime.fromisoformat(value.upper()).microsecond


class TrueOrFalse(_ParsedField[bool]):
    """JSON's true or false, and nothing that Python takes for them: not 1, not "yes"."""

    def read(self, value: Any) -> bool:
        if not isinstance(value, bool):
            raise ValidationError("this is true or false")
        return value


OPENAPI_TYPES: tuple[tuple[type[fields.Field[Any]], str, str | None], ...] = (
    (Instant, "string", "date-time"),
    (Units, "integer", None),
    (WholeNumber, "integer", None),
    (Flag, "boolean", None),
    (TrueOrFalse, "boolean", None),
    (Literal, "string", None),
)
"""Type and format of these fields in the OpenAPI page. Money and Degrees have two types each, which they name."""
