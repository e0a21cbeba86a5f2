"""Finds out how a text file is encoded, without loading it: by its byte order mark, by its zeros, as UTF-8, or else as
Windows-1252, in which Excel writes in western Europe.
"""

import codecs
import io
import re
from collections.abc import Callable, Iterator
from typing import BinaryIO

from api.connectors.formats.format import BadRow, FormatOptions, Row, bad_file, is_empty

_CHUNK = 1 << 16
_MARKS = (
    (codecs.BOM_UTF8, "utf-8-sig"),
    (codecs.BOM_UTF16_LE, "utf-16"),
    (codecs.BOM_UTF16_BE, "utf-16"),
)
_SAMPLE = 64
_HIGH = re.compile(rb"[\x80-\xff]")


def encoding_of(stream: BinaryIO, stated: str | None = None) -> str | BadRow:
    """The encoding of what is left of the stream, which stays where it is. What contradicts the stated encoding, or
    itself, is bad: nothing is read as letters that it does not say.
    """
    start = stream.tell()
    try:
        if stated is not None:
            return _checked(stream, stated)
        sample = stream.read(_SAMPLE)
        stream.seek(start)
        guess = _marked(sample) or _without_mark(sample)
        return _checked(stream, guess) if guess else _utf8_or_windows(stream)
    finally:
        stream.seek(start)


def _marked(sample: bytes) -> str | None:
    return next((name for mark, name in _MARKS if sample.startswith(mark)), None)


def _without_mark(sample: bytes) -> str | None:
    """UTF-16 without a mark: in most scripts every other byte is zero."""
    pairs = len(sample) // 2
    if pairs and sample[1::2].count(0) > pairs // 2:
        return "utf-16-le"
    if pairs and sample[::2].count(0) > pairs // 2:
        return "utf-16-be"
    return None


def _checked(stream: BinaryIO, encoding: str) -> str | BadRow:
    fault = _first_fault(stream, encoding)
    if fault is None:
        return encoding
    line, at_end, _ = fault
    if at_end:
        return bad_file(f"the file ends within a letter: it is cut short, or it is not {encoding}", row=line)
    return bad_file(f"this is not {encoding}; say which `encoding` it has", row=line)


def _utf8_or_windows(stream: BinaryIO) -> str | BadRow:
    start = stream.tell()
    fault = _first_fault(stream, "utf-8")
    if fault is None:
        return "utf-8"
    line, at_end, has_wide = fault
    if has_wide and at_end:
        return bad_file("the file ends within a letter: it is cut short", row=line)
    if has_wide:
        message = "this is not UTF-8, as the lines before it are; was it put together of files of two encodings?"
        return bad_file(message, row=line)
    stream.seek(start)
    fault = _first_fault(stream, "cp1252")
    if fault is None:
        return "cp1252"
    return bad_file("this is neither UTF-8 nor Windows-1252; say which `encoding` it has", row=fault[0])


def _first_fault(stream: BinaryIO, encoding: str) -> tuple[int, bool, bool] | None:
    """The line of the first bytes that are no text, whether they are the file's end, and whether letters of more than a
    byte come before them. None if there are none.
    """
    decoder = codecs.getincrementaldecoder(encoding)()
    line, has_wide = 1, False
    for chunk in _chunks(stream):
        try:
            text = decoder.decode(chunk)
        except UnicodeDecodeError as error:
            before = error.object[: error.start]
            # an error says where in its own bytes, those kept of the chunk before included
            return line + before.count(b"\n"), False, has_wide or bool(_HIGH.search(before))
        line += text.count("\n")
        has_wide = has_wide or not text.isascii()
    try:
        decoder.decode(b"", final=True)
    except UnicodeDecodeError:
        return line, True, has_wide
    return None


def _chunks(stream: BinaryIO) -> Iterator[bytes]:
    while chunk := stream.read(_CHUNK):
        yield chunk


def text_of(stream: BinaryIO, encoding: str) -> io.TextIOWrapper:
    """The stream as text, line ends as they are. Detach it before it is collected, or the stream is closed."""
    return io.TextIOWrapper(stream, encoding=encoding, newline="")


def rows_of_text(
    stream: BinaryIO, options: FormatOptions, rows: Callable[[io.TextIOWrapper, FormatOptions], Iterator[Row | BadRow]]
) -> Iterator[Row | BadRow]:
    """What `rows` makes of the stream as text; that it is empty, or not encoded as it is said to be. The stream stays
    open.
    """
    if is_empty(stream):
        if options.empty_is_bad:
            yield bad_file("the file is empty")
        return
    encoding = encoding_of(stream, options.encoding)
    if isinstance(encoding, BadRow):
        yield encoding
        return
    text = text_of(stream, encoding)
    try:
        yield from rows(text, options)
    finally:
        text.detach()
