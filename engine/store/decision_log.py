"""The decision log: what was decided, what ended and what moved, in order. The scripts beside this file write it."""

import zlib
from collections.abc import Callable, Iterator, Sequence
from dataclasses import dataclass
from typing import Any, TypeAlias

import orjson

from engine.errors import NotFound
from engine.store.connection.client import Client, faults
from engine.store.keys import Keys

Raw: TypeAlias = tuple[bytes, dict[bytes, bytes]]
"""An entry as the server answers it: its id, and its fields."""

KINDS = (
    "decided",
    "confirmed",
    "released",
    "expired",
    "rejected",
    "extended",
    "withdrawn",
    "moved",
    "repaired",
    "woken",
)
"""Of entries."""
UNREADABLE = (ValueError, KeyError, IndexError, zlib.error)
"""What reading an entry raises that nobody wrote so."""
_BATCH = 500
_FAST = 1
"""zlib's level: half of what level 6 takes, for a tenth more bytes."""


@dataclass(frozen=True, slots=True, kw_only=True)
class Entry:
    """`kind` is decided, confirmed, released, expired, rejected, extended, withdrawn (from the backlog), moved,
    repaired or woken. `decision` is whose it is (of what moved, the name of a batch; of what was woken, the node that
    rests no more); `body` the bytes of a decision, of what was rejected, of movements or of what was repaired, empty
    otherwise.
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
    day: str = ""
    """Of a decision: the date under which its shipments count as load. Earlier releases left it out."""
    stood: tuple[tuple[int, int, int], ...] = ()
    """Of a decision: what was on hand, held and the floor just before it, of each position it took units from, these
    sorted by SKU, then node.
    """

    @property
    def record(self) -> dict[str, Any]:
        return dict(orjson.loads(self.body))


def packed(body: bytes) -> bytes:
    return zlib.compress(body, _FAST)


def decided(client: Client, keys: Keys, decision: str) -> Entry:
    """The entry of a decision, by its id; raises NotFound."""
    entry = client.twice(lambda: _find(client, keys, decision))
    if entry is None:
        raise NotFound(f"no decision goes by the id '{decision}'")
    return entry


def find_all(client: Client, keys: Keys, decisions: Sequence[str]) -> list[Entry]:
    """The entries of decisions that are known, in their order."""
    with faults(), client.redis.pipeline(transaction=False) as read:
        for place in client.redis.hmget(keys.decisions, decisions):
            read.xrange(keys.log, place, place)
        return [entry_of(*found[0]) for found in read.execute()]


def entries(client: Client, keys: Keys, *, torn: Callable[[str], None] | None = None) -> Iterator[Entry]:
    """The whole log, oldest first, a batch at a time. `torn` is told of each entry that nobody wrote so."""
    for batch in batches(client, keys):
        for place, fields in batch:
            try:
                yield entry_of(place, fields)
            except UNREADABLE:
                if torn is None:
                    raise
                torn(place.decode())


def batches(client: Client, keys: Keys, *, start: str = "-", end: str = "+") -> Iterator[list[Raw]]:
    """The log as it is stored, from `start` to `end` (Redis's own words for them)."""
    while True:
        with faults():
            batch = client.redis.xrange(keys.log, start, end, count=_BATCH)
        if batch:
            yield batch
        if len(batch) < _BATCH:
            return
        start = f"({batch[-1][0].decode()}"


def _find(client: Client, keys: Keys, decision: str) -> Entry | None:
    with faults():
        place = client.redis.hget(keys.decisions, decision)
        found = client.redis.xrange(keys.log, place, place) if place else []
    return entry_of(*found[0]) if found else None


def place_of(name: bytes) -> tuple[int, int]:
    """An entry's id as a value that can be compared."""
    major, _, minor = name.partition(b"-")
    return int(major), int(minor)


def entry_of(place: bytes, fields: dict[bytes, bytes]) -> Entry:
    """One entry as it was stored; raises ValueError, KeyError or zlib.error if nobody wrote it so."""
    stood = fields.get(b"stood")
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
        day=fields.get(b"day", b"").decode(),
        stood=tuple(_stood(said) for said in stood.split(b",")) if stood else (),
    )


def _stood(said: bytes) -> tuple[int, int, int]:
    on_hand, held, floor = said.split(b" ")
    return int(on_hand), int(held), int(floor)
