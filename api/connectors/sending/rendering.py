"""Makes messages of records: picks their fields, and writes them in the connector's format. A record that can't be said
is put aside with the reason, and keeps no other back.
"""

import datetime
import hashlib
from collections.abc import Iterator, Sequence
from dataclasses import dataclass, field
from functools import partial
from typing import Any

import orjson

from api.connectors.fields.conversion import Tables
from api.connectors.fields.found import BadField
from api.connectors.fields.mapper import ROWS, Mapper
from api.connectors.fields.merging import merged
from api.connectors.fields.paths import ListPath, Path, inner_scopes, scopes_of
from api.connectors.formats.format import BadRow, FormatName, FormatOptions, Row
from api.connectors.formats.not_writable import NotWritable
from api.connectors.formats.writing import Control, write_document, write_rows
from api.connectors.language.connector import Connector
from api.connectors.language.places import HttpCall
from api.connectors.running.row_tests import counts
from api.connectors.sending.http_delivery import fields_in
from api.connectors.sending.outgoing import OutgoingMessage
from api.connectors.sending.record_tables import RecordTables
from api.connectors.sending.records.batch import Record
from engine.errors import PointsmanError

CONTENT_TYPES: dict[FormatName, str] = {
    "csv": "text/csv",
    "json": "application/json",
    "ndjson": "application/x-ndjson",
    "xml": "application/xml",
    "fixed": "text/plain",
    "edifact": "application/edifact",
    "x12": "application/edi-x12",
}
_JSON = FormatOptions(format="json")


class CannotBeWritten(PointsmanError):
    """Nothing can be written by the connector's file as it is, whatever the records are."""


@dataclass(frozen=True, slots=True, kw_only=True)
class BadRecord:
    """A record that is not sent, and what is wrong with it."""

    record: Record
    problems: tuple[str, ...]


@dataclass(slots=True, kw_only=True)
class Rendered:
    """The message, None if no record is left for it, of so many `records`; and those that are put aside."""

    message: OutgoingMessage | None = None
    records: int = 0
    bad: list[BadRecord] = field(default_factory=list)


