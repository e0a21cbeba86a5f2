"""What a reader of a format is: bytes and options in, rows or bad rows out, with bounded memory."""

import io
import shutil
import tempfile
from collections.abc import Callable, Iterator, Mapping
from contextlib import contextmanager
from dataclasses import dataclass, field
from typing import Any, BinaryIO, Literal, TypeAlias, cast

FormatName: TypeAlias = Literal["csv", "json", "ndjson", "xml", "xlsx", "fixed", "edifact", "x12"]
EDI_FORMATS: frozenset[FormatName] = frozenset({"edifact", "x12"})
LARGEST_ROW = 16 << 20
"""Bytes of one row: one order, one element of a JSON array, one message of EDI that is a row."""
_IN_MEMORY = 1 << 20


@dataclass(frozen=True, slots=True, kw_only=True)
class Row:
    """One row as it was read. `number` is its line in a text file, or else which one it is, from 1; `place` says the
    same to people: `line 12`, `message 4711, LIN 3`. `raw` is its text as it came. `values` depends on the format:

    - csv, xlsx, fixed: a cell's text by the name of its column;
    - json, ndjson: the value itself, numbers with a fraction as Decimal;
    - xml: the element; edifact, x12: an EdiGroup.

    `around` is the document around the row, without its rows, where the format has one; paths that begin with / are
    about it.
    """

    number: int
    place: str
    values: Any
    raw: str = ""
    around: Any = None


@dataclass(frozen=True, slots=True, kw_only=True)
class BadRow:
    """A row that can't be used, and why. `path` is the column or path that is meant; empty if it is the row as such.
    `whole`: nothing of the file may be used from here on, or, with `edi_message`, nothing of that EDI message.
    """

    row: int
    place: str
    path: str
    message: str
    raw: str = ""
    whole: bool = False
    edi_message: int | None = None
    """Of EDI: the message that is meant, by the number that its first segment has in the file. Its reference does not
    tell: another interchange in the same file may use it, too.
    """
    segment: int | None = None
    """Of EDI: which one of its message is meant, from 1."""

    def __str__(self) -> str:
        return ": ".join(part for part in (self.place, self.path, self.message) if part)


@dataclass(frozen=True, slots=True, kw_only=True)
class FixedColumn:
    """Of a flat file: letters `start` (from 1) to `start + width - 1`."""

    name: str
    start: int
    width: int


@dataclass(frozen=True, slots=True, kw_only=True)
class EdiEnvelope:
    """Of EDI that is written: between whom it goes, `ZZ:ACME` with a qualifier or without, and what it is. `type` is
    that of the message, `940` or `DESADV`; `version` as in GS08, `004010`, or as in UNH, `D:96A:UN:EAN005`; `syntax` as
    in UNB, `UNOC:3`.
    """

    type: str
    sender: str
    receiver: str
    version: str
    syntax: str = "UNOC:3"
    test: bool = False


@dataclass(frozen=True, slots=True, kw_only=True)
class SegmentLoop:
    """Segments that are written for each element of the list `each`."""

    each: str
    segments: tuple["str | SegmentLoop", ...]


@dataclass(frozen=True, slots=True, kw_only=True)
class FormatOptions:
    """How a file is to be read or written; what is not given is found out, or the format does without it."""

    format: FormatName
    encoding: str | None = None
    """A Python name of it: of csv, fixed, edifact, x12, ndjson. Not given: UTF-8, UTF-16 or Windows-1252, as found."""
    delimiter: str | None = None
    """Of csv."""
    header: bool = True
    """Of csv and xlsx: whether the first row names the columns."""
    skip: int = 0
    """Lines or rows before the header that say something else."""
    columns: tuple[str, ...] = ()
    """Names of the columns, in place of those of the header."""
    columns_read: tuple[str, ...] = ()
    """Of csv and xlsx: columns from which fields are read. A header that has none of them is that of another file."""
    fixed: tuple[FixedColumn, ...] = ()
    record: str | None = None
    """Of a flat file with records of several kinds: what a line that is a row begins with."""
    ignore: tuple[str, ...] = ()
    """Beginnings of lines (fixed) or types of messages (edifact, x12) that are left out on purpose."""
    rows: str = ""
    """Where the rows are. json: names of members, `data.items`; xml: an element path, `stock/item`; edifact, x12: the
    segment that begins one, `LIN`, `HL.I`; empty: the document, or each element of its array; each message.
    """
    namespaces: Mapping[str, str] = field(default_factory=dict)
    sheet: str | None = None
    messages: tuple[str, ...] = ()
    """Types of EDI messages that are read; any other is bad, unless it is in `ignore`."""
    groups: tuple[str, ...] = ()
    """Segments that begin a group in an EDI message, outermost first, if not those that are known of its type."""
    around: Mapping[str, tuple[FixedColumn, ...]] = field(default_factory=dict)
    """Of a flat file with records of several kinds: the columns of those that stand above the rows they are about, by
    what their lines begin with. Paths that begin with / are about the last line of each.
    """
    root: str = ""
    """Of xml that is written: the name of the outermost element."""
    right: tuple[str, ...] = ()
    """Columns of a flat file that is written which stand at the right of their places."""
    zeros: tuple[str, ...] = ()
    """Columns of a flat file that is written which are filled with zeros from the left."""
    envelope: EdiEnvelope | None = None
    segments: tuple[str | SegmentLoop, ...] = ()
    """Of EDI that is written: the segments of a message, with fields in braces, `W01*{quantity}*EA**VN*{sku}`."""
    empty_is_bad: bool = True
    """Whether a file without a byte is bad. One that has a header and no row is not."""


Reader: TypeAlias = Callable[[BinaryIO, FormatOptions], Iterator[Row | BadRow]]
"""Reads a stream from its place on; what can't be read is a BadRow, and never left out. The stream can seek."""


def bad_file(message: str, *, row: int = 0, place: str = "", path: str = "") -> BadRow:
    """That nothing of the file can be used, or nothing from this row on."""
    return BadRow(
        row=row, place=place or (f"line {row}" if row else "the file"), path=path, message=message, whole=True
    )


@contextmanager
def seekable(stream: BinaryIO) -> Iterator[BinaryIO]:
    """The stream itself if it can seek, or else a temporary file with all that it has: readers look twice."""
    if stream.seekable():
        yield stream
        return
    with tempfile.SpooledTemporaryFile(max_size=_IN_MEMORY) as spooled:
        shutil.copyfileobj(stream, spooled)
        spooled.seek(0)
        yield cast("BinaryIO", spooled)


def is_empty(stream: BinaryIO) -> bool:
    """Whether nothing is left to read of it."""
    first = stream.read(1)
    stream.seek(-len(first), io.SEEK_CUR)
    return not first
