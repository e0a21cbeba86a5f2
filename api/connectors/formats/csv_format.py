"""Reads CSV as programs and spreadsheets write it: separator and encoding found out, cells with line ends, rows that
repeat the header.
"""

import csv
import io
from collections import Counter
from collections.abc import Iterator, Sequence
from typing import BinaryIO

from api.connectors.formats.encoding import rows_of_text
from api.connectors.formats.format import LARGEST_ROW, BadRow, FormatOptions, Row, bad_file

_MOST_NAMED = 3
"""Columns that are read are named, where a header has none of them."""
DELIMITERS = (",", ";", "\t", "|")


def read_csv(stream: BinaryIO, options: FormatOptions) -> Iterator[Row | BadRow]:
    """Each row that has a cell with something in it. A row with more or fewer cells than columns is bad; from a
    quotation mark that is not closed on, nothing can be read.
    """
    return rows_of_text(stream, options, _rows)


def _rows(text: io.TextIOWrapper, options: FormatOptions) -> Iterator[Row | BadRow]:
    lines = _Lines(text)
    try:
        for _ in range(options.skip):
            next(lines, None)
        reader = csv.reader(lines, delimiter=options.delimiter or _delimiter(lines.peek()), strict=True)
        header = next(reader, None) if options.header else None
        names = columns_of(header, options)
        if isinstance(names, BadRow):
            yield names
            return
        lines.take()
        for cells in reader:
            number, raw = lines.take()
            if any(cell.strip() for cell in cells) and cells != header:
                yield row_of_cells(number, names, cells, raw)
    except csv.Error as error:
        yield bad_file(f"this is no CSV: {error}", row=lines.number or 1)


def columns_of(header: Sequence[str] | None, options: FormatOptions) -> tuple[str, ...] | BadRow:
    """The names of the columns: those that are stated, or else the header's."""
    if options.columns:
        return options.columns
    if header is None:
        return bad_file("there is no header, and `columns` does not say what is in which column")
    names = list(header)
    while names and not names[-1].strip():
        names.pop()
    names = [name.strip() for name in names]
    if not names:
        return bad_file("the header is empty")
    twice = [name for name, count in Counter(names).items() if count > 1]
    if twice:
        message = "this column stands in the header a second time; name the columns yourself, by `columns`"
        return bad_file(message, row=1, path=twice[0])
    if options.columns_read and not set(names).intersection(options.columns_read):
        named = ", ".join(f"'{name}'" for name in options.columns_read[:_MOST_NAMED])
        return bad_file(f"the header has none of the columns that are read, such as {named}", row=1)
    return tuple(names)


def row_of_cells(number: int, names: Sequence[str], cells: list[str], raw: str) -> Row | BadRow:
    """The row, or that it has another number of cells. Empty cells behind the last column are those of spreadsheets."""
    size = len(cells)
    while size > len(names) and not cells[size - 1].strip():
        size -= 1
    place = f"line {number}"
    if size != len(names):
        message = f"there are {size} cells, and {len(names)} columns"
        return BadRow(row=number, place=place, path="", message=message, raw=raw)
    return Row(number=number, place=place, values=dict(zip(names, cells, strict=False)), raw=raw)


def _delimiter(line: str) -> str:
    """The one that stands most often outside of quotation marks in the header; a comma if none does."""
    outside = "".join(line.split('"')[::2])
    return max(DELIMITERS, key=outside.count)


class _Lines:
    """Lines of a text, counted; keeps those that were read since `take`."""

    def __init__(self, text: io.TextIOWrapper) -> None:
        self._text = text
        self._kept: list[str] = []
        self._next: str | None = None
        self.number = 0

    def peek(self) -> str:
        if self._next is None:
            self._next = self._text.readline(LARGEST_ROW)
            if len(self._next) == LARGEST_ROW:
                raise csv.Error(f"a line has more than {LARGEST_ROW:,} letters")
        return self._next

    def take(self) -> tuple[int, str]:
        """The number of the first of the lines that were kept, and all of them."""
        first, raw = self.number - len(self._kept) + 1, "".join(self._kept).rstrip("\r\n")
        self._kept.clear()
        return first, raw

    def __iter__(self) -> "_Lines":
        return self

    def __next__(self) -> str:
        line = self.peek()
        self._next = None
        if not line:
            raise StopIteration
        self.number += 1
        self._kept.append(line)
        return line
