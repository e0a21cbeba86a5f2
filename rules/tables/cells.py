"""Reads a cell as the value that stands after the colon in a YAML policy, and writes such values into cells.

A cell is YAML on one line without its outermost brackets: `web`, `web, app` (one of these), `not: [web, app]`,
`at_least: 4, less_than: 10`. What Excel makes of numbers, dates and `true` is read as what it means; what it may have
spoilt is refused.
"""

import functools
import json
import re
from dataclasses import dataclass

from rules.errors import LiteralInvalid, PolicyInvalid
from rules.syntax.yaml_document import Node, Plain, read
from rules.tables.csv_dialect import COMMA_IN_NUMBER
from rules.vocabulary import Kind

_STRUCTURED = re.compile(r"""[][{},"]|:(?:\s|\Z)|\A'|\A\|""")
"""Signs with which a cell is more than one plain word."""
_QUOTED = re.compile(r'"(?:[^"\\]|\\.)*"', re.DOTALL)
_CONTROL = re.compile(r"[\x00-\x09\x0b-\x1f\x7f-\x9f\u2028\u2029\ufffe\uffff]")
_SHORTENED = re.compile(r"[0-9][.,]?[0-9]*E\+[0-9]+", re.ASCII)
_POINT_IN_NUMBER = re.compile(r"(?<=[0-9])\.(?=[0-9])", re.ASCII)
_DAY_FIRST = re.compile(r"\b([0-9]{1,2})/([0-9]{1,2})/([0-9]{4})\b", re.ASCII)
_BARE_COMPARISON = re.compile(r"(>=|<=|>|<|≥|≤)\s*(.*)", re.DOTALL)
_OPERATOR_OF = {
    ">=": "at_least",
    "≥": "at_least",
    ">": "more_than",
    "<=": "at_most",
    "≤": "at_most",
    "<": "less_than",
}
_EXCEL_FLAGS = {"TRUE": "true", "VRAI": "true", "FALSE": "false", "FAUX": "false"}
_WORDS = frozenset({Kind.WORD, Kind.CHOICE, Kind.TAGS})
_DAYS = frozenset({Kind.DATE, Kind.INSTANT})
_NO_NUMBERS = _WORDS | {Kind.FLAG, Kind.TIME} | _DAYS
_KEY = re.compile(r"[\w.]+:(?:\s|\Z)")
_SAFE = re.compile(r"(?!(?:~|null|Null|NULL)\Z)\w(?:(?:[\w .%+/*?()-]|:(?=\w))*[\w.%+/*?()-])?")
"""Texts that are the same word wherever they stand."""


@dataclass(frozen=True, slots=True, kw_only=True)
class CellFormat:
    """How the values of one column stand in its cells. `kind` is of the values; ANY where only they themselves tell, as
    for extra attributes and effects. `decimal_comma` as in `Sheet`.
    """

    kind: Kind
    decimal_comma: bool = False

    def read(self, text: str) -> Node:
        """The value in a cell that is not empty; raises LiteralInvalid."""
        text = self._as_policies_write(text)
        return _structured(text) if _STRUCTURED.search(text) else Plain(text)

    def _as_policies_write(self, text: str) -> str:
        """The text with its numbers, dates and flags as policies write them."""
        bare = _BARE_COMPARISON.fullmatch(text)
        if bare:
            raise LiteralInvalid(f"'{text}': write {_OPERATOR_OF[bare[1]]}: {bare[2]}")
        if self.kind not in _NO_NUMBERS and '"' not in text:
            text = self._with_points(text)
        if self.kind in _WORDS or self.kind is Kind.ANY:
            if _SHORTENED.fullmatch(text):
                message = f"'{text}' is a long number that a spreadsheet has shortened; format the column as text"
                raise LiteralInvalid(f"{message} and write it again")
            return text if self.kind in _WORDS else _EXCEL_FLAGS.get(text, text)
        if self.kind in _DAYS and "/" in text:
            return self._with_iso_dates(text)
        return _EXCEL_FLAGS.get(text, text) if self.kind is Kind.FLAG else text

    def _with_points(self, text: str) -> str:
        if self.decimal_comma:
            return COMMA_IN_NUMBER.sub(".", text)
        if COMMA_IN_NUMBER.search(text):
            message = f"'{text}' may be a decimal number or a list; write 2.5 for a number, 2, 5 for one of two"
            raise LiteralInvalid(message)
        return text

    def _with_iso_dates(self, text: str) -> str:
        day = _DAY_FIRST.search(text)
        if day and not self.decimal_comma:
            years_first = f"{day[3]}-{day[2]:0>2}-{day[1]:0>2} or {day[3]}-{day[1]:0>2}-{day[2]:0>2}"
            raise LiteralInvalid(f"'{text}' may be one of two days; write {years_first}")
        return _DAY_FIRST.sub(lambda found: f"{found[3]}-{found[2]:0>2}-{found[1]:0>2}", text)

    def write(self, node: Node) -> str:
        """The cell that is read as this value."""
        if isinstance(node, dict):
            return ", ".join(f"{key}: {self._inner(value)}" for key, value in node.items())
        if isinstance(node, list) and len(node) > 1:
            return ", ".join(map(self._inner, node))
        return self._inner(node[0] if isinstance(node, list) else node)

    def _inner(self, node: Node) -> str:
        """A value within another."""
        if isinstance(node, dict):
            return "{" + self.write(node) + "}"
        if isinstance(node, list):
            return "[" + ", ".join(map(self._inner, node)) + "]"
        return self._scalar(node or "")

    def _scalar(self, text: str) -> str:
        looks_otherwise = text in _EXCEL_FLAGS or _SHORTENED.fullmatch(text)
        if looks_otherwise or not _SAFE.fullmatch(text) or not (isinstance(text, Plain) or not Plain(text).is_core):
            return double_quoted(text)
        return _POINT_IN_NUMBER.sub(",", text) if self.decimal_comma and self.kind not in _NO_NUMBERS else text


def read_text(text: str) -> str:
    """A cell of free text: as it stands, or what is between double quotes that enclose all of it."""
    if _QUOTED.fullmatch(text):
        try:
            return str(json.loads(text, strict=False))
        except ValueError:
            return text
    return text


def text_cell(text: str) -> str:
    """The cell that `read_text` reads as this text."""
    return double_quoted(text) if text != text.strip() or _QUOTED.fullmatch(text) or _CONTROL.search(text) else text


def double_quoted(text: str) -> str:
    """The text between double quotes, on one line, as both YAML and JSON read it."""
    quoted = json.dumps(text, ensure_ascii=False)
    # beyond the first plane YAML and JSON have no escape in common, and need none
    return "".join(its if its.isprintable() or its > "\uffff" else f"\\u{ord(its):04x}" for its in quoted)


@functools.lru_cache(maxsize=4096)
def _structured(text: str) -> Node:
    """The value of a cell of more than one plain word: a mapping if it starts with a key, else one value or several."""
    enclosed = f"{{{text}}}" if _KEY.match(text) else f"[{text}]"
    try:
        node = read("", enclosed.encode()).root
    except PolicyInvalid as error:
        message = error.findings[0].message.removeprefix("this is no YAML: ")
        raise LiteralInvalid(f"'{text}' can't be read: {message}", code="bad-cell") from None
    return node[0] if isinstance(node, list) and len(node) == 1 else node
