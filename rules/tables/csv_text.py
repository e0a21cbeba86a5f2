"""Reads and writes tables of rules in CSV files, as spreadsheets do (`csv_dialect`).

The separator is the sign after the first word, which is `policy`: a comma, a semicolon or a tab. With a semicolon,
numbers may have a decimal comma.

A text that a spreadsheet would run as a formula is written with a ' before it (OWASP, CSV Injection), which reading
takes off again.
"""

import csv
import io
import re

from rules.errors import Finding, PolicyInvalid
from rules.syntax.yaml_document import refusal
from rules.tables import csv_dialect
from rules.tables.formulas import guarded, unguarded
from rules.tables.sheet import MOST_BYTES, MOST_COLUMNS, MOST_LETTERS, MOST_ROWS, Sheet

_FIRST_CELL = re.compile(r'"?policy"?[ \t]*?([,;\t])')
_BLANKS = " \t\r\n\u00a0\u202f"


def decoded(file: str, content: bytes) -> str:
    """The text of a CSV file; raises PolicyInvalid if it is too large or in no encoding that is read."""
    if len(content) > MOST_BYTES:
        raise refusal(file, 1, 1, "file-too-large", f"the file has {len(content)} bytes; at most {MOST_BYTES}")
    return csv_dialect.decoded(file, content)


def read_sheet(file: str, text: str) -> Sheet:
    """The cells of the text. Raises PolicyInvalid with every mistake."""
    text = text.removeprefix(csv_dialect.BOM)
    first = _FIRST_CELL.match(text)
    if first is None:
        message = "a table of rules starts with 'policy' in its first cell and the policy's id in the next"
        raise refusal(file, 1, 1, "not-a-table", message)
    separator = first[1]
    rows: list[tuple[str, ...]] = []
    findings: list[Finding] = []
    reader = csv.reader(io.StringIO(text, newline=""), delimiter=separator, strict=True)
    try:
        for cells in reader:
            if len(rows) >= MOST_ROWS:
                raise refusal(file, MOST_ROWS, 1, "table-too-large", f"more than {MOST_ROWS:,} rows; make two files")
            rows.append(tuple([cell.strip(_BLANKS) for cell in cells]))
            findings += _mistakes(file, len(rows), rows[-1])
    except csv.Error as error:
        message = f"this is no CSV: {error}; look for a quotation mark that is never closed"
        raise refusal(file, len(rows) + 1, 1, "bad-csv", message) from None
    if findings:
        raise PolicyInvalid(findings)
    return Sheet(
        rows=tuple([tuple(map(unguarded, cells[:MOST_COLUMNS])) for cells in rows]), decimal_comma=separator == ";"
    )


def csv_text(sheet: Sheet) -> str:
    """The sheet as CSV: with semicolons if it has decimal commas, else with commas."""
    target = io.StringIO(newline="")
    writer = csv.writer(target, delimiter=";" if sheet.decimal_comma else ",", lineterminator="\n")
    for row in sheet.rows:
        writer.writerow(map(guarded, row))
    return target.getvalue()


def _mistakes(file: str, row: int, cells: tuple[str, ...]) -> list[Finding]:
    """What is wrong with the cells of a row as they stand in the file."""
    if len(cells) > MOST_COLUMNS and any(cells[MOST_COLUMNS:]):
        message = f"more than {MOST_COLUMNS} columns; make two tables"
        return [*refusal(file, row, MOST_COLUMNS + 1, "table-too-large", message).findings]
    findings: list[Finding] = []
    for column, cell in enumerate(cells, start=1):
        if len(cell) > MOST_LETTERS:
            message = f"more than {MOST_LETTERS:,} letters in one cell"
            findings += refusal(file, row, column, "table-too-large", message).findings
        elif cell.startswith("="):
            findings += refusal(file, row, column, "formula", FORMULA_MESSAGE).findings
        elif "\0" in cell:
            findings += refusal(file, row, column, "bad-csv", "a NUL character").findings
    return findings


FORMULA_MESSAGE = "a formula; put its value in the cell (copy, then paste values only), or ' before it if it is a text"
