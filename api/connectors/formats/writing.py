"""Writes rows in the form in which others read them, a part of the file after the other. What a format can't say is
refused: nothing is cut, and no letter becomes a question mark.
"""

import csv
import datetime
import io
from collections.abc import Callable, Iterable, Iterator, Mapping, Sequence
from dataclasses import dataclass
from decimal import Decimal
from typing import Any, TypeAlias

from api.connectors.formats.edi.edi_writer import write_edi
from api.connectors.formats.format import FormatName, FormatOptions
from api.connectors.formats.not_writable import NotWritable
from api.connectors.formats.xml_writer import write_xml
from api.shapes.quantities import encode


@dataclass(frozen=True, slots=True, kw_only=True)
class Control:
    """What makes one file another than the next: a `number` that never comes again, and the instant `at` of writing, in
    UTC. The same rows and control are the same bytes.
    """

    number: int
    at: datetime.datetime


Rows: TypeAlias = Iterable[Mapping[str, Any]]
Writer: TypeAlias = Callable[[Rows, FormatOptions, Control], Iterator[bytes]]


def write_rows(rows: Rows, options: FormatOptions, control: Control) -> Iterator[bytes]:
    """The parts of a file with these rows. Raises NotWritable."""
    yield from WRITERS[options.format](rows, options, control)


def write_document(value: Mapping[str, Any], options: FormatOptions, control: Control) -> bytes:
    """A file that is one row, all of it: of JSON and XML no list, but the document itself. Raises NotWritable."""
    match options.format:
        case "json":
            return encode(value)
        case "xml":
            return b"".join(write_xml([value], options, whole=True))
    return b"".join(write_rows([value], options, control))


def write_csv(rows: Rows, options: FormatOptions, _: Control) -> Iterator[bytes]:
    """With a header, unless it is said otherwise. Lines end as RFC 4180 says."""
    encoding = options.encoding or "utf-8"
    columns: Sequence[str] = options.columns
    for number, row in enumerate(rows, start=1):
        if number == 1:
            columns = columns or tuple(row)
            mark = encoding in ("utf-8-sig", "utf-16")
            yield b"\xef\xbb\xbf" if encoding == "utf-8-sig" else b"\xff\xfe" if mark else b""
            if options.header:
                yield _csv_line(columns, options, encoding, 0)
        unknown = next((name for name in row if name not in columns), None)
        if unknown is not None:
            raise NotWritable(f"there is no column '{unknown}'", row=number)
        yield _csv_line([cell(row.get(name), number, name) for name in columns], options, encoding, number)


def _csv_line(cells: Sequence[str], options: FormatOptions, encoding: str, number: int) -> bytes:
    line = io.StringIO(newline="")
    csv.writer(line, delimiter=options.delimiter or ",", lineterminator="\r\n").writerow(cells)
    return encoded(line.getvalue(), encoding, number)


def write_json(rows: Rows, options: FormatOptions, _: Control) -> Iterator[bytes]:
    """An array, or an object with it at the path of `rows`."""
    path = [name for name in options.rows.split(".") if name]
    yield b"".join(b"{" + encode(name) + b":" for name in path) + b"["
    for number, row in enumerate(rows, start=1):
        yield (b"," if number > 1 else b"") + encode(row)
    yield b"]" + b"}" * len(path)


def write_ndjson(rows: Rows, options: FormatOptions, _: Control) -> Iterator[bytes]:
    encoding = options.encoding or "utf-8"
    for number, row in enumerate(rows, start=1):
        yield encode(row) + b"\n" if encoding == "utf-8" else encoded(encode(row).decode() + "\n", encoding, number)


def write_fixed(rows: Rows, options: FormatOptions, _: Control) -> Iterator[bytes]:
    """A line a row, and above it one of each other kind of record whose columns are not those of the line before."""
    encoding = options.encoding or "utf-8"
    before: dict[str, bytes] = {}
    for number, row in enumerate(rows, start=1):
        for begin, columns in options.around.items():
            line = encoded(_fixed_line(begin, columns, row, options, number), encoding, number)
            if before.get(begin) != line:
                before[begin] = line
                yield line
        yield encoded(_fixed_line(options.record or "", options.fixed, row, options, number), encoding, number)


def _fixed_line(begin: str, columns: Iterable[Any], row: Mapping[str, Any], options: FormatOptions, number: int) -> str:
    letters = list(begin)
    for item in columns:
        text = cell(row.get(item.name), number, item.name)
        if len(text) > item.width:
            raise NotWritable(
                f"'{text}' has more than the {item.width} letters of its column", row=number, path=item.name
            )
        if "\n" in text or "\r" in text:
            raise NotWritable("a line end can't stand in a flat file", row=number, path=item.name)
        if item.name in options.zeros and text:
            sign, digits = ("-", text[1:]) if text.startswith("-") else ("", text)
            text = sign + digits.rjust(item.width - len(sign), "0")
        text = text.rjust(item.width) if item.name in options.right else text.ljust(item.width)
        letters += " " * (item.start - 1 + item.width - len(letters))
        letters[item.start - 1 : item.start - 1 + item.width] = text
    return "".join(letters) + "\n"


def cell(value: Any, number: int, path: str) -> str:
    """One value as text; raises NotWritable for a list or an object."""
    match value:
        case None:
            return ""
        case str():
            return value
        case bool():
            return "true" if value else "false"
        case int():
            return str(value)
        case Decimal():
            return format(value, "f")
    raise NotWritable("a list or an object can't stand in one cell", row=number, path=path)


def encoded(text: str, encoding: str, number: int) -> bytes:
    """Raises NotWritable."""
    plain = {"utf-8-sig": "utf-8", "utf-16": "utf-16-le"}.get(encoding, encoding)
    try:
        return text.encode(plain)
    except UnicodeEncodeError as error:
        raise NotWritable(f"'{text[error.start]}' can't be written in {encoding}", row=number) from None


def _write_edi(rows: Rows, options: FormatOptions, control: Control) -> Iterator[bytes]:
    return write_edi(rows, options, number=control.number, at=control.at)


def _write_xml(rows: Rows, options: FormatOptions, _: Control) -> Iterator[bytes]:
    return write_xml(rows, options)


WRITERS: Mapping[FormatName, Writer] = {
    "csv": write_csv,
    "json": write_json,
    "ndjson": write_ndjson,
    "xml": _write_xml,
    "fixed": write_fixed,
    "edifact": _write_edi,
    "x12": _write_edi,
}
