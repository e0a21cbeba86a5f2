"""Writes the keys of a backup into a network that has none."""

import itertools
from collections.abc import Callable, Iterable, Iterator, Sequence
from pathlib import Path
from typing import Any

import orjson

from engine.model.facts import Network
from engine.store.backup.errors import NotEmpty
from engine.store.backup.frames import Contents, frames, verify
from engine.store.connection.client import Client, faults
from engine.store.fulfilment.serials import mark_restored
from engine.store.fulfilment.tracking_serials import mark_restored_numbers
from engine.store.keys import Keys
from engine.store.network.serialization import network_of
from engine.store.reset import forget

_BATCH = 200
"""Frames that are sent at once."""


def restore(
    client: Client,
    keys: Keys,
    path: Path,
    *,
    replace: bool,
    advanced: Callable[[int, int], None],
    deleting: Callable[[], None] = lambda: None,
) -> Contents:
    """Write all keys of the backup at `path`; those that have expired meanwhile are left out. Raises BackupInvalid, and
    NotEmpty if the network has keys and `replace` does not say that they are to be deleted; then nothing was changed.

    The facts come last: without them nobody can decide, so that a restore which was cut off is noticed, and made again.
    `advanced` is told how many frames were written, and of how many; `deleting` is called before anything is deleted.
    """
    contents = verify(path)
    there = len(client.names(keys.prefix))
    if there and not replace:
        raise NotEmpty(
            f"network '{keys.network}' has {there:,} keys; --replace deletes them, --network names another network"
        )
    deleting()
    forget(client, keys)
    commands = _Commands(keys, network=contents.network, now=client.milliseconds(keys.facts))
    facts = keys.facts.removeprefix(keys.prefix).encode()
    done = 0
    for last in (False, True):
        if last:
            _mark_numbers(client, keys, _network_of(path, facts), seconds=commands.now // 1_000 - contents.at)
        chosen = (frame for frame in frames(path) if isinstance(frame, list) and (frame[1] == facts) == last)
        while batch := list(itertools.islice(chosen, _BATCH)):
            with faults(), client.one_connection(keys.facts) as pipe:
                for frame in batch:
                    for command in commands.of(frame):
                        pipe.execute_command(*command)
                pipe.execute()
            done += len(batch)
            advanced(done, contents.frames)
    client.verify_replicated(keys.facts)
    return contents


def _mark_numbers(client: Client, keys: Keys, network: Network | None, *, seconds: int) -> None:
    """See to it that no number of a parcel is given out twice, before anybody can pack."""
    mark_restored(client, keys, seconds=seconds)
    ranges = [numbers for account in network.carriers.values() for numbers in account.ranges] if network else []
    mark_restored_numbers(client, keys, ranges, seconds=seconds)


def _network_of(path: Path, facts: bytes) -> Network | None:
    """The network that the backup has; None if it has none. `facts` is the name of the key that has it."""
    fields: dict[bytes, bytes] = {}
    for frame in frames(path):
        if isinstance(frame, list) and frame[1] == facts:
            if frame[0] != "more":
                fields.clear()
            if frame[0] == "more" or frame[2:3] == ["hash"]:
                fields.update(frame[-1])
    if b"body" not in fields:
        return None
    return network_of(fields[b"version"].decode(), orjson.loads(fields[b"body"]))


class _Commands:
    """What writes a frame to the keys of a network. `now` is the server's clock in milliseconds."""

    def __init__(self, keys: Keys, *, network: str, now: int) -> None:
        self._keys = keys
        self._prefix = keys.prefix.encode()
        self._prefix_then = Keys(network).prefix.encode()
        self.now = now
        self._kinds: dict[bytes, str] = {}
        """Of the keys that more may come of."""

    def of(self, frame: Sequence[Any]) -> Iterator[Sequence[Any]]:
        what, short, *rest = frame
        name = self._prefix + short
        if what == "more":
            if short in self._kinds:
                yield from self._adding(name, self._kinds[short], rest[0])
            return
        yield ("UNLINK", name)
        self._kinds.pop(short, None)
        if what == "gone":
            return
        kind, expires, items = rest
        if expires is not None and expires <= self.now:
            return
        self._kinds[short] = kind
        yield from self._adding(name, kind, items)
        if expires is not None:
            yield ("PEXPIREAT", name, expires)

    def _adding(self, name: bytes, kind: str, items: Sequence[Any]) -> Iterator[Sequence[Any]]:
        match kind:
            case "string":
                yield ("SET", name, items[0])
            case "list":
                yield ("RPUSH", name, *items)
            case "hash":
                yield ("HSET", name, *_flat((self._here(field), value) for field, value in items))
            case "set":
                yield ("SADD", name, *items)
            case "zset":
                yield ("ZADD", name, *_flat((repr(score), self._here(member)) for member, score in items))
            case "stream":
                for entry, fields in items:
                    yield ("XADD", name, entry, *fields)

    def _here(self, field: bytes) -> bytes:
        """Indexes name keys: in another network than the backup is of, those of that network."""
        return self._prefix + field.removeprefix(self._prefix_then) if field.startswith(self._prefix_then) else field


def _flat(pairs: Iterable[Sequence[Any]]) -> list[Any]:
    return [part for pair in pairs for part in pair]
