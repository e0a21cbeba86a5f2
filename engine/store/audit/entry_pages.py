"""Pages of the log, the newest entry first: who did what. What is in the archive alone is left out."""

import itertools
from collections.abc import Iterator
from dataclasses import dataclass

from engine.store.connection.client import Client, faults
from engine.store.keys import Keys
from engine.store.log.decision_log import parsed
from engine.store.log.entry import Entry, EntryId

MOST_LOOKED_AT = 2_000
"""Entries that are read for one page, however few of them match: some milliseconds for a hundred."""
_AT_ONCE = 200
_MILLISECONDS = 1_000


@dataclass(frozen=True, slots=True, kw_only=True)
class EntryFilter:
    """Instants are UTC seconds by the server's clock; `about` is what an entry is about: a decision, a version, a node,
    and so on.
    """

    kind: str | None = None
    by: str | None = None
    about: str | None = None
    start: int | None = None
    end: int | None = None

    def matches(self, entry: Entry) -> bool:
        return self.kind in (None, entry.kind) and self.by in (None, entry.by) and self.about in (None, entry.decision)


@dataclass(frozen=True, slots=True, kw_only=True)
class EntryPage:
    """`after` is where the next page goes on; None: there is none. `damaged` are entries that can't be read."""

    entries: tuple[Entry, ...]
    after: EntryId | None
    damaged: tuple[str, ...]


class EntryPages:
    """The log of one network. Methods raise StoreUnavailable."""

    def __init__(self, client: Client, keys: Keys) -> None:
        self._client = client
        self._keys = keys

    def page(self, filtered: EntryFilter, *, limit: int, after: EntryId | None = None) -> EntryPage:
        """At most `limit` entries that were logged before the entry `after`."""
        found: list[Entry] = []
        damaged: list[str] = []
        last: EntryId | None = None
        stored = self._newest_first(filtered, after, damaged)
        for entry in itertools.islice(stored, MOST_LOOKED_AT):
            last = entry.id
            if filtered.matches(entry):
                found.append(entry)
            if len(found) == limit:
                break
        is_last = next(stored, None) is None
        return EntryPage(entries=tuple(found), after=None if is_last else last, damaged=tuple(damaged))

    def _newest_first(self, filtered: EntryFilter, after: EntryId | None, damaged: list[str]) -> Iterator[Entry]:
        start = "-" if filtered.start is None else str(filtered.start * _MILLISECONDS)
        end = "+" if filtered.end is None else str(max(0, filtered.end * _MILLISECONDS - 1))
        if after is not None and (filtered.end is None or after[0] < filtered.end * _MILLISECONDS):
            end = "({}-{}".format(*after)
        while True:
            with faults():
                batch = self._client.redis.xrevrange(self._keys.log, end, start, count=_AT_ONCE)
            yield from (entry for _, entry in parsed(self._client, self._keys, batch, damaged.append))
            if len(batch) < _AT_ONCE:
                return
            end = f"({batch[-1][0].decode()}"
