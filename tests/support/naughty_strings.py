"""Strings that have broken other software: the Big List of Naughty Strings, and some that are naughty to what is used
here.
"""

import json
import unicodedata
from pathlib import Path

LIST = Path(__file__).parents[1] / "data" / "naughty_strings" / "blns.json"
NO_UNICODE = "\ud800"
"""Half of a pair: JSON can write it, UTF-8 can't."""
_OWN = (
    "'; DROP TABLE holds;--",
    "{other}:held:SHIRT",
    "*",
    "a\r\nSET x 1",
    "\0",
    "\\u0000",
    "x" * 200,
    "🧥\u202e",
)


def naughty_strings() -> tuple[str, ...]:
    return tuple(dict.fromkeys((*_OWN, *json.loads(LIST.read_text(encoding="utf-8")))))


def naughty_words() -> list[str]:
    """Those of a length that a name may have."""
    return [text for text in naughty_strings() if 1 <= len(text) <= 200]


def is_readable(text: str) -> bool:
    """Whether it is neither blank nor has a control character."""
    return not text.isspace() and all(unicodedata.category(letter) != "Cc" for letter in text)
