"""Reads the rows of a sheet of an Excel workbook (openpyxl), one after the other. A cell is what it says: a number with
the digits that Excel keeps of it, a date as 2026-11-27, an instant as 2026-11-27T18:30:00.
"""

import datetime
import re
import zipfile
import zlib
from collections.abc import Iterator
from decimal import Decimal
from typing import Any, BinaryIO

from api.connectors.formats.csv_format import columns_of, row_of_cells
from api.connectors.formats.format import BadRow, FormatOptions, Row, bad_file, is_empty

_MOST_UNPACKED = 1 << 30
_MOST_TEXTS = 64 << 20
"""Bytes of the texts that all sheets share, which openpyxl holds."""
_CHUNK = 1 << 20
_FORMULA = re.compile(rb"<(?:\w+:)?f[\s>/]")
_NO_WORKBOOK = "this is no Excel workbook, or it is damaged; save it as .xlsx, without a password"


def read_xlsx(stream: BinaryIO, options: FormatOptions) -> Iterator[Row | BadRow]:
    """The rows of the sheet, or of the only one. A cell with an error, or with a formula that nobody has worked out
    yet, makes its row bad.
    """
    if is_empty(stream):
        if options.empty_is_bad:
            yield bad_file("the file is empty")
        return
    start = stream.tell()
    failure, has_formulas = _look_inside(stream)
    stream.seek(start)
    if failure:
        yield bad_file(failure)
        return
    from openpyxl import load_workbook  # noqa: PLC0415  # a fifth of a second that only workbooks cost

    opened: list[Any] = []
    try:
        try:
            opened += [load_workbook(stream, read_only=True, data_only=True)]
            opened += [load_workbook(stream, read_only=True)] if has_formulas else []
            sheets = [_sheet(workbook, options.sheet) for workbook in opened]
        except Exception:  # noqa: BLE001  # a damaged file raises anything: KeyError, ValueError, ParseError, zlib's own
            yield bad_file(_NO_WORKBOOK)
            return
        if isinstance(sheets[0], BadRow):
            yield sheets[0]
            return
        try:
            yield from _rows(sheets[0], sheets[1] if has_formulas else None, options)
        except Exception:  # noqa: BLE001  # as above
            yield bad_file(_NO_WORKBOOK)
    finally:
        for workbook in opened:
            workbook.close()


def _look_inside(stream: BinaryIO) -> tuple[str, bool]:
    """Why the file is not read, if so, and whether there are formulas in it."""
    try:
        with zipfile.ZipFile(stream) as archive:
            items = archive.infolist()
            if sum(item.file_size for item in items) > _MOST_UNPACKED:
                return f"the workbook unpacks to more than {_MOST_UNPACKED:,} bytes", False
            if any(item.file_size > _MOST_TEXTS for item in items if item.filename.endswith("sharedStrings.xml")):
                return f"the workbook has more than {_MOST_TEXTS:,} bytes of texts; send it as CSV", False
            sheets = [item for item in items if item.filename.startswith("xl/worksheets/")]
            return "", any(_has_formula(archive, item) for item in sheets)
    except (zipfile.BadZipFile, ValueError, NotImplementedError, RuntimeError, OSError, EOFError, zlib.error):
        return _NO_WORKBOOK, False


def _has_formula(archive: zipfile.ZipFile, item: zipfile.ZipInfo) -> bool:
    """Reading all of it also checks that it is as it was packed."""
    found, end = False, b""
    with archive.open(item) as content:
        while chunk := content.read(_CHUNK):
            found = found or bool(_FORMULA.search(end + chunk))
            end = chunk[-16:]
    return found


def _sheet(workbook: Any, name: str | None) -> Any:
    names = [sheet.title for sheet in workbook.worksheets]
    if name is None and len(names) == 1:
        return workbook.worksheets[0]
    if name in names:
        return workbook[name]
    listed = ", ".join(f"'{item}'" for item in names)
    if name is None:
        return bad_file(f"the workbook has several sheets, {listed}; say which one by `sheet`")
    return bad_file(f"the workbook has no sheet '{name}'; it has {listed}")


def _rows(sheet: Any, formulas: Any, options: FormatOptions) -> Iterator[Row | BadRow]:
    sheet.reset_dimensions()  # what a program wrote as the sheet's size may be wrong, and rows would be left out
    number, header = 0, None
    names: tuple[str, ...] | BadRow | None = None if options.header else columns_of(None, options)
    for number, cells in enumerate(_cell_rows(sheet, formulas), start=1):
        texts = [_text(value, formula) for value, formula in cells]
        if number <= options.skip:
            continue
        if names is None:
            header = [text or "" for text in texts]
            names = columns_of(header, options)
            continue
        if isinstance(names, BadRow):
            break
        bad = next((index for index, text in enumerate(texts) if text is None), None)
        known = [text or "" for text in texts]
        if bad is None and (not any(known) or known == header):
            continue
        yield _row(number, names, known, bad, cells)
    if isinstance(names, BadRow):
        yield names
    elif names is None:
        yield bad_file("the sheet is empty")


def _row(
    number: int, names: tuple[str, ...], texts: list[str], bad: int | None, cells: list[tuple[Any, Any]]
) -> Row | BadRow:
    place, raw = f"row {number}", "\t".join(texts)
    if bad is not None:
        path = names[bad] if bad < len(names) else f"column {bad + 1}"
        value, formula = cells[bad]
        message = (
            f"the cell says {value}" if value is not None else f"nobody has worked out {formula}; open it in Excel"
        )
        return BadRow(row=number, place=place, path=path, message=message, raw=raw)
    texts += [""] * (len(names) - len(texts))  # a row ends with its last cell that has something in it
    item = row_of_cells(number, names, texts, raw)
    return type(item)(**{**{name: getattr(item, name) for name in item.__slots__}, "place": place})


def _cell_rows(sheet: Any, formulas: Any) -> Iterator[list[tuple[Any, Any]]]:
    """Of each row, what each cell says, and the formula that says it."""
    if formulas is None:
        for values in sheet.iter_rows(values_only=True):
            yield [(value, None) for value in values]
        return
    formulas.reset_dimensions()
    both = zip(sheet.iter_rows(values_only=True), formulas.iter_rows(values_only=True), strict=True)
    for values, sources in both:
        yield list(zip(values, sources, strict=True))


def _text(value: Any, formula: Any) -> str | None:
    """None: the cell does not say what it is."""
    match value:
        case None:
            return "" if formula is None else None
        case bool():
            return str(value).lower()
        case int():
            return str(value)
        case float():
            return format(Decimal(repr(value)).normalize(), "f")
        case datetime.datetime():
            return str(value.date()) if value.time() == datetime.time() else value.isoformat()
        case datetime.date() | datetime.time():
            return value.isoformat()
        case str() if _ERROR.fullmatch(value):
            return None
    return str(value)


_ERROR = re.compile(r"#(NULL!|DIV/0!|VALUE!|REF!|NAME\?|NUM!|N/A|GETTING_DATA|SPILL!|CALC!)")
