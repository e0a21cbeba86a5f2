"""Reads many hashes, a batch at a time."""

from collections.abc import Callable, Iterator, Sequence
from typing import TypeAlias

from engine.store.connection.client import Client, faults

Fields: TypeAlias = dict[bytes, bytes]
_AT_ONCE = 500


def read_hashes(client: Client, key: Callable[[str], str], names: Sequence[str]) -> Iterator[tuple[str, Fields]]:
    """The hash at the key of each name, without those that do not exist any more."""
    for start in range(0, len(names), _AT_ONCE):
        batch = names[start : start + _AT_ONCE]
        with faults(), client.redis.pipeline(transaction=False) as read:
            for name in batch:
                read.hgetall(key(name))
            hashes = read.execute()
        yield from ((name, fields) for name, fields in zip(batch, hashes, strict=True) if fields)
