"""The ledger as the check reads it: all of it, a batch at a time; or some of it at one moment, with the log's end."""

import itertools
from collections.abc import Callable, Iterator, Sequence
from dataclasses import dataclass, field
from typing import Any, TypeAlias

import orjson

from engine.store.client import Client, faults
from engine.store.drifts import Position
from engine.store.keys import Keys
from engine.store.log import place_of
from engine.store.tally import Base, Spot

Fields: TypeAlias = dict[bytes, bytes]
_AT_ONCE = 500
_SCAN = 5_000


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
    with faults(), client.redis.pipeline(transaction=True) as read:
        last, size = read.xrevrange(keys.log, count=1).hlen(counted).execute()
    return last[0][0].decode() if last else "0-0", size


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
        return texts(client.redis.hgetall(keys.resting)), _text(client.redis.hget(keys.facts, "rests"))


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


@dataclass(frozen=True, slots=True, kw_only=True)
class Moment:
    """Some of the ledger, and the last entry that the log had just then. Loads are (day, node); None: not there."""

    end: str
    positions: dict[Spot, Position]
    holds: dict[str, tuple[dict[str, str], int | None]]
    callers: dict[str, int]
    loads: dict[tuple[str, str], str | None]
    rests: dict[str, str | None]
    latest_rest: str | None
    """After which no node rests, as the facts say."""
    index: dict[str, str | None]
    endings: dict[str, str | None]
    millis: int
    """By the server's clock."""


@dataclass(frozen=True, slots=True, kw_only=True)
class Suspects:
    """What to look at again, each with a name once."""

    positions: frozenset[Spot] = frozenset()
    holds: frozenset[str] = frozenset()
    callers: frozenset[str] = frozenset()
    loads: frozenset[tuple[str, str]] = frozenset()
    rests: frozenset[str] = frozenset()
    index: frozenset[str] = frozenset()
    endings: frozenset[str] = frozenset()

    def batches(self) -> Iterator["Suspects"]:
        """The same, some at a time."""
        for kind in ("holds", "callers", "positions", "loads", "rests", "index", "endings"):
            every = sorted(getattr(self, kind))
            for at in range(0, len(every), _AT_ONCE):
                yield Suspects(**{kind: frozenset(every[at : at + _AT_ONCE])})


@dataclass(slots=True)
class Suspected:
    """What differed at first sight, perhaps only because the service went on meanwhile."""

    positions: set[Spot] = field(default_factory=set)
    holds: set[str] = field(default_factory=set)
    callers: set[str] = field(default_factory=set)
    loads: set[tuple[str, str]] = field(default_factory=set)
    rests: set[str] = field(default_factory=set)
    index: set[str] = field(default_factory=set)
    endings: set[str] = field(default_factory=set)

    def frozen(self) -> Suspects:
        return Suspects(**{name: frozenset(getattr(self, name)) for name in Suspected.__slots__})


def look(client: Client, keys: Keys, at: Suspects) -> Moment:
    """All of it in one transaction."""
    with faults(), client.redis.pipeline(transaction=True) as read:
        read.xrevrange(keys.log, count=1)
        for sku, node in sorted(at.positions):
            read.hget(keys.on_hand(sku), node).hget(keys.held(sku), node).hget(keys.base(sku), node)
        for name in sorted(at.holds):
            read.hgetall(keys.hold(name)).zscore(keys.expiring, name)
        for caller in sorted(at.callers):
            read.hget(keys.open_holds, caller)
        for day, node in sorted(at.loads):
            read.hget(keys.load(day), node)
        for node in sorted(at.rests):
            read.hget(keys.resting, node)
        read.hget(keys.facts, "rests")
        for name in sorted(at.index):
            read.hget(keys.decisions, name)
        for name in sorted(at.endings):
            read.hget(keys.endings, name)
        found = iter(read.execute())
        millis = client.milliseconds(keys.log)
    last = next(found)
    return Moment(
        end=last[0][0].decode() if last else "0-0",
        positions={spot: _position(found) for spot in sorted(at.positions)},
        holds={name: _hold(found) for name in sorted(at.holds)},
        callers={caller: int(next(found) or 0) for caller in sorted(at.callers)},
        loads={load: _text(next(found)) for load in sorted(at.loads)},
        rests={node: _text(next(found)) for node in sorted(at.rests)},
        latest_rest=_text(next(found)),
        index={name: _text(next(found)) for name in sorted(at.index)},
        endings={name: _text(next(found)) for name in sorted(at.endings)},
        millis=millis,
    )


def _position(found: Iterator[Any]) -> Position:
    return Position(on_hand=int(next(found) or 0), held=int(next(found) or 0), base=base_of(next(found)))


def _hold(found: Iterator[Any]) -> tuple[dict[str, str], int | None]:
    fields, until = texts(next(found)), next(found)
    return fields, None if until is None else int(until)


def _text(said: bytes | None) -> str | None:
    return None if said is None else said.decode()
