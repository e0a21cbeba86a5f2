"""JSON that is strict: no NaN, no lone surrogates, no nesting that exhausts the stack, no key twice in an object."""

import json
from collections.abc import Sequence
from typing import Any

import orjson


class NotJson(Exception):
    """Its message goes on after a subject: "the body" + " is no JSON"."""


def read_json(text: bytes) -> Any:
    """Raises NotJson."""
    try:
        value = orjson.loads(text)
    except orjson.JSONDecodeError as error:
        raise NotJson(f"is no JSON: {error}") from None
    # orjson takes the last of two values under one key, but which one was meant can't be known
    try:
        json.loads(text.decode(), object_pairs_hook=_check_keys, parse_int=len, parse_float=len)
    except RecursionError:
        raise NotJson("is nested too deeply") from None
    return value


def _check_keys(pairs: Sequence[tuple[str, Any]]) -> None:
    names = {name for name, _ in pairs}
    if len(names) != len(pairs):
        twice = next(name for name in names if sum(name == other for other, _ in pairs) > 1)
        raise NotJson(f"says '{twice}' twice in one object; say it once")
