"""Reads the row of headings of a table: which part of a rule each column holds.

    id                          the rule's id; always the first column
    node.type                   a fact; cells hold what YAML has after the colon: store, or at_least: 4
    stock.on_hand at_least      a fact and an operator; cells hold the value alone
    is                          terms
    keep, prefer, exclude ...   an effect
    protect web                 the units or the share protected for a channel
    because, because fr         the reason: in English, in another language
    from, until, off, weekdays, hours, overrides

A column whose heading begins with # is a comment.
"""

import functools
import re
from collections.abc import Mapping, Sequence
from dataclasses import dataclass

from marshmallow import fields

from rules.conditions import UNWRITTEN, Operator
from rules.effects import STAGE_OF
from rules.syntax.condition_parser import Notes
from rules.syntax.policy_shapes import LANGUAGE_PATTERN, RuleShape
from rules.syntax.yaml_document import Path
from rules.tables.cells import CellFormat
from rules.vocabulary import VOCABULARY, Kind, is_attribute

ID = "id"
_OPERATORS = (*(operator.value for operator in Operator if operator not in UNWRITTEN), "not")
_KINDS_OF_KEYS = {
    "from": Kind.INSTANT,
    "until": Kind.INSTANT,
    "disabled": Kind.FLAG,
    "hours": Kind.TIME,
    "overrides": Kind.WORD,
}


@dataclass(frozen=True, slots=True, kw_only=True)
class Column:
    """A column of a table: `path` is where in a rule its cells belong, as ("when", "node.type"); `format` is None if
    they are free text.
    """

    path: Path
    format: CellFormat | None
    listed: bool = False
    """Whether the value is a list even if there is but one."""


@functools.cache
def window_keys() -> Mapping[str, bool]:
    """The keys of a rule that have a column of their own, and whether their values are lists."""
    named = {field.data_key or name: isinstance(field, fields.List) for name, field in RuleShape().fields.items()}
    return {key: listed for key, listed in named.items() if key not in (ID, "because", "when", "then")}


def read_headings(cells: Sequence[str], row: int, notes: Notes, *, decimal_comma: bool) -> dict[int, Column | None]:
    """The columns by number, None for those whose headings begin with #, which are comments. What is wrong with a
    heading is noted at its cell.
    """
    columns: dict[int, Column | None] = {}
    first: dict[Path, int] = {}
    for number, heading in enumerate(cells, start=1):
        if heading.startswith("#"):
            columns[number] = None
        if not heading or number in columns:
            continue
        column = _column(heading, (row, number), notes, decimal_comma=decimal_comma)
        if column is None:
            continue
        if column.path in first:
            message = f"'{heading}' stands here a second time; the first is column {first[column.path]}"
            notes.add((row, number), "duplicate-key", message)
        first.setdefault(column.path, number)
        columns[number] = column
    return columns


def heading_of(path: Path) -> str:
    """The heading of the column whose cells belong at this path of a rule."""
    start, *rest = path
    return " ".join(str(part) for part in ((start, *rest) if start == "because" else rest or (start,)))


def column_at(path: Path, *, decimal_comma: bool) -> Column:
    """The column whose cells belong at `path`, which a heading may have."""
    start, *rest = path
    kind = _KINDS_OF_KEYS.get(str(start), Kind.WORD)
    if start in (ID, "because"):
        return Column(path=path, format=None)
    if start == "when":
        operator = str(rest[1]) if len(rest) > 1 else ""
        kind = Kind.FLAG if operator == Operator.KNOWN.value else _kind_of(str(rest[0]))
    elif start == "then":
        kind = Kind.ANY
    listed = window_keys().get(str(start), False)
    return Column(path=path, format=CellFormat(kind=kind, decimal_comma=decimal_comma), listed=listed)


def _kind_of(fact: str) -> Kind:
    if fact == "is":
        return Kind.WORD
    return VOCABULARY[fact].kind if fact in VOCABULARY else Kind.ANY


def _column(heading: str, place: Path, notes: Notes, *, decimal_comma: bool) -> Column | None:
    path = _path(heading, place, notes)
    return column_at(path, decimal_comma=decimal_comma) if path else None


def _path(heading: str, place: Path, notes: Notes) -> Path | None:
    """Where the cells under the heading belong; None after a finding."""
    word, *rest = heading.split()
    start, _, language = heading.replace(" ", ".").partition(".")
    if start == "because":
        return _because(language.strip("."), place, notes)
    if heading == "is":
        return ("when", heading)
    if word in VOCABULARY or is_attribute(word):
        return _condition(word, rest, place, notes)
    if word in STAGE_OF and len(rest) <= (word == "protect"):
        return ("then", word, *rest)
    if heading == ID or heading in window_keys():
        return (heading,)
    known = (*VOCABULARY, *STAGE_OF, *window_keys(), "because", "because en")
    message = f"'{heading}' is no heading: a column is a fact, an effect, because or {', '.join(window_keys())}"
    notes.add(place, "unknown-heading", message, known, word)
    return None


def _because(language: str, place: Path, notes: Notes) -> Path | None:
    if language and not re.fullmatch(LANGUAGE_PATTERN, language):
        notes.add(place, "unknown-heading", f"'{language}' is no language; write because en, because fr")
        return None
    return ("because", language) if language else ("because",)


def _condition(fact: str, operators: list[str], place: Path, notes: Notes) -> Path | None:
    if len(operators) > 1 or (operators and operators[0] not in _OPERATORS):
        word = " ".join(operators)
        message = f"'{word}' is no operator; a heading is a fact, or a fact and one of {', '.join(_OPERATORS)}"
        notes.add(place, "unknown-operator", message, _OPERATORS, word)
        return None
    return ("when", fact, *operators)
