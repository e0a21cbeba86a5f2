"""Reads the rows of CSV files; mistakes name file, line and field."""

import csv
import io
from collections import Counter
from collections.abc import Iterator, Sequence
from pathlib import Path
from typing import Any

from marshmallow import Schema, ValidationError

from api.files.file_content import read_content
from api.shapes.mistakes import mistakes_of
from api.shapes.quantities import NO_DECIMALS, Quantities
from engine.errors import InputInvalid, Mistake

_OTHER_SEPARATORS = {";": "semicolons", "\t": "tabs"}
"""What spreadsheets write between columns where the comma is the decimal sign, or when they copy."""


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


def rows(path: Path, required: list[str], mistakes: list[Mistake]) -> Iterator[tuple[str, dict[str, str]]]:
    """Each row of a CSV with its place, `stock.csv:12`, and without empty cells; mistakes are added to `mistakes`."""
    content = content_or_none(path, mistakes)
    if content is None:
        return
    try:
        text = content.decode("utf-8-sig")
    except UnicodeDecodeError as error:
        line = content[: error.start].count(b"\n") + 1
        mistakes.append(
            Mistake(where=f"{path}:{line}", field="", message="this line is not UTF-8; save the file as UTF-8")
        )
        return
    reader = csv.DictReader(io.StringIO(text, newline=""), strict=True)
    try:
        column_mistakes = list(_column_mistakes(f"{path}:1", reader.fieldnames or (), required))
        mistakes += column_mistakes
        if column_mistakes:
            return
        for row in reader:
            where = f"{path}:{reader.line_num}"
            if None in row or None in row.values():
                message = f"the row does not have {len(reader.fieldnames or ())} cells as the first one has"
                mistakes.append(Mistake(where=where, field="", message=message))
                continue
            yield where, {name: cell.strip() for name, cell in row.items() if cell.strip()}
    except csv.Error as error:
        # the inner reader's line number: DictReader's own is not advanced when a row fails
        mistakes.append(Mistake(where=f"{path}:{reader.reader.line_num}", field="", message=f"this is no CSV: {error}"))


def _column_mistakes(where: str, names: Sequence[str], required: Sequence[str]) -> Iterator[Mistake]:
    separator = next((word for letter, word in _OTHER_SEPARATORS.items() if len(names) == 1 and letter in names[0]), "")
    if separator:
        message = f"the columns are separated by {separator}; save the file with commas between them"
        yield Mistake(where=where, field="", message=message)
        return
    for name in required:
        if name not in names:
            yield Mistake(where=where, field=name, message="this column is missing")
    for name, count in Counter(names).items():
        if count > 1:
            yield Mistake(where=where, field=name, message="this column stands here a second time")
