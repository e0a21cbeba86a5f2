"""Pages of the log, the newest entry first: who did what. What is in the archive alone is left out."""

from collections.abc import Iterator
from dataclasses import dataclass

from engine.store.connection.client import Client
from engine.store.keys import Keys
from engine.store.log.decision_log import parsed
from engine.store.log.entry import Entry, EntryId
from engine.store.log.newest_first import batches_newest_first, page_of

MOST_LOOKED_AT = 2_000
"""Entries that are read for one page, however few of them match: some milliseconds for a hundred."""
_AT_ONCE = 200


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
        damaged: list[str] = []
        stored = self._newest_first(filtered, after, damaged)
        found, goes_on = page_of(stored, filtered.matches, limit=limit, looked_at=MOST_LOOKED_AT)
        return EntryPage(entries=found, after=goes_on, damaged=tuple(damaged))

    def _newest_first(self, filtered: EntryFilter, after: EntryId | None, damaged: list[str]) -> Iterator[Entry]:
        batches = batches_newest_first(
            self._client, self._keys.log, start=filtered.start, end=filtered.end, after=after, at_once=_AT_ONCE
        )
        for batch in batches:
            yield from (entry for _, entry in parsed(self._client, self._keys, batch, damaged.append))
