"""Reads flat files: lines whose columns have fixed places, as ERPs write them, with records of several kinds if each
line begins with its kind.
"""

import io
from collections.abc import Iterator, Sequence
from typing import BinaryIO

from api.connectors.formats.encoding import rows_of_text
from api.connectors.formats.format import LARGEST_ROW, BadRow, FixedColumn, FormatOptions, Row, bad_file


def read_fixed(stream: BinaryIO, options: FormatOptions) -> Iterator[Row | BadRow]:
    """Each line of the kind of `record`, or each line. Blanks behind a cell are no part of it, and a line may end
    before columns that are empty; the last line must not be cut short. `around` has the columns of the lines above it.
    """
    return rows_of_text(stream, options, _rows)


def _rows(text: io.TextIOWrapper, options: FormatOptions) -> Iterator[Row | BadRow]:
    around: dict[str, str] = {}
    number = 0
    while line := text.readline(LARGEST_ROW):
        number += 1
        if len(line) == LARGEST_ROW:
            yield bad_file(f"a line has more than {LARGEST_ROW:,} letters", row=number)
            return
        if number <= options.skip or line.isspace():
            continue
        content = line.rstrip("\r\n")
        outer = next((columns for begin, columns in options.around.items() if content.startswith(begin)), None)
        is_row = options.record is None or content.startswith(options.record)
        if not is_row and outer is None:
            if not content.startswith(options.ignore or ("\n",)):
                yield _bad(number, content, "no `record`, `around` or `ignore` says what a line that begins so is")
            continue
        columns = options.fixed if is_row and outer is None else outer or ()
        mistake = _cut_short(line, columns)
        if mistake:
            yield _bad(number, content, mistake)
        elif outer is not None:
            around = {**around, **_cells(content, columns)}
        else:
            values = _cells(content, columns)
            yield Row(number=number, place=f"line {number}", values=values, raw=content, around=around)


def _cells(content: str, columns: Sequence[FixedColumn]) -> dict[str, str]:
    return {item.name: content[item.start - 1 : item.start - 1 + item.width].rstrip() for item in columns}


def _cut_short(line: str, columns: Sequence[FixedColumn]) -> str:
    """What is wrong with a last line that ends within its columns: programs end their lines."""
    width = max((item.start - 1 + item.width for item in columns), default=0)
    if line.endswith(("\n", "\r")) or len(line) >= width:
        return ""
    return f"the file ends in this line, after {len(line)} of {width} letters: it is cut short"


def _bad(number: int, content: str, message: str) -> BadRow:
    return BadRow(row=number, place=f"line {number}", path="", message=message, raw=content)
