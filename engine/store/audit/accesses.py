"""The access log: who read personal data, when, through what, and which. A stream beside the log of changes, of which
what is older than a setting says goes.
"""

import itertools
from collections.abc import Iterator, Mapping, Sequence
from dataclasses import dataclass

from engine.actor import Author
from engine.store.connection.client import Client, faults
from engine.store.keys import Keys
from engine.store.log.entry import EntryId
from engine.store.log.newest_first import batches_newest_first, page_of
from engine.store.log.stored_entry import parse_entry_id

MOST_LOOKED_AT = 10_000
"""How many are read for one page, however few of them match."""
_AT_ONCE = 500
_MILLISECONDS = 1_000
_SECONDS = 60
_LONGEST_QUERY = 300
"""Letters that are kept of a query."""


@dataclass(frozen=True, slots=True, kw_only=True)
class Access:
    """What somebody read: by `what` (the id of an HTTP operation, or the name of a command), of which `subject` (an
    order or a decision; empty of several), of which `order` a decision is, by which `query`, and how many there were.
    """

    author: Author
    request: str = ""
    what: str
    subject: str = ""
    order: str = ""
    query: str = ""
    count: int = 1

    def fields(self) -> dict[str, str | int]:
        # always the same names in the same order: the server then stores the names once for many entries
        return {
            "by": self.author.name,
            "through": self.author.through,
            "from": self.author.origin,
            "request": self.request,
            "what": self.what,
            "id": self.subject,
            "order": self.order,
            "query": self.query[:_LONGEST_QUERY],
            "n": self.count,
        }


@dataclass(frozen=True, slots=True, kw_only=True)
class StoredAccess:
    """One that was recorded; `through` and `origin` as `Author` has them. Earlier releases left out the order of a
    decision.
    """

    id: EntryId
    by: str
    through: str
    origin: str
    request: str
    what: str
    subject: str
    order: str
    query: str
    count: int

    @property
    def at(self) -> int:
        """When it was recorded, by the server's clock, in UTC seconds."""
        return self.id[0] // _MILLISECONDS


@dataclass(frozen=True, slots=True, kw_only=True)
class AccessFilter:
    """Those from the instant `start` on and before `end` (UTC seconds, the server's clock), by this name, of this
    order (or a decision of it) or decision, by this operation or command.
    """

    start: int | None = None
    end: int | None = None
    by: str | None = None
    subject: str | None = None
    what: str | None = None

    def matches(self, access: StoredAccess) -> bool:
        return (
            self.by in (None, access.by)
            and self.subject in (None, access.subject, access.order)
            and self.what in (None, access.what)
        )


@dataclass(frozen=True, slots=True, kw_only=True)
class AccessPage:
    """Some of them, the latest first. The next page begins before the entry `after`; None: this is the last. A page may
    have fewer than were asked for, or none, and not be the last.
    """

    accesses: tuple[StoredAccess, ...]
    after: EntryId | None


@dataclass(frozen=True, slots=True)
class PreparedAccess:
    """One that a script records in the same step as what it is about: either both happen or neither. `arguments` are
    those of XADD behind the key `accesses`.
    """

    arguments: tuple[str, ...]


class StoredAccesses:
    """Those of one network, kept for so many minutes. Raises StoreUnavailable."""

    def __init__(self, client: Client, keys: Keys, *, keep_minutes: int) -> None:
        self._client = client
        self._keys = keys
        self._keep_minutes = keep_minutes

    def write(self, accesses: Sequence[Access]) -> None:
        """Record them, all in one round trip, and let go of those whose time is over."""
        with faults(), self._client.one_connection(self._keys.accesses) as pipe:
            for access in accesses:
                pipe.execute_command("XADD", self._keys.accesses, *self.prepared(access).arguments)
            pipe.execute()

    def prepared(self, access: Access) -> PreparedAccess:
        """The access, for a script to record it and to let go of those whose time is over."""
        oldest = int((self._client.clock.now() - _SECONDS * self._keep_minutes) * _MILLISECONDS)
        fields = map(str, itertools.chain.from_iterable(access.fields().items()))
        return PreparedAccess(("MINID", "~", str(oldest), "*", *fields))

    def page(self, filtered: AccessFilter, *, limit: int, after: EntryId | None = None) -> AccessPage:
        """At most `limit` that were recorded before the entry `after`."""
        stored = self._newest_first(filtered, after)
        found, goes_on = page_of(stored, filtered.matches, limit=limit, looked_at=MOST_LOOKED_AT)
        return AccessPage(accesses=found, after=goes_on)

    def _newest_first(self, filtered: AccessFilter, after: EntryId | None) -> Iterator[StoredAccess]:
        batches = batches_newest_first(
            self._client, self._keys.accesses, start=filtered.start, end=filtered.end, after=after, at_once=_AT_ONCE
        )
        for batch in batches:
            yield from (_stored(entry_id, fields) for entry_id, fields in batch)


def _stored(entry_id: bytes, raw: Mapping[bytes, bytes]) -> StoredAccess:
    # what somebody altered in the store must keep nobody from reading the rest
    fields = {name.decode(errors="replace"): value.decode(errors="replace") for name, value in raw.items()}
    count = fields.get("n", "")
    return StoredAccess(
        id=parse_entry_id(entry_id),
        by=fields.get("by", ""),
        through=fields.get("through", ""),
        origin=fields.get("from", ""),
        request=fields.get("request", ""),
        what=fields.get("what", ""),
        subject=fields.get("id", ""),
        order=fields.get("order", ""),
        query=fields.get("query", ""),
        count=int(count) if count.isascii() and count.isdigit() else 0,
    )
