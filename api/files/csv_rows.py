"""Reads the rows of CSV files, as programs and as spreadsheets write them; mistakes name file, row and column."""

import csv
import io
from collections import Counter
from collections.abc import Collection, Iterator, Sequence
from pathlib import Path
from typing import Any

from marshmallow import Schema, ValidationError

from api.files.file_content import read_content
from api.shapes.mistakes import mistakes_of
from api.shapes.quantities import NO_DECIMALS, Quantities
from engine.errors import InputInvalid, Mistake
from rules.errors import PolicyInvalid
from rules.tables import csv_dialect

DECIMAL_COMMA = ";"
"""The separator of spreadsheets in whose countries the comma is the decimal sign."""


def content_or_none(path: Path, mistakes: list[Mistake]) -> bytes | None:
    try:
        return read_content(path)
    except InputInvalid as error:
        mistakes += error.mistakes
        return None


def load_row(
    shape: Schema, row: dict[str, str], where: str, mistakes: list[Mistake], quantities: Quantities = NO_DECIMALS
) -> dict[str, Any] | None:
    """The row as its shape reads it, or None if there are mistakes in it, which are added to `mistakes`."""
    try:
        row = quantities.read(row)
    except ValidationError as error:
        mistakes += mistakes_of(error.messages, where=where)
        return None
    if quantities.decimals:
        row = {name: str(value) for name, value in row.items()}
    errors = shape.validate(row)
    if errors:
        mistakes += mistakes_of(errors, where=where)
        return None
    return dict(shape.load(row))


def rows(
    path: Path, required: Sequence[str], mistakes: list[Mistake], *, numbers: Collection[str] = ()
) -> Iterator[tuple[str, dict[str, str]]]:
    """Each row of a CSV with its place, `stock.csv:12`, and without empty cells; mistakes are added to `mistakes`.

    Columns are separated by commas, semicolons or tabs. With semicolons the `numbers`, columns of them, may have a
    decimal comma.
    """
    content = content_or_none(path, mistakes)
    if content is not None:
        yield from rows_of(str(path), content, required, mistakes, numbers=numbers)


def rows_of(
    name: str, content: bytes, required: Sequence[str], mistakes: list[Mistake], *, numbers: Collection[str] = ()
) -> Iterator[tuple[str, dict[str, str]]]:
    """As `rows`, of a file's content; `name` is what places begin with."""
    try:
        text = csv_dialect.decoded(name, content).removeprefix(csv_dialect.BOM)
    except PolicyInvalid as error:
        mistakes += [Mistake(where=f"{name}:{item.line}", field="", message=item.message) for item in error.findings]
        return
    separator = csv_dialect.separator(text) or ","
    reader = csv.reader(io.StringIO(text, newline=""), delimiter=separator, strict=True)
    try:
        names = _without_empty_end([cell.strip() for cell in next(reader, [])])
        column_mistakes = list(_column_mistakes(f"{name}:1", names, required))
        mistakes += column_mistakes
        if column_mistakes:
            return
        decimals = frozenset(numbers) if separator == DECIMAL_COMMA else frozenset()
        for cells in reader:
            if any(cells):
                yield from _row(f"{name}:{reader.line_num}", names, cells, decimals, mistakes)
    except csv.Error as error:
        mistakes.append(Mistake(where=f"{name}:{reader.line_num}", field="", message=f"this is no CSV: {error}"))


def _row(
    where: str, names: Sequence[str], cells: list[str], decimals: Collection[str], mistakes: list[Mistake]
) -> Iterator[tuple[str, dict[str, str]]]:
    if len(cells) != len(names):
        cells = _without_empty_end(cells, least=len(names))
    if len(cells) != len(names):
        message = f"the row does not have {len(names)} cells as the first one has"
        mistakes.append(Mistake(where=where, field="", message=message))
        return
    row = {column: stripped for column, cell in zip(names, cells, strict=True) if (stripped := cell.strip())}
    for column in decimals:
        if column in row:
            row[column] = csv_dialect.number_text(row[column])
    yield where, row


def _without_empty_end(cells: list[str], *, least: int = 0) -> list[str]:
    """The cells without empty ones at the end, which spreadsheets write where a column or a row once was longer."""
    size = len(cells)
    while size > least and not cells[size - 1].strip():
        size -= 1
    return cells[:size]


def _column_mistakes(where: str, names: Sequence[str], required: Sequence[str]) -> Iterator[Mistake]:
    for name in required:
        if name not in names:
            yield Mistake(where=where, field=name, message="this column is missing")
    for name, count in Counter(names).items():
        if count > 1:
            yield Mistake(where=where, field=name, message="this column stands here a second time")
