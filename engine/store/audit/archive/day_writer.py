"""Writes one Parquet file of an archive, as day_reader.py reads it."""

import contextlib
import os
from collections.abc import Iterable
from itertools import islice
from pathlib import Path
from typing import Any

from engine.store.audit.archive.day_reader import LISTS, NUMBERS, TEXTS, schema
from engine.store.audit.decision_entry import summary_of
from engine.store.audit.parquet import pyarrow
from engine.store.log.stored_entry import UNREADABLE, RawEntry, parse_entry_id

_ROWS = 8_192
"""Rows of a group, which is the least that is read of a file."""


def write_day(path: Path, entries: Iterable[RawEntry]) -> None:
    """Write the entries into a new file, which is on disk before it gets its name. Raises ArchiveUnavailable if pyarrow
    is missing, OSError.
    """
    arrow = pyarrow()
    columns = schema(arrow)
    unfinished = path.with_name(f".{path.name}.{os.getpid()}")
    rest = iter(entries)
    try:
        with unfinished.open("wb") as file:
            with arrow.parquet.ParquetWriter(file, columns, compression="zstd") as writer:
                while group := list(islice(rest, _ROWS)):
                    writer.write_table(arrow.Table.from_pylist(list(map(_row, group)), schema=columns))
            file.flush()
            os.fsync(file.fileno())
        unfinished.replace(path)
        sync_folder(path.parent)
    finally:
        unfinished.unlink(missing_ok=True)


def sync_folder(folder: Path) -> None:
    """The names of its files are on disk, too."""
    descriptor = os.open(folder, os.O_RDONLY)
    try:
        os.fsync(descriptor)
    finally:
        os.close(descriptor)


def _row(raw: RawEntry) -> dict[str, Any]:
    entry_id, fields = raw
    millis, number = parse_entry_id(entry_id)
    parts = [{"name": name, "value": value} for name, value in fields.items()]
    return {"millis": millis, "number": number, "fields": parts, **search_columns(raw)}


def search_columns(raw: RawEntry) -> dict[str, Any]:
    """The columns that an entry is searched by: what they should be. Those of decisions are left out of others."""
    entry_id, fields = raw
    row: dict[str, Any] = {
        "kind": fields.get(b"kind", b"").decode(errors="replace"),
        "id": fields.get(b"id", b"").decode(errors="replace"),
    }
    # one that can't be read is archived as it is
    with contextlib.suppress(*UNREADABLE):
        summary = summary_of(entry_id, fields)
        if summary is not None:
            row |= {name: getattr(summary, name) for name in (*TEXTS, *NUMBERS)}
            row |= {name: list(getattr(summary, name)) for name in LISTS}
    return row
