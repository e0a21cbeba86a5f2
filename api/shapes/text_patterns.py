"""What texts look like that stand for numbers and words: the patterns of the OpenAPI page, in the part of regular
expressions that JSON Schema and Python have in common.
"""

from collections.abc import Callable, Mapping
from typing import Any

from rules.syntax import literals

DEGREES: Mapping[int, str] = {
    90: r"^-?([0-8]?[0-9](\.[0-9]{1,20})?|90(\.0{1,20})?)$",
    180: r"^-?((1[0-7])?[0-9](\.[0-9]{1,20})?|[1-9][0-9](\.[0-9]{1,20})?|180(\.0{1,20})?)$",
}
"""By the most that they may be."""
MONEY = r"^[0-9]{1,12}(\.[0-9]{1,6})?$"
UNITS = r"^[0-9]{1,12}(\.[0-9]{1,3})?$"
ONE_LINE = "^[^\\u0000-\\u001f\\u007f-\\u009f]*$"
"""Without control characters."""
TIME = "^([01][0-9]|2[0-3]):[0-5][0-9]$|^24:00$"
SPAN = "^([01][0-9]|2[0-3]):[0-5][0-9] ?- ?(([01][0-9]|2[0-3]):[0-5][0-9]|24:00)$"
"""From a time of the day to another."""
LITERALS: Mapping[Callable[[str], Any], Mapping[str, Any]] = {
    literals.count: {"type": ["integer", "string"], "minimum": 0, "pattern": "^(0|[1-9][0-9]{0,11})$"},
    literals.duration: {"type": "string", "pattern": "^(0|[1-9][0-9]{0,11}) ?(m|min|h|d)$"},
    literals.money: {
        "type": ["number", "string"],
        "minimum": 0,
        "pattern": r"^(0|[1-9][0-9]{0,5})(\.[0-9]{1,6})?( ?[A-Z]{3})?$",
    },
    literals.share: {"type": "string", "pattern": r"^(100|[1-9]?[0-9](\.[0-9]{1,2})?) ?%$"},
    literals.time: {"type": "string", "pattern": TIME},
    literals.weight: {"type": "string", "pattern": "^(0|[1-9][0-9]{0,5}) ?(g|kg|t)$"},
}
"""Schemas of what is written as in a file, by what reads it."""
