"""The decision log: what was decided and what ended, in order. Written by commit.lua and snapshot.lua."""

import zlib
from collections.abc import Iterator
from dataclasses import dataclass
from typing import Any

import orjson

from engine.store.client import Client, faults
from engine.store.keys import Keys

_BATCH = 500
_FAST = 1
"""zlib's level: half of what level 6 takes, for a tenth more bytes."""


@dataclass(frozen=True, slots=True, kw_only=True)
class Entry:
    """`kind` is decided or expired; `body` is a decision's bytes, empty otherwise."""

    kind: str
    decision: str
    at: int
    body: bytes

    @property
    def record(self) -> dict[str, Any]:
        return dict(orjson.loads(self.body))


def packed(body: bytes) -> bytes:
    return zlib.compress(body, _FAST)


def find(client: Client, keys: Keys, decision: str) -> Entry | None:
    """The entry of a decision, by its id."""
    with faults():
        place = client.redis.hget(keys.decisions, decision)
        found = client.redis.xrange(keys.log, place, place) if place else []
    return _entry(found[0][1]) if found else None


def entries(client: Client, keys: Keys) -> Iterator[Entry]:
    """The whole log, oldest first, a batch at a time."""
    start = "-"
    while True:
        with faults():
            batch = client.redis.xrange(keys.log, start, "+", count=_BATCH)
        for _, fields in batch:
            yield _entry(fields)
        if len(batch) < _BATCH:
            return
        start = f"({batch[-1][0].decode()}"


def _entry(fields: dict[bytes, bytes]) -> Entry:
    body = fields.get(b"body")
    return Entry(
        kind=fields[b"kind"].decode(),
        decision=fields[b"id"].decode(),
        at=int(fields[b"at"]),
        body=zlib.decompress(body) if body else b"",
    )
