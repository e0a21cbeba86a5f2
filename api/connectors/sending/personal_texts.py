"""Takes out of what is told of records whom and where they go to: targets may repeat in answers what they were sent."""

import re
from collections.abc import Iterator, Mapping, Sequence
from typing import Any

import orjson

from api.connectors.sending.records.batch import Record

_LEFT_OUT = "…"
_SHORTEST = 3
"""Letters of a text that is taken out; shorter ones would be found within words."""
_QUOTED = (re.compile(r'"([^"]+)(?:"|\Z)'), re.compile(r"'((?:[^']|(?<=\w)'(?=\w))+)'"))
"""What a target quotes, as in JSON, perhaps cut short; and what we do. An apostrophe within a word is part of it."""
_NOT_PERSONAL = ("country", "region")


def without_personal_texts(text: str, records: Sequence[Record]) -> str:
    """The text without names, streets, places, telephone numbers and mail addresses of the records: as they are, in
    other capitals, escaped as in JSON, and parts of them that stand between quotation marks.
    """
    values = {value for record in records for value in _values(record)}
    if not values:
        return text

    forms = {form for value in values for form in (value, _escaped(value))}

    def without_part(match: re.Match[str]) -> str:
        part = match[1]
        is_part = len(part) >= _SHORTEST and any(part.casefold() in value.casefold() for value in forms)
        return match[0].replace(part, _LEFT_OUT) if is_part else match[0]

    found = "|".join(re.escape(form) for form in sorted(forms, key=len, reverse=True))
    text = re.sub(rf"(?<!\w)(?:{found})(?!\w)", _LEFT_OUT, text, flags=re.IGNORECASE)
    for quoted in _QUOTED:
        text = quoted.sub(without_part, text)
    return text


def _values(record: Record) -> Iterator[str]:
    for name in ("addressee", "destination"):
        fields = record.get(name)
        for key, value in fields.items() if isinstance(fields, Mapping) else ():
            if key not in _NOT_PERSONAL:
                for text in _texts(value):
                    yield text
                    yield from _texts(text.split()) if key in ("name", "company") else ()


def _texts(value: Any) -> Iterator[str]:
    if isinstance(value, list | tuple):
        for item in value:
            yield from _texts(item)
    elif value is not None and len(str(value)) >= _SHORTEST:
        yield str(value)


def _escaped(value: str) -> str:
    """As JSON of ASCII letters alone has it."""
    quoted = orjson.dumps(value).decode()[1:-1]
    return "".join(letter if letter.isascii() else f"\\u{ord(letter):04x}" for letter in quoted)
