"""Lookup tables that stand in the record that is sent: `rows` of a connector's lookups."""

from collections.abc import Iterator, Mapping
from dataclasses import dataclass
from typing import Any

from api.connectors.fields.conversion import Tables, text_of
from api.connectors.fields.paths import ListPath, Path, Scopes
from api.connectors.formats.format import FormatOptions
from api.connectors.language.connector import Lookup
from api.connectors.sending.records.batch import Record

_JSON = FormatOptions(format="json")


@dataclass(frozen=True, slots=True)
class _Paths:
    rows: ListPath
    each: ListPath | None
    key: Path
    value: Path


class RecordTables:
    """`tables` are all of a connector: those of its file, and those of the record that was shown last."""

    def __init__(self, lookups: Mapping[str, Lookup], tables: Tables) -> None:
        self.tables: dict[str, Mapping[str, Any]] = dict(tables)
        self._paths = {name: _paths(lookup) for name, lookup in lookups.items() if lookup.rows}

    def show(self, record: Record) -> None:
        for name, paths in self._paths.items():
            self.tables[name] = dict(_entries(paths, record))


def _paths(lookup: Lookup) -> _Paths:
    each = ListPath(lookup.each, _JSON) if lookup.each else None
    return _Paths(ListPath(lookup.rows, _JSON), each, Path(lookup.key, _JSON), Path(lookup.value, _JSON))


def _entries(paths: _Paths, record: Record) -> Iterator[tuple[str, Any]]:
    """Of rows that have both a key and a value."""
    for scopes in _rows(paths, record):
        key, value = paths.key.find(scopes), paths.value.find(scopes)
        if key is not None and value is not None:
            yield text_of(key, paths.key.text), value


def _rows(paths: _Paths, record: Record) -> Iterator[Scopes]:
    for row in paths.rows.find([record]) or ():
        if paths.each is None:
            yield [row, record]
        else:
            yield from ([item, row, record] for item in paths.each.find([row]) or ())
