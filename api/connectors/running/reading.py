"""Reads a message into rows with the fields of ours."""

import hashlib
import logging
from collections.abc import Generator, Iterator, Mapping, Sequence
from contextlib import closing, contextmanager
from dataclasses import dataclass
from typing import Any, BinaryIO

import orjson

from api.connectors.fields.conversion import Tables
from api.connectors.fields.found import BadField
from api.connectors.fields.mapper import Mapper
from api.connectors.fields.paths import Path, scopes_of
from api.connectors.formats.edi.groups import EdiGroup
from api.connectors.formats.edi.message_identity import message_identity
from api.connectors.formats.format import BadRow, Row
from api.connectors.formats.reading import read_rows
from api.connectors.language.connector import Connector
from api.connectors.running.row_tests import counts, text_of, verify
from api.connectors.sources.message import Message
from engine.decide.order_record import timestamp

ONCE_BYTES = 16

logger = logging.getLogger("pointsman")


@dataclass(frozen=True, slots=True, kw_only=True)
class ReadRow:
    """A row that counts. `once` is the same whenever the same message comes, as the connector says; `named`: by words
    of the message, and not by all that is in the row.
    """

    number: int
    place: str
    raw: str
    fields: Mapping[str, Any]
    once: bytes
    named: bool
    edi_message: int | None = None
    """The message of EDI that the row is part of, by the number of its first segment in the file."""

    def op(self, connector: str) -> str:
        """The operation id of what is made of it."""
        return f"connector:{connector}:{self.once.hex()}"


@dataclass(frozen=True, slots=True, kw_only=True)
class SkippedRow:
    """One that does not count, as `when` says."""

    number: int


ReadItem = ReadRow | SkippedRow | tuple[BadRow, ...]
"""Mistakes of one row stand together."""


class MessageReader:
    """Reads the messages of a connector. `tables` are its lookup tables."""

    def __init__(self, connector: Connector, tables: Tables) -> None:
        self._connector = connector
        self.tables = tables
        self._mapper = Mapper(connector.fields, connector.format, tables)
        tests = (*connector.when, *connector.must)
        paths = (*connector.once, *connector.group, *(test.path for test in tests))
        self._paths = {path: Path(path, connector.format) for path in paths if not path.startswith("$")}

    @contextmanager
    def reading(self, message: Message) -> Iterator[Iterator[ReadItem]]:
        """Every row of the message, or group of rows, in its order."""
        with message.open() as stream, closing(self._read(stream, message)) as items:
            yield items

    def _read(self, stream: BinaryIO, message: Message) -> Generator[ReadItem, None, None]:
        words = words_of(message, self._connector.name)
        for rows in self._groups(read_rows(stream, self._connector.format), words):
            yield (rows,) if isinstance(rows, BadRow) else self._item(rows, words)

    def _groups(self, rows: Iterator[Row | BadRow], words: Mapping[str, str]) -> Iterator[Sequence[Row] | BadRow]:
        """Each row by itself, or rows that follow each other and agree in what the connector groups by."""
        members: list[Row] = []
        before: Any = None
        for row in rows:
            key = None if isinstance(row, BadRow) else self._group_of(row, words)
            if members and (key is None or key != before):
                yield members
                members = []
            before = key
            if isinstance(row, BadRow):
                yield row
            else:
                members.append(row)
        if members:
            yield members

    def _group_of(self, row: Row, words: Mapping[str, str]) -> Any:
        if not self._connector.group:
            return row.number
        return self._values(self._connector.group, row, {**words, **words_of_row(row)})

    def _item(self, rows: Sequence[Row], words: Mapping[str, str]) -> ReadItem:
        row = rows[0]
        words = {**words, **words_of_row(row)}
        try:
            if not counts(self._connector.when, lambda path: self._find(path, row, words)):
                return SkippedRow(number=row.number)
            verify(self._connector.must, lambda path: self._find(path, row, words))
            once = self._once(row, words)
        except BadField as error:
            return (_bad_row(row, error.path, error.message),)
        try:
            fields = self._mapper.map(row, words, rows if self._connector.group else ())
        except Exception as error:  # a row that nobody thought of must not keep back those after it
            logger.exception("connector %s: %s can't be read", self._connector.name, row.place)
            message = f"this release can't read the row: {type(error).__name__}: {error}"
            return (_bad_row(row, "", message),)
        if isinstance(fields, tuple):
            return fields
        return ReadRow(
            number=row.number,
            place=row.place,
            raw=row.raw,
            fields=fields,
            once=_digest(once or fields),
            named=bool(once),
            edi_message=edi_message(row.values),
        )

    def _once(self, row: Row, words: Mapping[str, str]) -> list[str | None]:
        """Raises BadField if part of what makes the message the same is not there."""
        values = self._values(self._connector.once, row, words)
        for path, value in zip(self._connector.once, values, strict=True):
            if value is None:
                raise BadField(path, "this is part of what makes the message the same ('once'), and is not there")
        return values

    def _values(self, paths: Sequence[str], row: Row, words: Mapping[str, str]) -> list[str | None]:
        found = [self._find(path, row, words) for path in paths]
        return [None if value is None else text_of(value) for value in found]

    def _find(self, path: str, row: Row, words: Mapping[str, str]) -> Any:
        return words.get(path) if path.startswith("$") else self._paths[path].find(scopes_of(row))


def edi_message(values: Any) -> int | None:
    """The number of the first segment of the EDI message that a row is part of; None if it is of another format."""
    return values.message.begin.number if isinstance(values, EdiGroup) else None


def words_of_row(row: Row) -> dict[str, str]:
    """What the words that begin with $ mean for one row of a message."""
    words = {"$row": str(row.number)}
    if isinstance(row.values, EdiGroup):
        words["$message"] = message_identity(row.values)
    return words


def _bad_row(row: Row, path: str, message: str) -> BadRow:
    return BadRow(
        row=row.number, place=row.place, path=path, message=message, raw=row.raw, edi_message=edi_message(row.values)
    )


def words_of(message: Message, connector: str) -> dict[str, str]:
    """What the words that begin with $ mean for a message. Headers go by small letters, as HTTP makes no difference."""
    headers = {f"$header.{name.lower()}": value for name, value in message.headers.items()}
    return {
        "$file": message.name,
        "$received_at": timestamp(message.received_at),
        "$connector": connector,
        **headers,
    }


def _digest(value: Any) -> bytes:
    text = orjson.dumps(value, default=str, option=orjson.OPT_SORT_KEYS)
    return hashlib.sha256(text).digest()[:ONCE_BYTES]