class Renderer:
    """Of one connector that sends. `tables` are its lookup tables."""

    def __init__(self, connector: Connector, tables: Tables) -> None:
        if connector.sends is None:
            raise ValueError(f"{connector.name} sends nothing")
        self._connector = connector
        self._sends = connector.sends
        self._tables = RecordTables(connector.lookups, tables)
        self._mapper = Mapper(connector.fields, connector.format, self._tables.tables, outbound=True)
        self._tests = {test.path: Path(test.path, _JSON) for test in connector.when}
        self._each = ListPath(self._sends.each, _JSON) if self._sends.each else None
        self._is_one = any(mapping.each == ROWS for mapping in connector.fields.values())
        """Whether all records together are one document."""
        target = self._sends.target
        self._url_fields = fields_in(target.url) if isinstance(target, HttpCall) else ()

    def wanted(self, records: Sequence[Record]) -> list[Record]:
        """The records that count, as `when` says."""
        return [record for record in records if counts(self._connector.when, partial(self._find, record))]

    def render(self, records: Sequence[Record], *, number: int, at: datetime.datetime) -> Rendered:
        """The message with this number. The same arguments are the same message. Raises CannotBeWritten."""
        words = self.words(records, number=number, at=at)
        rendered = Rendered()
        left = list(records)
        while left:
            good = self._good(left, words, rendered)
            if not good:
                return rendered
            control = Control(number=number, at=at)
            try:
                body, url = self._written(good, control)
            except NotWritable as error:
                self._put_aside(left, good, control, rendered, error)
                continue
            rendered.records = len(good)
            rendered.message = OutgoingMessage(
                key=f"{self._connector.name}-{number}",
                name=_named(self._sends.file, words) or f"{self._connector.name}-{number}",
                body=body,
                content_type=CONTENT_TYPES[self._connector.format.format],
                url=url,
            )
            return rendered
        return rendered

    def _good(self, left: list[Record], words: dict[str, str], rendered: Rendered) -> list[list[dict[str, Any]]]:
        """The rows of each record, without those records that have no such row: these are taken out of `left`."""
        good, still = [], []
        for record in left:
            rows = self._rows(record, words)
            if isinstance(rows, tuple):
                rendered.bad.append(BadRecord(record=record, problems=tuple(str(bad) for bad in rows)))
                continue
            good.append(rows)
            still.append(record)
        left[:] = still
        return good

    def _put_aside(
        self,
        left: list[Record],
        good: Sequence[list[dict[str, Any]]],
        control: Control,
        rendered: Rendered,
        error: NotWritable,
    ) -> None:
        """Take out of `left` the records that can't be written, not even alone."""
        still = []
        for record, rows in zip(left, good, strict=True):
            try:
                self._written([rows], control)
            except NotWritable as alone:
                if not alone.row:  # it is not about the row
                    raise CannotBeWritten(f"{self._connector.document.file}: {alone}") from None
                rendered.bad.append(BadRecord(record=record, problems=(str(alone),)))
                continue
            still.append(record)
        if len(still) == len(left):
            raise CannotBeWritten(f"{self._connector.document.file}: {error}") from None
        left[:] = still

    def _rows(self, record: Record, words: dict[str, str]) -> list[dict[str, Any]] | tuple[BadRow, ...]:
        try:
            self._tables.show(record)
        except BadField as error:
            return (BadRow(row=1, place="record", path=error.path, message=error.message),)
        found: list[dict[str, Any]] = []
        for row in self._rows_of(record):
            mapped = self._mapper.map(row, words, [row] if self._is_one else ())
            if isinstance(mapped, tuple):
                return mapped
            found.append(mapped)
        return found

    def _rows_of(self, record: Record) -> Iterator[Row]:
        raw = orjson.dumps(record, default=str).decode()
        whole = Row(number=1, place="record", values=record, raw=raw)
        if self._each is None:
            yield whole
            return
        for number, item in enumerate(self._each.find(scopes_of(whole)) or (), start=1):
            value, around = inner_scopes(item, scopes_of(whole))
            yield Row(number=number, place=f"record, {self._sends.each} {number}", values=value, raw=raw, around=around)

    def _written(self, good: Sequence[list[dict[str, Any]]], control: Control) -> tuple[bytes, dict[str, str]]:
        """The body, and the fields that stand in the address in place of it."""
        options = self._connector.format
        rows = [dict(row) for of_record in good for row in of_record]
        if self._is_one:
            rows = [merged(rows)] if rows else []
        if self._url_fields and len(rows) != 1:
            raise NotWritable("the address has fields in it, so each message is of one record: say `most: 1`", row=0)
        url = {name: str(_taken(rows[0], name)) for name in self._url_fields}
        if len(rows) == 1 and (self._is_one or self._sends.most == 1):
            return write_document(rows[0], options, control), url
        return b"".join(write_rows(rows, options, control)), url

    def words(self, records: Sequence[Record], *, number: int, at: datetime.datetime) -> dict[str, str]:
        """What the words that begin with $ mean for the message of these records."""
        said = orjson.dumps(list(records), default=str, option=orjson.OPT_SORT_KEYS)
        return {
            "$key": f"{self._connector.name}-{number}-{hashlib.sha256(said).hexdigest()[:16]}",
            "$number": str(number),
            "$date": f"{at:%Y%m%d}",
            "$time": f"{at:%H%M%S}",
            "$now": at.isoformat().replace("+00:00", "Z"),
            "$connector": self._connector.name,
        }

    def _find(self, record: Record, path: str) -> Any:
        return self._tests[path].find([record])


def _taken(row: dict[str, Any], name: str) -> Any:
    """The field, which is in the address and not in the body."""
    if name not in row:
        raise NotWritable(f"the address has a field '{name}', and the record has none", row=1)
    return row.pop(name)


def _named(form: str, words: dict[str, str]) -> str:
    """The name of a file, with what the words in it mean."""
    for word in sorted(words, key=len, reverse=True):
        form = form.replace(word, words[word].replace(":", ""))
    return form
