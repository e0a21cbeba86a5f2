"""marshmallow fields that read what a connector's file writes: texts, lists of them, secrets, durations, numbers."""

import re
import zoneinfo
from decimal import Decimal
from typing import Any

from marshmallow import ValidationError, fields, validate

from api.connectors.language.places import Secret
from rules.errors import LiteralInvalid

_DURATION = re.compile(r"([0-9]{1,7}) ?(s|m|min|h|d)", re.ASCII)
_SECONDS = {"s": 1, "m": 60, "min": 60, "h": 3_600, "d": 86_400}
_SECRET = re.compile(r"[A-Z][A-Z0-9_]{0,63}", re.ASCII)
_SERVER = re.compile(r"([A-Za-z0-9._-]{1,253}|\[[0-9A-Fa-f:.]{2,45}\])(:[0-9]{1,5})?", re.ASCII)
_CUT = re.compile(r"([0-9]{1,4})(?:-([0-9]{1,4}))?", re.ASCII)
_NUMBER = re.compile(r"-?[0-9]{1,15}(\.[0-9]{1,9})?", re.ASCII)
_NOT_BLANK = validate.Length(min=1, max=2_000, error="write a text of 1 to 2,000 letters")


def seconds(text: str) -> int:
    """A duration of whole seconds: 30s, 5m, 2h, 1d."""
    match = _DURATION.fullmatch(text.strip())
    if match is None:
        raise LiteralInvalid(f"'{text}' is no duration; write for example 30s, 5m, 2h or 1d")
    return int(match[1]) * _SECONDS[match[2]]


class Single(fields.String):
    """A text that is not empty."""

    def __init__(self, **options: Any) -> None:
        super().__init__(**{"validate": _NOT_BLANK, **options})


class Choice(fields.String):
    """One of some words."""

    def __init__(self, *choices: str, **options: Any) -> None:
        super().__init__(validate=validate.OneOf(choices, error="'{input}' is none of {choices}"), **options)


class Several(fields.Field[tuple[str, ...]]):
    """One text, or a list of them."""

    def _deserialize(self, value: Any, *_: Any, **__: Any) -> tuple[str, ...]:
        items = value if isinstance(value, list) else [value]
        if not items or not all(isinstance(item, str) and item for item in items):
            raise ValidationError("write a text, or a list of texts")
        return tuple(map(str, items))


class TextOrSecret(fields.Field[str | Secret]):
    """A text, or `{secret: WORD}`."""

    def _deserialize(self, value: Any, *_: Any, **__: Any) -> str | Secret:
        if isinstance(value, str) and value:
            return str(value)
        word = value.get("secret") if isinstance(value, dict) and set(value) == {"secret"} else None
        if not isinstance(word, str):
            raise ValidationError("write a text, or {secret: WORD} for what no file may say")
        return secret_of(word)


class OnlySecret(TextOrSecret):
    """`{secret: WORD}`, and never the text itself."""

    def _deserialize(self, value: Any, *rest: Any, **options: Any) -> str | Secret:
        if isinstance(value, str):
            raise ValidationError("no file may say this; write {secret: WORD}")
        return super()._deserialize(value, *rest, **options)


class Servers(fields.Field[tuple[str, ...] | Secret]):
    """`host:port`, a list of these, or `{secret: WORD}`."""

    def _deserialize(self, value: Any, *_: Any, **__: Any) -> tuple[str, ...] | Secret:
        if isinstance(value, dict) and set(value) == {"secret"} and isinstance(value["secret"], str):
            return secret_of(value["secret"])
        items = value if isinstance(value, list) else [value]
        if not items or not all(isinstance(item, str) for item in items):
            raise ValidationError("write the addresses of some brokers, as [kafka-1:9092, kafka-2:9092]")
        for item in items:
            if not _SERVER.fullmatch(item):
                raise ValidationError(f"'{item}' is no address of a broker; write its host and port, as kafka-1:9092")
        return tuple(map(str, items))


class SecretWord(fields.Field[Secret]):
    """A word in capitals, of which the setting POINTSMAN_CONNECTOR_<NAME>_<WORD> is made."""

    def _deserialize(self, value: Any, *_: Any, **__: Any) -> Secret:
        if not isinstance(value, str):
            raise ValidationError("write a word in capitals, as TOKEN")
        return secret_of(value)


def secret_of(word: str) -> Secret:
    if not _SECRET.fullmatch(word):
        raise ValidationError(f"'{word}' can't be part of a setting's name; write capitals, digits and _, as API_TOKEN")
    return Secret(word=str(word))


class Letters(fields.Field[tuple[int, int]]):
    """`3-10`: the letters from the third to the tenth; `3`: the third."""

    def _deserialize(self, value: Any, *_: Any, **__: Any) -> tuple[int, int]:
        match = _CUT.fullmatch(value) if isinstance(value, str) else None
        first, last = (int(match[1]), int(match[2] or match[1])) if match else (0, 0)
        if not 1 <= first <= last:
            raise ValidationError("write which letters are meant, as 3-10; the first letter is 1")
        return first, last


class Number(fields.Field[Decimal]):
    """A decimal number."""

    def _deserialize(self, value: Any, *_: Any, **__: Any) -> Decimal:
        if not isinstance(value, str) or not _NUMBER.fullmatch(value):
            raise ValidationError("a number is expected here, as 12 or 0.5")
        return Decimal(value)


class NumberOrField(Number):
    """A decimal number, or a mapping that says where one is found."""

    def _deserialize(self, value: Any, *rest: Any, **options: Any) -> Any:
        return value if isinstance(value, dict) else super()._deserialize(value, *rest, **options)


def verify_zone(text: str) -> None:
    if text not in zoneinfo.available_timezones():
        raise ValidationError(f"'{text}' is no time zone; write for example Europe/Paris")
