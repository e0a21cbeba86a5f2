"""JSON as connectors read it: numbers exact, and what could be read in two ways refused."""

import json
from decimal import Decimal
from typing import Any, NoReturn

from api.shapes.strict_json import MOST_LEVELS

_TOO_DEEP = f"it is nested more than {MOST_LEVELS} levels deep"


class BadJson(ValueError):
    """Text that is no JSON value; the message goes on after "this is no JSON: ". `at` is the letter where it stops
    being one. `at_end`: it may only be cut short.
    """

    def __init__(self, message: str, *, at: int = 0, at_end: bool = False) -> None:
        super().__init__(message)
        self.at, self.at_end = at, at_end


def decode(text: str) -> Any:
    """The value that the whole text is; raises BadJson."""
    start = _skip_blanks(text, 0)
    value, end = decode_at(text, start)
    rest = _skip_blanks(text, end)
    if rest < len(text):
        raise BadJson("something follows after its end", at=rest)
    return value


def decode_at(text: str, start: int) -> tuple[Any, int]:
    """The value that begins there, and where it ends; raises BadJson."""
    try:
        value, end = _DECODER.raw_decode(text, start)
    except json.JSONDecodeError as error:
        at_end = error.pos >= len(text) or error.msg.startswith(("Unterminated", "Invalid \\u", "Invalid \\\\"))
        raise BadJson(error.msg, at=error.pos, at_end=at_end or _is_cut_word(text, error.pos)) from None
    except RecursionError:
        raise BadJson(_TOO_DEEP, at=start) from None
    except BadJson as error:
        raise BadJson(str(error), at=start) from None
    except ValueError as error:  # more digits than Python makes an integer of
        raise BadJson(str(error), at=start) from None
    if _is_unsafe(text, start, end):
        _check(value)
    return value, end


def _unique(pairs: list[tuple[str, Any]]) -> dict[str, Any]:
    members = dict(pairs)
    if len(members) != len(pairs):
        names = [name for name, _ in pairs]
        twice = next(name for name in names if names.count(name) > 1)
        raise BadJson(f"it says '{twice}' twice in one object")
    return members


def _refuse_constant(word: str) -> NoReturn:
    raise BadJson(f"{word} is no number")


def _is_unsafe(text: str, start: int, end: int) -> bool:
    """Whether it may have half a letter in it (a lone surrogate), or be nested too deeply."""
    has_escapes = text.find("\\u", start, end) >= 0
    return has_escapes or text.count("[", start, end) + text.count("{", start, end) > MOST_LEVELS


def _check(value: Any) -> None:
    level = [value]
    for _ in range(MOST_LEVELS + 1):
        inner: list[Any] = []
        for item in level:
            if isinstance(item, dict):
                inner += item
                inner += item.values()
            elif isinstance(item, list):
                inner += item
            elif isinstance(item, str) and not _is_text(item):
                raise BadJson("there is half a letter in it, an escape \\ud800 to \\udfff alone")
        if not inner:
            return
        level = inner
    raise BadJson(_TOO_DEEP)


def _is_text(text: str) -> bool:
    try:
        text.encode()
    except UnicodeEncodeError:
        return False
    return True


def _is_cut_word(text: str, at: int) -> bool:
    """Whether the text ends within true, false, null or a sign."""
    rest = text[at:]
    return any(word.startswith(rest) for word in ("true", "false", "null", "-"))


def _skip_blanks(text: str, at: int) -> int:
    while at < len(text) and text[at] in " \t\r\n":
        at += 1
    return at


_DECODER = json.JSONDecoder(object_pairs_hook=_unique, parse_float=Decimal, parse_constant=_refuse_constant)
