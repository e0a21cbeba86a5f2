"""Reads the search index, by days: which entries of decisions and which orders are found under some fields.

The index is made of the log (see building.py), behind the commits: it has what was logged up to its cursor. Whoever
searches reads in the log itself what came since, so that nothing is missed, however far the index is.
"""

import heapq
from collections.abc import Iterator, Sequence
from dataclasses import dataclass
from typing import Any

from engine.store.audit.archive.archived_log import START, ArchivedLog, date_of
from engine.store.connection.client import Client, faults
from engine.store.keys import Keys
from engine.store.log.entry import EntryId, following
from engine.store.log.stored_entry import parse_entry_id
from engine.store.search_index.index_entries import DAMAGED
from engine.store.search_index.packed import entries_last_first

DECIDED, PLACED = "decided", "placed"
"""Kinds of days: those on which decisions were logged, and those on which orders were placed."""
_DAYS_AT_ONCE = 32


class IndexBegunAnew(Exception):
    """The index was begun anew while it was read, so it may lack what it had. Whoever reads it goes on in the log."""


@dataclass(frozen=True, slots=True, kw_only=True)
class IndexState:
    """Whether there is an index, and the last entry of the log that is in it."""

    made: bool
    cursor: EntryId = START


def day_name(kind: str, date: str) -> str:
    """The name of a day in `Keys.search_days`."""
    return f"{kind} {date}"


class StoredIndex:
    """That of one network."""

    def __init__(self, client: Client, keys: Keys) -> None:
        self._client = client
        self._keys = keys

    def state(self) -> IndexState:
        with faults():
            stored = self._client.redis.hmget(self._keys.search_index, ["made", "cursor"])
        return state_of(stored)

    def dates(self, kind: str) -> list[str]:
        """Those of which there are days of this kind, the last first."""
        with faults():
            names = self._client.redis.smembers(self._keys.search_days)
        pairs = (name.decode().split(" ") for name in names)
        return sorted((date for its_kind, date in pairs if its_kind == kind), reverse=True)

    def entries(
        self, fields: Sequence[str], state: IndexState, *, since: EntryId, before: EntryId
    ) -> Iterator[EntryId]:
        """The entries up to the cursor, and not in the archive, of decisions that are found under every one of the
        fields, or may be as they can't be read; those logged last first. Raises IndexBegunAnew.
        """
        before = min(before, following(state.cursor))
        since = max(since, following(ArchivedLog(self._client, self._keys).through()))
        dates = [date for date in self.dates(DECIDED) if date_of(since) <= date <= date_of(before)]
        for date, values, damaged in self.values(DECIDED, dates, fields, state):
            together = [values] if all(values) else []
            either = [*together, [damaged]] if damaged else together
            found = (entries_last_first(date, each, since=since, before=before) for each in either)
            yield from heapq.merge(*found, reverse=True)

    def values(
        self, kind: str, dates: Sequence[str], fields: Sequence[str], state: IndexState
    ) -> Iterator[tuple[str, list[bytes], bytes]]:
        """Of each date, what these fields have, and what the field of damaged entries has; empty if nothing. Raises
        IndexBegunAnew if the index is no longer that which was at `state`, or a later one of it.
        """
        for start in range(0, len(dates), _DAYS_AT_ONCE):
            piece = dates[start : start + _DAYS_AT_ONCE]
            with faults(), self._client.redis.pipeline(transaction=True) as read:
                for date in piece:
                    read.hmget(self._keys.search_day(day_name(kind, date)), [*fields, DAMAGED])
                read.hmget(self._keys.search_index, ["made", "cursor"])
                *answers, stored = read.execute()
            now = state_of(stored)
            if not now.made or now.cursor < state.cursor:
                raise IndexBegunAnew
            for date, answer in zip(piece, answers, strict=True):
                *values, damaged = (value or b"" for value in answer)
                yield date, values, damaged


def state_of(stored: Sequence[Any]) -> IndexState:
    """Of the fields `made` and `cursor`, as they are stored."""
    made, cursor = stored
    return IndexState(made=bool(made and cursor), cursor=parse_entry_id(cursor) if cursor else START)
