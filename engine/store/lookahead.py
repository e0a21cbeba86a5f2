"""Stores tables of look-ahead prices: immutable, each under its content hash, one of them in force.

The prices of a table are a hash with a field for each SKU, so that a decision reads those of its own SKUs. They are
staged beside the tables that are there; then one script gives them the name of their digest, puts the table in force
and logs that. A process that is killed before that leaves what the server deletes by itself.
"""

import contextlib
import uuid
from collections.abc import Iterable, Iterator
from dataclasses import dataclass
from itertools import islice, pairwise

import orjson

from engine.errors import Contended, FactsForgotten, StoreUnavailable
from engine.model.lookahead import LookaheadPrice, LookaheadTable, TableHead, digest_of
from engine.store.connection.client import Client, faults
from engine.store.entry_codec.codec import encode
from engine.store.keys import Keys
from engine.store.network.load import LASTING_SECONDS, STAGED_SECONDS
from engine.store.script_keys import PUBLISH_LOOKAHEAD

_AT_ONCE = 500


@dataclass(frozen=True, slots=True, kw_only=True)
class StoredHead:
    """The head of a table that was published: its digest, and when (UTC seconds)."""

    digest: str
    published_at: int
    head: TableHead


class LookaheadTables:
    """The tables of one network. Methods raise StoreUnavailable."""

    def __init__(self, client: Client, keys: Keys) -> None:
        self._client = client
        self._keys = keys

    def publish(self, table: LookaheadTable, *, now: int) -> str:
        """Put the table in force and log that; returns its digest. Of two processes that do so at once, the one that
        learnt later wins, whoever comes first. A table that was published before stays as it is, and nothing is logged.
        Raises Contended if the table in force was learnt no earlier than this one, or if the server lost a part of it.
        """
        digest, head = table.digest, table.head
        staged = Keys(self._keys.network, staged=uuid.uuid4().hex).lookahead_table(digest)
        try:
            self._stage(staged, table.packed())
            keys = PUBLISH_LOOKAHEAD.keys(
                self._keys, staged_lookahead=staged, lookahead_table=self._keys.lookahead_table(digest)
            )
            arguments = [digest, head.packed(), head.learnt_at, head.skus, LASTING_SECONDS, now, _body(head)]
            with faults():
                answer: bytes = self._client.script("flows/publish_lookahead")(keys=keys, args=arguments)
        finally:
            # once it is in force, it has another name; a server without memory stores no more, but does delete
            with contextlib.suppress(StoreUnavailable), faults():
                self._client.redis.unlink(staged)
        if answer != b"done":
            raise Contended(_REFUSALS[answer])
        return digest

    def current(self) -> str | None:
        """The digest of the table in force, however old it is; None if none was ever published."""
        with faults():
            digest = self._client.redis.hget(self._keys.lookahead, "current")
        return None if digest is None else digest.decode()

    def in_force_at(self, instant: int) -> str | None:
        """The digest of the table that was in force at an instant (UTC seconds), as far as tables are kept."""
        with faults():
            digests = self._client.redis.zrange(
                self._keys.lookahead_published, f"({instant + 1}", "-inf", desc=True, byscore=True, offset=0, num=1
            )
        return digests[0].decode() if digests else None

    def heads(self) -> list[StoredHead]:
        """Of all tables that are kept, in the order in which they were published."""
        with faults(), self._client.redis.pipeline(transaction=True) as read:
            read.zrange(self._keys.lookahead_published, 0, -1, withscores=True)
            read.hgetall(self._keys.lookahead_heads)
            published, heads = read.execute()
        return [
            StoredHead(digest=digest.decode(), published_at=int(at), head=TableHead.unpacked(heads[digest]))
            for digest, at in published
        ]

    def head(self, digest: str) -> TableHead:
        """Raises FactsForgotten if there is no such table any more."""
        with faults():
            packed = self._client.redis.hget(self._keys.lookahead_heads, digest)
        if packed is None:
            raise FactsForgotten(f"the look-ahead table {digest[:12]} is not kept any more, or never was")
        return TableHead.unpacked(packed)

    def prices(self, digest: str, head: TableHead, skus: Iterable[str]) -> dict[str, dict[str, LookaheadPrice]]:
        """The prices of each of the SKUs by node."""
        names = list(dict.fromkeys(skus))
        if not names:
            return {}
        with faults():
            packed = self._client.redis.hmget(self._keys.lookahead_table(digest), names)
        return {sku: head.prices_of(sku, numbers) for sku, numbers in zip(names, packed, strict=True)}

    def read(self, digest: str) -> LookaheadTable:
        """The whole table. Raises FactsForgotten if there is none any more, or if it is not what was hashed."""
        head, packed = self._stored(digest)
        return LookaheadTable.unpacked(head, packed)

    def verify(self, digest: str) -> None:
        """Raise as `read` does."""
        self._stored(digest)

    def _stored(self, digest: str) -> tuple[TableHead, dict[str, bytes]]:
        """The table as it is stored, by SKU."""
        head = self.head(digest)
        with faults():
            stored = dict(self._client.redis.hscan_iter(self._keys.lookahead_table(digest), count=_AT_ONCE))
        packed = dict(sorted((sku.decode(errors="replace"), numbers) for sku, numbers in stored.items()))
        if digest_of(head, packed.items()) != digest:
            raise FactsForgotten(
                f"the look-ahead table {digest[:12]} was altered where it is stored: its hash differs; learn prices"
                " anew, and restore a backup if decisions of that table are to be replayed"
            )
        return head, packed

    def forget_replaced_before(self, instant: int) -> int:
        """Delete tables whose place another took before the instant; returns how many. The one in force stays."""
        heads = self.heads()
        old = [head for head, after in pairwise(heads) if after.published_at < instant]
        for table in old:
            with faults(), self._client.redis.pipeline(transaction=True) as write:
                write.unlink(self._keys.lookahead_table(table.digest))
                write.hdel(self._keys.lookahead_heads, table.digest)
                write.zrem(self._keys.lookahead_published, table.digest)
                write.execute()
        return len(old)

    def _stage(self, name: str, packed: Iterator[tuple[str, bytes]]) -> None:
        while batch := dict(islice(packed, _AT_ONCE)):
            # one transaction: a process that is killed between the two would leave the key for ever
            with faults(), self._client.redis.pipeline(transaction=True) as write:
                write.hset(name, mapping=batch)
                write.expire(name, STAGED_SECONDS)
                write.execute()


_REFUSALS = {
    b"older": "a look-ahead table that was learnt no earlier than this one is in force; nothing was published",
    b"gone": "the server lost a part of the look-ahead table before it was in force; nothing was published, try again",
}


def _body(head: TableHead) -> bytes:
    """What the log entry says of a table."""
    names = ("learnt_at", "learnt_by", "demand_since", "demand_until", "use_until", "network_version", "currency")
    details = {name: getattr(head, name) for name in (*names, "skus", "prices")}
    return encode(orjson.dumps(details, option=orjson.OPT_SORT_KEYS))
