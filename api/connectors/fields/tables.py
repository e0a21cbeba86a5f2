"""Lookup tables: their codes and ours, in the connector's file or in a CSV beside it."""

import io
from collections.abc import Callable, Mapping

from api.connectors.fields.conversion import Tables
from api.connectors.formats.format import BadRow, FormatOptions
from api.connectors.formats.reading import read_rows
from api.connectors.language.connector import Lookup
from engine.errors import InputInvalid, Mistake


def read_tables(lookups: Mapping[str, Lookup], read: Callable[[str], bytes]) -> Tables:
    """The tables by their names; `read` answers the content of a file beside the connector's. Raises InputInvalid with
    every mistake in them.
    """
    mistakes: list[Mistake] = []
    tables = {name: _table(lookup, read, mistakes) for name, lookup in lookups.items()}
    if mistakes:
        raise InputInvalid(mistakes)
    return tables


def _table(lookup: Lookup, read: Callable[[str], bytes], mistakes: list[Mistake]) -> Mapping[str, str]:
    if not lookup.file:
        return lookup.entries
    entries: dict[str, str] = {}
    for row in read_rows(io.BytesIO(read(lookup.file)), FormatOptions(format="csv")):
        where = f"{lookup.file}: {row.place}"
        if isinstance(row, BadRow):
            mistakes.append(Mistake(where=where, field=row.path, message=row.message))
            continue
        missing = next((name for name in (lookup.key, lookup.value) if not row.values.get(name, "").strip()), None)
        if missing is not None:
            message = "this cell is empty" if missing in row.values else "this column is missing"
            mistakes.append(Mistake(where=where, field=missing, message=message))
            continue
        key, value = row.values[lookup.key].strip(), row.values[lookup.value].strip()
        if entries.setdefault(key, value) != value:
            message = f"'{key}' was '{entries[key]}' above, and is '{value}' here"
            mistakes.append(Mistake(where=where, field=lookup.key, message=message))
    return entries
