"""Reads the entries that have moved into the archive: all of them in their order, or one by its id."""

import datetime
from collections.abc import Iterator
from collections.abc import Set as AbstractSet
from dataclasses import dataclass, replace
from pathlib import Path
from typing import Self

import msgspec

from engine.audit.sealing.leaf import EntryId, id_text, parse_id
from engine.errors import ArchiveUnavailable
from engine.store.audit.archive.day_reader import Stored, read_day
from engine.store.connection.client import Client, faults
from engine.store.keys import Keys

DAY_MILLISECONDS = 86_400_000
START: EntryId = (0, 0)
"""Before every entry."""
_KEPT = msgspec.msgpack.Decoder(list[tuple[bytes, bytes]])


@dataclass(frozen=True, slots=True, kw_only=True)
class ArchivedDay:
    """A day's file: its date, how many entries it had when it was written, and the last of them. `forgotten` are the
    kinds of entries that it has no more.
    """

    date: str
    entries: int
    last: EntryId
    forgotten: frozenset[str] = frozenset()

    @classmethod
    def parse(cls, date: bytes, text: bytes) -> Self:
        entries, last, *forgotten = text.decode().split(" ")
        return cls(date=date.decode(), entries=int(entries), last=parse_id(last), forgotten=frozenset(forgotten))

    def __str__(self) -> str:
        return " ".join([str(self.entries), id_text(self.last), *sorted(self.forgotten)])

    def without(self, kinds: AbstractSet[str]) -> "ArchivedDay":
        """The same without the entries of these kinds."""
        return replace(self, forgotten=self.forgotten | kinds)


class ArchivedLog:
    """The archived entries of one network. Methods raise ArchiveUnavailable if a file is missing or damaged."""

    def __init__(self, client: Client, keys: Keys) -> None:
        self._client = client
        self._keys = keys

    def through(self) -> EntryId:
        """The last entry that is in the archive alone; START if there is none."""
        with faults():
            text = self._client.redis.hget(self._keys.archived, "through")
        return START if text is None else parse_id(text.decode())

    def days(self) -> list[ArchivedDay]:
        """From the first to the last."""
        with faults():
            days = self._client.redis.hgetall(self._keys.archived_days)
        return sorted((ArchivedDay.parse(*day) for day in days.items()), key=lambda day: day.date)

    def forgotten_dates(self) -> frozenset[str]:
        """The days of which entries of some kinds were forgotten, so that one that is missing may have been one."""
        return frozenset(day.date for day in self.days() if day.forgotten)

    def folder(self) -> Path:
        """Where the files are, by the setting or else where they were written."""
        folder = self._client.archive
        if folder is None:
            with faults():
                recorded = self._client.redis.hget(self._keys.archived, "folder")
            folder = Path((recorded or b"").decode())
        return folder / self._keys.network / "entries"

    def file(self, day: ArchivedDay) -> Path:
        path = self.folder() / f"{day.date}.parquet"
        if not path.is_file():
            raise ArchiveUnavailable(
                f"what is asked for is in the archive, and {path} is missing here; bring it back, or name the folder"
                " that the archive is in now in POINTSMAN_ARCHIVE"
            )
        return path

    def entries(self, *, after: EntryId = START, until: EntryId | None = None) -> Iterator[Stored]:
        """Those behind `after`, up to and with `until`, oldest first."""
        last = self.through() if until is None else min(until, self.through())
        for day in self.days():
            if day.last > after and day.date <= date_of(last):
                yield from self._read(day, after, last)

    def entry(self, entry_id: EntryId) -> Stored | None:
        """The entry of that id; None if there is none."""
        with faults():
            kept = self._client.redis.hget(self._keys.archived_kept, id_text(entry_id))
        if kept is not None:
            return id_text(entry_id).encode(), dict(_KEPT.decode(kept))
        if entry_id > self.through():
            return None
        millis, number = entry_id
        before = (millis, number - 1) if number else (millis - 1, 1 << 62)
        days = (day for day in self.days() if day.date == date_of(entry_id))
        return next((raw for day in days for raw in self._read(day, before, entry_id)), None)

    def kept(self) -> Iterator[tuple[EntryId, dict[bytes, bytes]]]:
        """The entries of which the server keeps a copy, as orders live on that they are of; `entry` answers these."""
        with faults():
            for name, packed in self._client.redis.hscan_iter(self._keys.archived_kept):
                yield parse_id(name.decode()), dict(_KEPT.decode(packed))

    def _read(self, day: ArchivedDay, after: EntryId, until: EntryId) -> Iterator[Stored]:
        path = self.file(day)
        try:
            yield from read_day(path, after=after, until=until)
        except (OSError, ValueError) as error:
            raise ArchiveUnavailable(f"the archive is damaged: {path}: {error}; bring a copy of it back") from error


def date_of(entry_id: EntryId) -> str:
    """The UTC date of an entry, 2026-10-28."""
    return datetime.datetime.fromtimestamp(entry_id[0] // 1_000, tz=datetime.UTC).date().isoformat()
