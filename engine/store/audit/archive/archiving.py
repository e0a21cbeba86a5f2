"""Moves sealed entries of the log into the archive, a day (UTC) at a time.

A day's file is on disk and was read back before anything is taken off the server; what was read is compared, leaf by
leaf, with what was sealed. An interrupted run is run again: a file that is there is compared in the same way, and
left alone if it is not what was sealed.
"""

import contextlib
import itertools
from collections.abc import Callable, Iterator, Sequence
from collections.abc import Set as AbstractSet
from dataclasses import dataclass
from pathlib import Path

import msgspec

from engine.audit.sealing.leaf import EntryId, id_text, leaf_of
from engine.errors import ArchiveUnavailable, Contended, NotReady, SealBroken
from engine.store.audit.archive.archived_log import DAY_MILLISECONDS, START, ArchivedDay, ArchivedLog, date_of
from engine.store.audit.archive.day_reader import read_day
from engine.store.audit.archive.day_writer import write_day
from engine.store.audit.archive.living_entries import living_entries
from engine.store.audit.archive.tile_files import write_tiles
from engine.store.audit.sealed_log import SealedLog
from engine.store.connection.client import Client, faults
from engine.store.keys import Keys
from engine.store.log import decision_log
from engine.store.log.stored_entry import RawEntry, parse_entry_id
from engine.store.script_keys import TRIM_LOG

_AT_ONCE = 1_000
"""Entries that one script takes off: others wait for so long."""


@dataclass(frozen=True, slots=True, kw_only=True)
class Archived:
    """What a run moved: how many entries of how many days, up to which entry; START: nothing was old enough. So many
    archived ones were `forgotten`.
    """

    days: int = 0
    entries: int = 0
    through: EntryId = START
    forgotten: int = 0


