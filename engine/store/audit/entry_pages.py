"""Pages of the log, the newest entry first: who did what. What is in the archive alone is left out."""

import re
from collections.abc import Iterator, Mapping
from dataclasses import dataclass
from typing import TypeGuard

from engine.audit.search.decision_filter import LEAST_OF_VERSION
from engine.store.connection.client import Client
from engine.store.keys import Keys
from engine.store.log.decision_log import parsed
from engine.store.log.done_by import DoneBy, is_by_people
from engine.store.log.entry import Entry, EntryId
from engine.store.log.newest_first import batches_newest_first, page_of
from engine.store.log.stored_entry import parse_entry_id, who_did

MOST_LOOKED_AT = 2_000
"""Entries that are read for one page, however few of them match. Only those that may match are made out."""
_AT_ONCE = 200
_VERSION = re.compile("[0-9a-f]{64}")
"""Of policies: a SHA-256."""


@dataclass(frozen=True, slots=True, kw_only=True)
class EntryFilter:
    """Instants are UTC seconds by the server's clock; `about` is what an entry is about: a decision, a version or at
    least 4 letters of its start, a node, and so on; `done_by` whether people did it or the machine.
    """

    kind: str | None = None
    done_by: DoneBy | None = None
    by: str | None = None
    about: str | None = None
    start: int | None = None
    end: int | None = None

    def matches(self, fields: Mapping[bytes, bytes]) -> bool:
        """An entry as it is stored; one that is damaged, too, which is told of."""
        if b"kind" not in fields or b"id" not in fields:
            return True
        kind, by = fields[b"kind"].decode(errors="replace"), who_did(fields)
        return (
            self.kind in (None, kind)
            and self.by in (None, by)
            and (self.about is None or _is_about(fields[b"id"].decode(errors="replace"), self.about))
            and (self.done_by is None or (self.done_by == "people") == is_by_people(kind, by, _through(fields)))
        )


def _is_about(name: str, asked: str) -> bool:
    """Of policy versions the start is enough, as everywhere."""
    is_version = _VERSION.fullmatch(name) is not None and len(asked) >= LEAST_OF_VERSION
    return name.startswith(asked.lower()) if is_version else name == asked


def _through(fields: Mapping[bytes, bytes]) -> str:
    return fields.get(b"through", b"").decode(errors="replace")


@dataclass(frozen=True, slots=True)
class _Passed:
    """An entry that was looked at and does not match."""

    id: EntryId


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
        found, goes_on = page_of(stored, _is_entry, limit=limit, looked_at=MOST_LOOKED_AT)
        return EntryPage(entries=tuple(filter(_is_entry, found)), after=goes_on, damaged=tuple(damaged))

    def _newest_first(
        self, filtered: EntryFilter, after: EntryId | None, damaged: list[str]
    ) -> Iterator[Entry | _Passed]:
        """Those that match are made out, and no others."""
        batches = batches_newest_first(
            self._client, self._keys.log, start=filtered.start, end=filtered.end, after=after, at_once=_AT_ONCE
        )
        for batch in batches:
            matching = [raw for raw in batch if filtered.matches(raw[1])]
            made_out = {raw[0]: entry for raw, entry in parsed(self._client, self._keys, matching, damaged.append)}
            yield from (made_out.get(name) or _Passed(parse_entry_id(name)) for name, _ in batch)


def _is_entry(item: Entry | _Passed) -> TypeGuard[Entry]:
    return isinstance(item, Entry)
