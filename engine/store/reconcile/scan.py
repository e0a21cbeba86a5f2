"""The ledger as the check reads it: all of it, a batch at a time, while the service goes on."""

import itertools
from collections.abc import Callable, Iterator, Sequence
from dataclasses import dataclass, field
from typing import TypeAlias

import orjson

from engine.store.connection.client import Client, faults
from engine.store.decision_log import place_of
from engine.store.keys import Keys
from engine.store.reconcile.expected_state import Base, Spot

Fields: TypeAlias = dict[bytes, bytes]
_AT_ONCE = 500
_SCAN = 5_000
_END = """
local last = redis.call('XREVRANGE', KEYS[1], '+', '-', 'COUNT', 1)[1]
return {last and last[1] or '0-0', redis.call('HLEN', KEYS[2])}
"""


@dataclass(slots=True, kw_only=True)
class Names:
    """What there is, by name: SKUs with units on hand, held, and with a base; holds; days with a load."""

    on_hand: set[str] = field(default_factory=set)
    held: set[str] = field(default_factory=set)
    base: set[str] = field(default_factory=set)
    hold: set[str] = field(default_factory=set)
    load: set[str] = field(default_factory=set)


def names(client: Client, keys: Keys) -> Names:
    """One walk over the network's keys. What comes or goes meanwhile may or may not be among them."""
    found = Names()
    kinds = {name: getattr(found, name) for name in Names.__slots__}
    start = len(keys.everything)
    for key in client.scan(keys.everything, count=_SCAN):
        kind, _, name = key[start:].partition(":")
        if name and kind in kinds:
            kinds[kind].add(name)
    return found


def end(client: Client, keys: Keys, *, counted: str) -> tuple[str, int]:
    """The last entry that the log has, and how many fields the hash `counted` has just then."""
    with faults():  # a script: it may be the first thing asked since another took over, which a transaction won't learn
        last, size = client.redis.eval(_END, 2, keys.log, counted)
    return last.decode(), int(size)


def hashes(client: Client, key: Callable[[str], str], found: Sequence[str]) -> Iterator[tuple[str, Fields]]:
    """The hash of each name, those that are gone by now left out."""
    for at in range(0, len(found), _AT_ONCE):
        batch = found[at : at + _AT_ONCE]
        with faults(), client.redis.pipeline(transaction=False) as read:
            for name in batch:
                read.hgetall(key(name))
            yield from ((name, said) for name, said in zip(batch, read.execute(), strict=True) if said)


def expiring(client: Client, keys: Keys) -> Iterator[tuple[str, int]]:
    """Each hold that is to expire, and when."""
    with faults():
        for name, until in client.redis.zscan_iter(keys.expiring, count=_SCAN):
            yield name.decode(), int(until)


def resting(client: Client, keys: Keys) -> tuple[dict[str, str], str | None]:
    """The nodes that rest as they are stored, and the instant after which none does."""
    with faults():
        latest = client.redis.hget(keys.facts, "rests")
        return texts(client.redis.hgetall(keys.resting)), None if latest is None else latest.decode()


def index(client: Client, keys: Keys) -> Iterator[list[tuple[str, str]]]:
    """The decisions that the index has, and where each stands in the log."""
    batch: list[tuple[str, str]] = []
    with faults():
        for name, place in client.redis.hscan_iter(keys.decisions, count=_SCAN):
            batch.append((name.decode(), place.decode()))
            if len(batch) >= _AT_ONCE:
                yield batch
                batch = []
    if batch:
        yield batch


def endings(client: Client, keys: Keys) -> Iterator[list[str]]:
    """The holds of which the ledger says how they ended, some at a time."""
    with faults():
        names = (name.decode() for name, _ in client.redis.hscan_iter(keys.endings, count=_SCAN))
        while batch := list(itertools.islice(names, _AT_ONCE)):
            yield batch


def bases(client: Client, keys: Keys, skus: Sequence[str]) -> Iterator[tuple[Spot, Base]]:
    """Where each position's movements are counted from."""
    for sku, fields in hashes(client, keys.base, skus):
        for node, said in fields.items():
            base = base_of(said)
            if base is not None:
                yield (sku, node.decode()), base


def zone(client: Client, keys: Keys) -> str:
    """The installation's time zone."""
    with faults():
        body = client.redis.hget(keys.facts, "body")
    return str(orjson.loads(body)["time_zone"]) if body else "UTC"


def base_of(said: bytes | None) -> Base | None:
    if said is None:
        return None
    units, _, entry = said.partition(b" ")
    return int(units), place_of(entry)


def texts(said: Fields) -> dict[str, str]:
    return {name.decode(): value.decode() for name, value in said.items()}
