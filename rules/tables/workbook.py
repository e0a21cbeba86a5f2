"""Reads the sheets of an Excel workbook (.xlsx) as tables of texts, and writes one (openpyxl).

A cell counts as it is shown: a number formatted as 6% is the text 6%, a date is 2026-11-01, TRUE is true. What says
more than is shown, or other things at other times, is refused: formulas, merged cells, numbers of more than 15 digits.
"""

import datetime
import io
import re
import zipfile
from collections.abc import Iterator, Mapping
from typing import Any, TypeVar

from rules.errors import Finding, PolicyInvalid
from rules.syntax.yaml_document import refusal
from rules.tables.csv_text import FORMULA_MESSAGE
from rules.tables.sheet import MOST_BYTES, MOST_COLUMNS, MOST_ROWS, Sheet, column_letters

T = TypeVar("T")
MOST_BYTES_UNPACKED = 64 << 20
MOST_SHEETS = 50
LONGEST_NAME = 31
"""Letters of the name of a sheet."""
NOTES_SHEET = "#"
"""The first letter of the name of a sheet that is not read."""
_EXACT = 10**15
"""Excel keeps 15 digits of a number."""
_PADDED = re.compile(r"0{2,}")
_QUOTED_IN_FORMAT = re.compile(r'"[^"]*"|\\.|\[[^]]*\]')


def read_workbook(file: str, content: bytes) -> Mapping[str, Sheet]:
    """The sheets that hold something, by name, but those whose names begin with #. Raises PolicyInvalid with every
    mistake.
    """
    sheets: dict[str, Sheet] = {}
    findings: list[Finding] = []
    for worksheet in _opened(file, content).worksheets:
        if worksheet.title.startswith(NOTES_SHEET):
            continue
        name = f"{file}/{worksheet.title}.csv"
        mistakes = list(_mistakes(name, worksheet)) or list(_cell_mistakes(name, worksheet))
        findings += mistakes
        rows = [] if mistakes else [_without_end([_text(cell) for cell in row], "") for row in worksheet.iter_rows()]
        if any(rows):
            sheets[worksheet.title] = Sheet(rows=_without_end(rows, ()))
    if findings:
        raise PolicyInvalid(findings)
    if not sheets:
        raise refusal(file, 1, 1, "not-a-table", "the workbook is empty")
    return sheets


def write_workbook(sheets: Mapping[str, Sheet]) -> bytes:
    """A workbook of these sheets. Every cell is text, so that nothing is taken for a formula or a date."""
    from openpyxl import Workbook  # noqa: PLC0415  # a fifth of a second that only workbooks cost

    workbook = Workbook()
    workbook.remove(workbook.active)
    for name, sheet in sheets.items():
        worksheet = workbook.create_sheet(name)
        for number, cells in enumerate(sheet.rows, start=1):
            for column, text in enumerate(cells, start=1):
                if text:
                    cell = worksheet.cell(number, column, text)
                    cell.data_type = "s"
                    cell.number_format = "@"
    target = io.BytesIO()
    workbook.save(target)
    return target.getvalue()


def _opened(file: str, content: bytes) -> Any:
    if len(content) > MOST_BYTES:
        raise refusal(file, 1, 1, "file-too-large", f"the file has {len(content)} bytes; at most {MOST_BYTES}")
    broken = refusal(file, 1, 1, "bad-workbook", "this is no Excel workbook; save it as .xlsx, without a password")
    try:
        with zipfile.ZipFile(io.BytesIO(content)) as archive:
            unpacked = sum(item.file_size for item in archive.infolist())
    except (zipfile.BadZipFile, ValueError, NotImplementedError):
        raise broken from None
    if unpacked > MOST_BYTES_UNPACKED:
        message = f"the workbook unpacks to {unpacked} bytes; at most {MOST_BYTES_UNPACKED}"
        raise refusal(file, 1, 1, "file-too-large", message)
    from openpyxl import load_workbook  # noqa: PLC0415  # as above

    try:
        workbook = load_workbook(io.BytesIO(content))
    except Exception:  # noqa: BLE001  # a damaged file raises anything: KeyError, ValueError, ParseError, zlib's own
        raise broken from None
    if len(workbook.sheetnames) > MOST_SHEETS:
        raise refusal(file, 1, 1, "table-too-large", f"more than {MOST_SHEETS} sheets; make two workbooks")
    return workbook


def _mistakes(name: str, worksheet: Any) -> Iterator[Finding]:
    """What of a sheet can't be read as text."""
    if "/" in worksheet.title:
        yield from refusal(name, 1, 1, "bad-workbook", "a / in the sheet's name; give it another").findings
    for merged in worksheet.merged_cells.ranges:
        message = f"merged cells {merged.coord}: only the first has a value; unmerge them and fill each"
        yield from refusal(name, merged.min_row, merged.min_col, "merged-cells", message).findings
    if worksheet.max_row > MOST_ROWS or worksheet.max_column > MOST_COLUMNS:
        message = (
            f"{worksheet.max_row:,} rows and {worksheet.max_column:,} columns; at most {MOST_ROWS:,} and "
            f"{MOST_COLUMNS:,}: make two tables, or delete what is empty below and beside the table"
        )
        yield from refusal(name, 1, 1, "table-too-large", message).findings


def _cell_mistakes(name: str, worksheet: Any) -> Iterator[Finding]:
    for row in worksheet.iter_rows():
        for cell in row:
            message = _cell_mistake(cell)
            if message:
                code = "formula" if cell.data_type == "f" else "bad-cell"
                where = f"{column_letters(cell.column)}{cell.row}"
                yield from refusal(name, cell.row, cell.column, code, f"{where}: {message}").findings


def _cell_mistake(cell: Any) -> str:
    value = cell.value
    if value is None:
        return ""
    if cell.data_type == "f":
        return FORMULA_MESSAGE
    if cell.data_type == "e":
        return f"the error {value} of a formula"
    if isinstance(value, (int, float)) and not isinstance(value, bool) and abs(value) >= _EXACT:
        return f"{value:.0f} has more digits than Excel keeps; format the cell as text and write it again"
    return ""


def _text(cell: Any) -> str:
    """What a cell says, as a policy would write it."""
    value, shown = cell.value, _QUOTED_IN_FORMAT.sub("", cell.number_format or "")
    match value:
        case bool():
            return str(value).lower()
        case datetime.datetime():
            return str(value.date()) if value.time() == datetime.time() else f"{value:%Y-%m-%d %H:%M}"
        case datetime.date():
            return str(value)
        case datetime.time():
            return f"{value:%H:%M}"
        case datetime.timedelta():
            minutes = value // datetime.timedelta(minutes=1)
            return f"{minutes // 60:02}:{minutes % 60:02}"
        case int() | float():
            return _shown_number(value, shown)
    return "" if value is None else str(value).strip()


def _without_end(items: list[T], empty: T) -> tuple[T, ...]:
    """The items without the empty ones at the end, so that formats on empty cells change no text."""
    while items and items[-1] == empty:
        items.pop()
    return tuple(items)


def _shown_number(value: float, number_format: str) -> str:
    if "%" in number_format:
        return f"{_number(value * 100)}%"
    return f"{value:0{len(number_format)}.0f}" if _PADDED.fullmatch(number_format) else _number(value)


def _number(value: float) -> str:
    """With the 15 digits that Excel keeps, and never as 1e-05."""
    text = f"{value:.15g}"
    return f"{value:.15f}".rstrip("0") if "e" in text else text
