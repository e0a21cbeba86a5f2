"""Reads the rows of a JSON document, one after the other: the elements of its array, or of the array at a path of
member names. It is read twice, first to see that it is whole: nothing of a file that is cut short is used.
"""

import io
from collections.abc import Iterator, Sequence
from contextlib import contextmanager
from typing import Any, BinaryIO

from api.connectors.formats.encoding import encoding_of, text_of
from api.connectors.formats.format import LARGEST_ROW, BadRow, FormatOptions, Row, bad_file, is_empty
from api.connectors.formats.json_text import JsonText
from api.connectors.formats.json_value import BadJson, decode


def read_json(stream: BinaryIO, options: FormatOptions) -> Iterator[Row | BadRow]:
    """Each element with its number, from 1. `around` is the document without the rows."""
    if is_empty(stream):
        if options.empty_is_bad:
            yield bad_file("the file is empty")
        return
    encoding = encoding_of(stream, options.encoding or _utf(stream))
    if isinstance(encoding, BadRow):
        yield encoding
        return
    path = [name for name in options.rows.split(".") if name]
    start = stream.tell()
    document = _Document(path)
    with _reading(stream, encoding) as text:
        failure = _failure(document, JsonText(text))
    if failure is not None:
        yield failure
        return
    stream.seek(start)
    with _reading(stream, encoding) as text:
        for number, (value, raw) in enumerate(_Document(path).rows(JsonText(text)), start=1):
            yield Row(number=number, place=f"element {number}", values=value, raw=raw, around=document.around)


def read_ndjson(stream: BinaryIO, options: FormatOptions) -> Iterator[Row | BadRow]:
    """A JSON value a line; blank lines are left out. A line that is none is bad, and the others are not."""
    if is_empty(stream):
        if options.empty_is_bad:
            yield bad_file("the file is empty")
        return
    encoding = encoding_of(stream, options.encoding or _utf(stream))
    if isinstance(encoding, BadRow):
        yield encoding
        return
    with _reading(stream, encoding) as text:
        number = 0
        while line := text.readline(LARGEST_ROW):
            number += 1
            if len(line) == LARGEST_ROW:
                yield bad_file(f"a line has more than {LARGEST_ROW:,} letters", row=number)
                return
            if not line.isspace():
                yield _row_of_line(number, line)


def _row_of_line(number: int, line: str) -> Row | BadRow:
    place, raw = f"line {number}", line.rstrip("\r\n")
    try:
        return Row(number=number, place=place, values=decode(line), raw=raw)
    except BadJson as error:
        is_cut = error.at_end and not line.endswith("\n")
        message = f"this is no JSON: {error}{'; it is cut short' if is_cut else ''}"
        return BadRow(row=number, place=place, path="", message=message, raw=raw)


@contextmanager
def _reading(stream: BinaryIO, encoding: str) -> Iterator[io.TextIOWrapper]:
    text = text_of(stream, encoding)
    try:
        yield text
    finally:
        text.detach()


def _utf(stream: BinaryIO) -> str | None:
    """UTF-8, which JSON is in, unless its first bytes say that it is UTF-16."""
    start = stream.tell()
    sample = stream.read(4)
    stream.seek(start)
    return None if 0 in sample or sample[:1] in (b"\xef", b"\xff", b"\xfe") else "utf-8"


def _failure(document: "_Document", text: JsonText) -> BadRow | None:
    """Why nothing of the document can be used, if so; fills its `around`."""
    count = 0
    try:
        for _ in document.rows(text):
            count += 1
    except BadJson as error:
        message = f"this is no JSON: {error}{'; the file is cut short' if error.at_end else ''}"
        return bad_file(message, row=text.line)
    if document.path and not document.found:
        return bad_file("there is no list of rows at this path", path=".".join(document.path))
    return None


class _Document:
    """A document whose rows are at `path`."""

    def __init__(self, path: Sequence[str]) -> None:
        self.path = path
        self.around: Any = {} if path else None
        self.found = False
        self._outside = 0

    def rows(self, text: JsonText) -> Iterator[tuple[Any, str]]:
        """The rows, each with its text; raises BadJson."""
        if self.path:
            yield from self._object(text, self.path, self.around)
        elif text.peek() == "[":
            yield from _elements(text)
        elif text.peek() == "{":
            yield text.value()
        else:
            text.take("{", "[")
        if text.peek():
            raise BadJson("something follows after its end; if each line is a document, the format is ndjson")

    def _object(self, text: JsonText, path: Sequence[str], around: dict[str, Any]) -> Iterator[tuple[Any, str]]:
        text.take("{")
        if text.peek() == "}":
            text.take("}")
            return
        seen = False
        while True:
            name, _ = text.value()
            if not isinstance(name, str):
                raise BadJson("the name of a member is expected, in quotation marks")
            if name in around or (seen and name == path[0]):
                raise BadJson(f"it says '{name}' twice in one object")
            text.take(":")
            if name != path[0]:
                around[name] = self._outer_value(text)
            elif len(path) > 1:
                seen = True
                around[name] = {}
                yield from self._object(text, path[1:], around[name])
            else:
                seen = self.found = True
                yield from _elements(text)
            if text.take(",", "}") == "}":
                return

    def _outer_value(self, text: JsonText) -> Any:
        value, raw = text.value()
        self._outside += len(raw)
        if self._outside > LARGEST_ROW:
            raise BadJson(f"what stands around the rows has more than {LARGEST_ROW:,} letters")
        return value


def _elements(text: JsonText) -> Iterator[tuple[Any, str]]:
    text.take("[")
    if text.peek() == "]":
        text.take("]")
        return
    while True:
        yield text.value()
        if text.take(",", "]") == "]":
            return
