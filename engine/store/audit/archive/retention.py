"""Forgets archived entries of some kinds after a time: a day's file is written anew without them.

Only kinds that the ledger can do without are forgotten: with the others, nobody could check it any more. The leaf of an
entry stays in the sealed log, so what is left of a day can be proved as before.
"""

import os
from collections import Counter
from collections.abc import Mapping
from collections.abc import Set as AbstractSet
from pathlib import Path
from typing import Any

from engine.audit.sealing.leaf import leaf_of
from engine.errors import ArchiveUnavailable, SealBroken
from engine.store.audit.archive.archived_log import DAY_MILLISECONDS, ArchivedDay, ArchivedLog
from engine.store.audit.archive.day_reader import read_day, schema
from engine.store.audit.archive.day_writer import sync_folder
from engine.store.audit.parquet import pyarrow
from engine.store.audit.sealed_log import SealedLog
from engine.store.connection.client import Client, faults
from engine.store.keys import Keys

_MILLISECONDS = 60_000
"""In one minute."""


class Retention:
    """Of one network's archive: by kind, for how many minutes its entries are kept."""

    def __init__(self, client: Client, keys: Keys, kept: Mapping[str, int]) -> None:
        self._client = client
        self._keys = keys
        self._kept = kept
        self._archive = ArchivedLog(client, keys)
        self._sealed = SealedLog(client, keys)

    def run(self) -> Counter[str]:
        """Forget what is due, by the server's clock; returns how many entries of each kind. Raises ArchiveUnavailable,
        SealBroken if what would be left of a file is not as it was sealed: then the file stays as it is.
        """
        forgotten: Counter[str] = Counter()
        now, through = self._client.milliseconds(self._keys.log), self._archive.through()
        for day in self._archive.days() if self._kept else ():
            over = (day.last[0] // DAY_MILLISECONDS + 1) * DAY_MILLISECONDS
            due = {
                kind for kind, minutes in self._kept.items() if over + minutes * _MILLISECONDS <= now
            } - day.forgotten
            if due and day.last <= through:
                forgotten += self._forget(day, due)
        return forgotten

    def _forget(self, day: ArchivedDay, kinds: AbstractSet[str]) -> Counter[str]:
        path = self._archive.file(day)
        unfinished = path.with_name(f".{path.name}.{os.getpid()}")
        try:
            gone = _write_without(path, unfinished, kinds)
            if gone:
                self._verify(unfinished, day)
                unfinished.replace(path)
                sync_folder(path.parent)
        except (OSError, ValueError) as error:
            raise ArchiveUnavailable(f"the archive can't be written: {path}: {error}") from error
        finally:
            unfinished.unlink(missing_ok=True)
        with faults():
            self._client.redis.hset(self._keys.archived_days, day.date, str(day.without(kinds)))
        return gone

    def _verify(self, path: Path, day: ArchivedDay) -> None:
        """Raise SealBroken unless all entries of the file were sealed so, in this order."""
        end = self._sealed.index_of(day.last, size=self._sealed.state().size) + 1
        leaves = self._sealed.leaves(end - day.entries, end)
        if not all(leaf_of(*raw) in leaves for raw in read_day(path)):
            raise SealBroken(f"entries of {day.date} are not as they were sealed; the file stays as it is")


def _write_without(path: Path, target: Path, kinds: AbstractSet[str]) -> Counter[str]:
    """Write the file's entries of other kinds; returns how many of these kinds were left out."""
    arrow = pyarrow()
    columns, gone = schema(arrow), Counter[str]()
    with arrow.parquet.ParquetFile(path) as file, target.open("wb") as opened:
        with arrow.parquet.ParquetWriter(opened, columns, compression="zstd") as writer:
            for number in range(file.num_row_groups):
                table: Any = file.read_row_group(number)
                names = table["kind"].to_pylist()
                gone.update(name for name in names if name in kinds)
                rest = table.filter(arrow.array([name not in kinds for name in names], type=arrow.bool_()))
                if rest.num_rows:
                    writer.write_table(rest)
        opened.flush()
        os.fsync(opened.fileno())
    return gone
