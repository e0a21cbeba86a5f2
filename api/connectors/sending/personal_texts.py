"""Takes out of what is told of records whom and where they go to: targets may repeat in answers what they were sent."""

import re
from collections.abc import Collection, Iterator, Mapping, Sequence
from typing import Any

import orjson

from api.connectors.sending.records.batch import Record

_LEFT_OUT = "…"
_SHORTEST = 3
"""Letters of a text that is taken out; a shorter one might be a word of a sentence, unless it is a name that begins
with a capital or has other letters than those, and stands there just so.
"""
_QUOTED = (re.compile(r'"([^"]+)(?:"|\Z)'), re.compile(r"'((?:[^']|(?<=\w)'(?=\w))+)'"))
"""What a target quotes, as in JSON, perhaps cut short; and what we do. An apostrophe within a word is part of it."""
_NOT_PERSONAL = ("country", "region")
_NAMES = ("name", "company")
_IDS = ("order", "decision", "shipment")
"""By these a record is found, so they are told, also where one is the same as a postcode or a tag."""


def without_personal_texts(text: str, records: Sequence[Record]) -> str:
    """The text without names, streets, places, telephone numbers, mail addresses and tags of the records: as they are,
    in other capitals, escaped as in JSON, and parts of them that stand between quotation marks.
    """
    ids = {str(record[name]) for record in records for name in _IDS if record.get(name) is not None}
    values = {value for record in records for value in _values(record)} - ids
    if not values:
        return text

    forms = {form for value in values for form in (value, _escaped(value))}
    short = {form for form in forms if len(form) < _SHORTEST}

    def without_part(match: re.Match[str]) -> str:
        part = match[1]
        is_part = len(part) >= _SHORTEST and any(part.casefold() in value.casefold() for value in forms)
        is_part = is_part and part not in ids
        return match[0].replace(part, _LEFT_OUT) if is_part else match[0]

    text = _without(text, forms - short, flags=re.IGNORECASE)
    text = _without(text, short)
    for quoted in _QUOTED:
        text = quoted.sub(without_part, text)
    return text


def _without(text: str, forms: Collection[str], flags: int = 0) -> str:
    """Without these where each stands as words of its own."""
    found = "|".join(re.escape(form) for form in sorted(forms, key=len, reverse=True))
    return re.sub(rf"(?<!\w)(?:{found})(?!\w)", _LEFT_OUT, text, flags=flags) if found else text


def _values(record: Record) -> Iterator[str]:
    yield from _texts(record.get("tags"))
    for name in ("addressee", "destination"):
        fields = record.get(name)
        for key, value in fields.items() if isinstance(fields, Mapping) else ():
            if key not in _NOT_PERSONAL:
                for text in _texts(value, is_name=key in _NAMES):
                    yield text
                    yield from _texts(text.split(), is_name=True) if key in _NAMES else ()


def _texts(value: Any, *, is_name: bool = False) -> Iterator[str]:
    if isinstance(value, list | tuple):
        for item in value:
            yield from _texts(item, is_name=is_name)
    elif value is not None and (len(str(value)) >= _SHORTEST or (is_name and _is_short_name(str(value)))):
        yield str(value)


def _is_short_name(text: str) -> bool:
    return not text.isascii() or (len(text) > 1 and text[0].isupper())


def _escaped(value: str) -> str:
    """As JSON of ASCII letters alone has it."""
    quoted = orjson.dumps(value).decode()[1:-1]
    return "".join(letter if letter.isascii() else f"\\u{ord(letter):04x}" for letter in quoted)
