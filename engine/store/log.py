"""The decision log: what was decided, what ended and what moved, in order. The scripts beside this file write it."""

import zlib
from collections.abc import Iterator, Sequence
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
    """`kind` is decided, confirmed, released, expired, rejected, extended, withdrawn (from the backlog) or moved.
    `decision` is whose it is (of what moved, the name of a batch); `body` the bytes of a decision, of what was rejected
    or of movements, empty otherwise.
    """

    place: tuple[int, int]
    """Where it stands: later entries have greater places."""
    kind: str
    decision: str
    at: int
    body: bytes
    caller: str = ""
    shipments: tuple[int, ...] | None = None
    """Numbers of the shipments whose hold ended here; None: all."""
    taken: str = ""
    """Of movements: 1 for each that was applied here, 0 for others."""
    until: int | None = None
    """Of an extension."""

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
    return _entry(*found[0]) if found else None


def find_all(client: Client, keys: Keys, decisions: Sequence[str]) -> list[Entry]:
    """The entries of decisions that are known, in their order."""
    with faults(), client.redis.pipeline(transaction=False) as read:
        for place in client.redis.hmget(keys.decisions, decisions):
            read.xrange(keys.log, place, place)
        return [_entry(*found[0]) for found in read.execute()]


def entries(client: Client, keys: Keys) -> Iterator[Entry]:
    """The whole log, oldest first, a batch at a time."""
    start = "-"
    while True:
        with faults():
            batch = client.redis.xrange(keys.log, start, "+", count=_BATCH)
        for place, fields in batch:
            yield _entry(place, fields)
        if len(batch) < _BATCH:
            return
        start = f"({batch[-1][0].decode()}"


def place_of(name: bytes) -> tuple[int, int]:
    """An entry's id as a value that can be compared."""
    major, _, minor = name.partition(b"-")
    return int(major), int(minor)


def _entry(place: bytes, fields: dict[bytes, bytes]) -> Entry:
    body, until, shipments = (fields.get(name) for name in (b"body", b"until", b"shipments"))
    return Entry(
        place=place_of(place),
        kind=fields[b"kind"].decode(),
        decision=fields[b"id"].decode(),
        at=int(fields[b"at"]),
        body=zlib.decompress(body) if body else b"",
        caller=fields.get(b"caller", b"").decode(),
        shipments=None if shipments is None else tuple(int(number) for number in shipments.split(b",")),
        taken=fields.get(b"taken", b"").decode(),
        until=None if until is None else int(until),
    )
