"""Stores tables of look-ahead prices: immutable, each under its content hash, one of them in force.

The prices of a table are a hash with a field for each SKU, so that a decision reads those of its own SKUs. They are
staged beside the tables that are there; then one script gives them the name of their digest, puts the table in force
and logs that. A process that is killed before that leaves what the server deletes by itself.

A table that differs little from the last whole one, as the stock of a few SKUs has jumped, has only the SKUs that
differ: the others are read there. Its digest is the same as if it had all.
"""

import contextlib
import uuid
from collections.abc import Iterable, Mapping
from dataclasses import dataclass
from itertools import islice, pairwise

import msgspec
import orjson

from engine.errors import Contended, FactsForgotten, StoreUnavailable
from engine.model.lookahead import HASH_BYTES, LookaheadPrice, LookaheadTable, TableHead, digest_of, hash_of
from engine.store.connection.client import Client, faults
from engine.store.entry_codec.codec import encode
from engine.store.keys import Keys
from engine.store.network.load import LASTING_SECONDS, STAGED_SECONDS
from engine.store.script_keys import PUBLISH_LOOKAHEAD

_AT_ONCE = 500
_FEW = 2
"""A table is stored beside another if fewer than one in so many of its SKUs differ."""


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
        digest = table.digest
        head, packed = self._to_store(table)
        staged = Keys(self._keys.network, staged=uuid.uuid4().hex).lookahead_table(digest)
        try:
            self._stage(staged, packed)
            keys = PUBLISH_LOOKAHEAD.keys(
                self._keys, staged_lookahead=staged, lookahead_table=self._keys.lookahead_table(digest)
            )
            arguments = [
                digest,
                head.packed(),
                head.learnt_at,
                len(packed),
                head.base,
                LASTING_SECONDS,
                now,
                _body(head),
            ]
            with faults():
                answer: bytes = self._client.script("flows/publish_lookahead")(keys=keys, args=arguments)
        finally:
            # once it is in force, it has another name; a server without memory stores no more, but does delete
            with contextlib.suppress(StoreUnavailable), faults():
                self._client.redis.unlink(staged)
        if answer != b"done":
            raise Contended(REFUSALS[answer])
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
        """Of all tables that are kept, in the order in which they were published; without those whose head is lost."""
        with faults(), self._client.redis.pipeline(transaction=True) as read:
            read.zrange(self._keys.lookahead_published, 0, -1, withscores=True)
            read.hgetall(self._keys.lookahead_heads)
            published, heads = read.execute()
        return [
            StoredHead(digest=digest.decode(), published_at=int(at), head=TableHead.unpacked(heads[digest]))
            for digest, at in published
            if digest in heads
        ]

    def head(self, digest: str) -> TableHead:
        """Raises FactsForgotten if there is no such table any more."""
        with faults():
            packed = self._client.redis.hget(self._keys.lookahead_heads, digest)
        if packed is None:
            raise FactsForgotten(f"the look-ahead table {digest[:12]} is not kept any more, or never was")
        return TableHead.unpacked(packed)

    def prices(self, digest: str, head: TableHead, skus: Iterable[str]) -> dict[str, dict[str, LookaheadPrice]]:
        """The prices of each of the SKUs by node. Raises FactsForgotten if the table's base is lost."""
        names = list(dict.fromkeys(skus))
        if not names:
            return {}
        with faults():
            packed = self._client.redis.hmget(self._keys.lookahead_table(digest), names)
        found = {sku: head.prices_of(sku, numbers or b"") for sku, numbers in zip(names, packed, strict=True)}
        elsewhere = [sku for sku, numbers in zip(names, packed, strict=True) if numbers is None] if head.base else []
        return found | self.prices(head.base, self.head(head.base), elsewhere) if elsewhere else found

    def read(self, digest: str) -> LookaheadTable:
        """The whole table. Raises FactsForgotten if there is none any more, or if it is not what was hashed."""
        head = self.head(digest)
        prices = self._prices(head.base, self.head(head.base)) if head.base else {}
        table = LookaheadTable.of(head, prices | self._prices(digest, head))
        if table.digest != digest:
            raise FactsForgotten(
                f"the look-ahead table {digest[:12]} was altered where it is stored: its hash differs; learn prices"
                " anew, and restore a backup if decisions of that table are to be replayed"
            )
        return table

    def altered(self) -> list[str]:
        """The digests of the tables that are not what was hashed, or that are lost."""
        with faults():
            digests = {digest.decode() for digest in self._client.redis.zrange(self._keys.lookahead_published, 0, -1)}
        current = self.current()
        known: dict[str, dict[str, bytes]] = {}
        return [
            digest
            for digest in sorted(digests if current is None else digests | {current})
            if not self._is_as_hashed(digest, known)
        ]

    def _is_as_hashed(self, digest: str, known: dict[str, dict[str, bytes]]) -> bool:
        """`known` gets the hashes of tables that others are stored beside."""
        try:
            head = self.head(digest)
            hashes = self._verified(digest, head)
            if head.base:
                base = known.get(head.base) or self._verified(head.base, self.head(head.base))
                known[head.base] = base
                hashes = base | hashes
        except (FactsForgotten, msgspec.MsgspecError, LookupError, UnicodeDecodeError):
            return False
        return digest_of(head, {sku: its for sku, its in hashes.items() if its}) == digest

    def _verified(self, digest: str, head: TableHead) -> dict[str, bytes]:
        """The hashes of the SKUs that are stored with a table, worked out of their prices."""
        stored = self._stored(digest).items()
        return {sku: hash_of(sku, head.prices_of(sku, numbers)) if numbers else b"" for sku, numbers in stored}

    def _prices(self, digest: str, head: TableHead) -> dict[str, dict[str, LookaheadPrice]]:
        """Of the SKUs that are stored with a table."""
        return {sku: head.prices_of(sku, numbers) for sku, numbers in self._stored(digest).items()}

    def _stored(self, digest: str) -> dict[str, bytes]:
        with faults():
            stored = dict(self._client.redis.hscan_iter(self._keys.lookahead_table(digest), count=_AT_ONCE))
        return {sku.decode(): numbers for sku, numbers in stored.items()}

    def _to_store(self, table: LookaheadTable) -> tuple[TableHead, dict[str, bytes]]:
        """As it is stored: beside the table that has all prices and is in force, or beside which that one is stored,
        if few SKUs differ from it.
        """
        current = self.current()
        with contextlib.suppress(FactsForgotten):  # then the server lost what is in force
            base = "" if current is None else self.head(current).base or current
            hashes = {sku: numbers[:HASH_BYTES] for sku, numbers in self._stored(base).items()} if base else {}
            if base and digest_of(self.head(base), hashes) == base:
                beside = table.stored(base, hashes)
                if len(beside[1]) * _FEW < len(table.prices):
                    return beside
        return table.stored("", {})

    def forget_replaced_before(self, instant: int) -> int:
        """Delete tables whose place another took before the instant; returns how many. The one in force stays, and so
        do those that others which stay are stored beside.
        """
        heads = self.heads()
        replaced = {head.digest for head, after in pairwise(heads) if after.published_at < instant}
        bases = {item.head.base for item in heads if item.digest not in replaced}
        old = [item for item in heads if item.digest in replaced - bases]
        for table in old:
            with faults(), self._client.redis.pipeline(transaction=True) as write:
                write.unlink(self._keys.lookahead_table(table.digest))
                write.hdel(self._keys.lookahead_heads, table.digest)
                write.zrem(self._keys.lookahead_published, table.digest)
                write.execute()
        return len(old)

    def _stage(self, name: str, packed: Mapping[str, bytes]) -> None:
        left = iter(packed.items())
        while batch := dict(islice(left, _AT_ONCE)):
            # one transaction: a process that is killed between the two would leave the key for ever
            with faults(), self._client.redis.pipeline(transaction=True) as write:
                write.hset(name, mapping=batch)
                write.expire(name, STAGED_SECONDS)
                write.execute()


REFUSALS = {
    b"older": "a look-ahead table that was learnt no earlier than this one is in force; learn again",
    b"gone": "the server lost a part of the look-ahead table before it was in force; nothing was published, try again",
}
"""By what the script answers, why a table was not published."""


def _body(head: TableHead) -> bytes:
    """What the log entry says of a table."""
    names = ("learnt_at", "learnt_by", "demand_since", "demand_until", "use_until", "network_version", "currency")
    details = {name: getattr(head, name) for name in (*names, "skus", "prices")}
    return encode(orjson.dumps(details, option=orjson.OPT_SORT_KEYS))
