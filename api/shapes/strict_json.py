"""JSON that is strict: no NaN, no lone surrogates, no nesting that exhausts the stack, no key twice in an object."""

import json
import re
from collections.abc import Sequence
from typing import Any

import orjson

MOST_LEVELS = 64
"""Of objects and lists in one another. No request needs more than a few."""
_KEY = re.compile(rb'"\s*:')
"""The end of every key, and of nothing else but some texts in which a quotation mark stands before a colon."""


class NotJson(Exception):
    """Its message goes on after a subject: "the body" + " is no JSON"."""


def read_json(text: bytes) -> Any:
    """Raises NotJson."""
    try:
        value = orjson.loads(text)
    except orjson.JSONDecodeError as error:
        raise NotJson(f"is no JSON: {error}") from None
    # orjson takes the last of two values under one key, but which one was meant can't be known
    if len(_KEY.findall(text)) > _keys(value):
        json.loads(text.decode(), object_pairs_hook=_check_keys, parse_int=len, parse_float=len)
    return value


def _keys(value: Any) -> int:
    """How many keys all the objects in it have; raises NotJson if they are nested too deeply."""
    count, level = 0, [value]
    for _ in range(MOST_LEVELS + 1):
        inner: list[Any] = []
        for item in level:
            if isinstance(item, dict):
                count += len(item)
                inner += item.values()
            elif isinstance(item, list):
                inner += item
        if not inner:
            return count
        level = inner
    raise NotJson(f"is nested more than {MOST_LEVELS} levels deep")


def _check_keys(pairs: Sequence[tuple[str, Any]]) -> None:
    names = {name for name, _ in pairs}
    if len(names) != len(pairs):
        twice = next(name for name in names if sum(name == other for other, _ in pairs) > 1)
        raise NotJson(f"says '{twice}' twice in one object; say it once")