class Archiving:
    """Archives the log of one network into `folder`."""

    def __init__(self, client: Client, keys: Keys, folder: Path) -> None:
        self._client = client
        self._keys = keys
        self._base = folder.absolute()
        self._folder = self._base / keys.network / "entries"
        self._sealed = SealedLog(client, keys)
        self._archive = ArchivedLog(client, keys)
        self._trim = client.script("audit/trim")

    def run(self, older_than: int, *, advanced: Callable[[int, int], None] = lambda _done, _total: None) -> Archived:
        """Archive whole days that are over for `older_than` seconds, by the server's clock; the last entry of the log
        stays. `advanced` is told how many entries are done, of how many.

        Raises NotReady if some of these are not sealed yet, ArchiveUnavailable if files of earlier runs are not in the
        folder or can't be written, SealBroken if an entry is not as it was sealed, Contended if another run is at work.
        """
        state, end = self._sealed.state(), self._end(older_than)
        self._verify_folder()
        last = self._last_before(end)
        if last is None:
            self._forget_kept()
            return Archived()
        if last > state.last:
            raise NotReady("some of these entries are not sealed yet; run: pointsman audit seal")
        total = self._sealed.index_of(last, size=state.size) + 1 - state.trimmed
        self._make_folder()
        write_tiles(self._base / self._keys.network, self._sealed, state)
        living = living_entries(self._client, self._keys, until=last)
        done = days = 0
        index = state.trimmed
        for date, entries in itertools.groupby(self._raw(last), key=lambda raw: date_of(_id(raw))):
            moved = self._move_day(date, list(map(_id, entries)), index, living)
            index, done, days = index + moved, done + moved, days + 1
            advanced(done, total)
        self._forget_kept()
        return Archived(days=days, entries=done, through=last)

    def _end(self, older_than: int) -> int:
        """UTC milliseconds of the midnight before which entries are archived."""
        millis = self._client.milliseconds(self._keys.log) - older_than * 1_000
        with faults():
            newest = self._client.redis.xrevrange(self._keys.log, count=1)
        if newest:
            millis = min(millis, parse_entry_id(newest[0][0])[0])
        return max(0, millis // DAY_MILLISECONDS * DAY_MILLISECONDS)

    def _last_before(self, end: int) -> EntryId | None:
        with faults():
            last = self._client.redis.xrevrange(self._keys.log, f"({end}-0", "-", count=1) if end else []
        return parse_entry_id(last[0][0]) if last else None

    def _verify_folder(self) -> None:
        """All of an archive is in one folder."""
        for day in self._archive.days():
            if day.last <= self._archive.through() and not (self._folder / f"{day.date}.parquet").is_file():
                raise ArchiveUnavailable(
                    f"the archive of this network begins elsewhere: {day.date}.parquet is missing in {self._folder};"
                    " name the folder of the runs before, or move all of it"
                )

    def _make_folder(self) -> None:
        try:
            self._folder.mkdir(parents=True, exist_ok=True)
        except OSError as error:
            raise ArchiveUnavailable(f"the folder of the archive can't be made: {error}") from error

    def _raw(self, last: EntryId) -> Iterator[RawEntry]:
        """What is on the server, up to and with `last`."""
        through = self._archive.through()
        for batch in decision_log.batches(
            self._client, self._keys, start=f"({id_text(through)}" if through > START else "-", end=id_text(last)
        ):
            yield from batch

    def _move_day(self, date: str, ids: Sequence[EntryId], index: int, living: AbstractSet[EntryId]) -> int:
        """Move the rest of a day, whose entries on the server are `ids`, the first of them number `index` of the sealed
        log.
        """
        path = self._folder / f"{date}.parquet"
        last = ids[-1]
        before = {day.date: day for day in self._archive.days()}.get(date)
        count = before.entries if before else len(ids)  # of a run that was interrupted in this very day
        first = index + len(ids) - count
        try:
            if not self._is_as_sealed(path, first, count):
                if first < index:
                    raise ArchiveUnavailable(
                        f"{path} was archived in part and is damaged or missing now; bring a copy of it back"
                    )
                if path.exists():
                    raise ArchiveUnavailable(
                        f"{path} has other entries, perhaps of a log that there was before; name another folder, or"
                        " move the file away"
                    )
                write_day(path, self._between(ids[0], last))
                if not self._is_as_sealed(path, first, count):
                    raise SealBroken(
                        f"entries of {date} are not as they were sealed; nothing of that day is archived"
                        " (pointsman ledger check says which)"
                    )
        except OSError as error:
            raise ArchiveUnavailable(f"the archive can't be written: {error}") from error
        self._take_off(ArchivedDay(date=date, entries=count, last=last), ids, index, living)
        return len(ids)

    def _between(self, first: EntryId, last: EntryId) -> Iterator[RawEntry]:
        for batch in decision_log.batches(self._client, self._keys, start=id_text(first), end=id_text(last)):
            yield from batch

    def _is_as_sealed(self, path: Path, first: int, count: int) -> bool:
        """Whether the file has exactly the sealed entries from number `first` on."""
        if not path.is_file():
            return False
        leaves = self._sealed.leaves(first, first + count)
        with contextlib.suppress(OSError, ValueError):  # pyarrow's errors are one of these
            pairs = itertools.zip_longest((leaf_of(*raw) for raw in read_day(path)), leaves)
            return all(read == sealed for read, sealed in pairs)
        return False

    def _take_off(self, day: ArchivedDay, ids: Sequence[EntryId], index: int, living: AbstractSet[EntryId]) -> None:
        for start in range(0, len(ids), _AT_ONCE):
            piece = ids[start : start + _AT_ONCE]
            kept = [entry for entry in piece if entry in living]
            stored = decision_log.stored_entries(self._client, self._keys, [id_text(entry).encode() for entry in kept])
            packed = [part for entry, fields in stored for part in (entry, _packed(fields))]
            arguments = [index + start, id_text(piece[-1]), len(piece), str(self._base), day.date, str(day), *packed]
            with faults():
                done = self._trim(keys=TRIM_LOG.keys(self._keys, trimmed_log=self._keys.log), args=arguments)
            if done == 0:
                raise Contended("another run archives the same log; let it end")
            if done < 0:
                raise SealBroken(
                    f"the log has other entries than those that are archived of {day.date}; none is taken off"
                )

    def _forget_kept(self) -> None:
        """Entries that were kept for orders that live no longer are in the archive alone from now on."""
        living = {id_text(entry) for entry in living_entries(self._client, self._keys, until=self._archive.through())}
        with faults():
            kept = [name.decode() for name in self._client.redis.hkeys(self._keys.archived_kept)]
            over = [name for name in kept if name not in living]
            if over:
                self._client.redis.hdel(self._keys.archived_kept, *over)


def _id(raw: RawEntry) -> EntryId:
    return parse_entry_id(raw[0])


def _packed(fields: dict[bytes, bytes]) -> bytes:
    return msgspec.msgpack.encode(list(fields.items()))
