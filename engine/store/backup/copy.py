"""Copies all keys of a network while others go on writing, as they were at one moment.

The server reports every key that changes (client-side caching in broadcast mode, see Redis's page "Client-side
caching"). All keys are read once; then those that changed meanwhile, again and again, until few are left. While these
are read for the last time, the server lets all who write wait (`CLIENT PAUSE ... WRITE`), so that the copy is that of
one moment. Each key is read in pieces: no command holds others up for long.

Items of a string are [bytes]; of a list or set its members; of a hash [field, value]; of a sorted set [member, score];
of a stream [id, [field, value, ...]].
"""

import itertools
from collections.abc import Callable, Iterable, Iterator, Mapping, Sequence
from typing import Any

from engine.store.backup.frames import FrameWriter
from engine.store.connection.changed_keys import ChangedKeys

PIECE = 1_000
"""Items that are read at once."""
FEW = 500
"""So many keys that have changed may be read while writers wait."""
PAUSE_MILLISECONDS = 10_000
"""Writers wait no longer than this, even if the process that makes them wait is killed."""


_KEYS_AT_ONCE = 200
_SIZES = {b"string": "EXISTS", b"list": "LLEN", b"hash": "HLEN", b"set": "SCARD", b"zset": "ZCARD"}
_READ_ALL: Mapping[bytes, Callable[[bytes], Sequence[Any]]] = {
    b"string": lambda name: ("GET", name),
    b"list": lambda name: ("LRANGE", name, 0, -1),
    b"hash": lambda name: ("HGETALL", name),
    b"set": lambda name: ("SMEMBERS", name),
    b"zset": lambda name: ("ZRANGE", name, 0, -1, "WITHSCORES"),
}


class NetworkCopy:
    """One copy, of the keys that begin with `prefix`, into a file. `advanced` is told how many keys of a round were
    read, and of how many.
    """

    def __init__(self, redis: Any, prefix: str, writer: FrameWriter, *, advanced: Callable[[int, int], None]) -> None:
        self._redis = redis
        self._prefix = prefix.encode()
        self._writer = writer
        self._advanced = advanced
        self._streams: dict[bytes, tuple[int, bytes]] = {}
        """Of each stream, how many entries were read and the id of the last."""
        self.keys: set[bytes] = set()
        """All that the copy has."""

    def run(self, names: Iterable[bytes], changed: ChangedKeys, *, few: int = FEW) -> None:
        """Copy the keys of these names, and all that are reported while this runs. Writers wait once at most `few`
        have changed.
        """
        todo = set(names)
        before = len(todo) + 1
        # until few have changed, or no fewer than while the ones before were read
        while few < len(todo) < before:
            before = len(todo)
            self._copy(todo)
            todo = changed.take()
        with changed.paused(PAUSE_MILLISECONDS):
            # every stream, as entries that went while others came are noticed only now that none comes
            self._copy(todo | changed.take() | self._streams.keys())

    def _copy(self, names: Iterable[bytes]) -> None:
        order = sorted(names)
        for at in range(0, len(order), _KEYS_AT_ONCE):
            batch = order[at : at + _KEYS_AT_ONCE]
            self._copy_keys(batch)
            self._advanced(at + len(batch), len(order))

    def _copy_keys(self, names: Sequence[bytes]) -> None:
        with self._redis.pipeline(transaction=False) as pipe:
            for name in names:
                pipe.type(name)
                pipe.pexpiretime(name)
            answers = pipe.execute()
        kinds = dict(zip(names, answers[::2], strict=True))
        small = self._small([(name, kind) for name, kind in kinds.items() if kind in _SIZES])
        for name, expires in zip(names, answers[1::2], strict=True):
            self._copy_key(name, kinds[name], expires if expires > 0 else None, small.get(name))

    def _small(self, keys: Sequence[tuple[bytes, bytes]]) -> Mapping[bytes, Sequence[Any]]:
        """All items of those of these keys that have few."""
        with self._redis.pipeline(transaction=False) as pipe:
            for name, kind in keys:
                pipe.execute_command(_SIZES[kind], name)
            sizes = pipe.execute()
            few = [key for key, size in zip(keys, sizes, strict=True) if size <= PIECE]
            for name, kind in few:
                pipe.execute_command(*_READ_ALL[kind](name))
            answers = pipe.execute()
        return {name: _items(kind, answer) for (name, kind), answer in zip(few, answers, strict=True)}

    def _copy_key(self, name: bytes, kind: bytes, expires: int | None, items: Sequence[Any] | None) -> None:
        short = name.removeprefix(self._prefix)
        if kind == b"none" or items == []:  # some types are none without items: it was deleted in between
            self._writer.write(["gone", short])
            self.keys.discard(name)
            self._streams.pop(name, None)
            return
        self.keys.add(name)
        if kind == b"stream" and name in self._streams:
            self._write_more(short, self._entries(name))
            if self._redis.xlen(name) >= self._streams[name][0]:
                return
        pieces = iter([items]) if items is not None else self._pieces(name, kind)
        self._writer.write(["new", short, kind.decode(), expires, next(pieces, [])])
        self._write_more(short, pieces)

    def _write_more(self, short: bytes, pieces: Iterable[Sequence[Any]]) -> None:
        for piece in pieces:
            self._writer.write(["more", short, piece])

    def _pieces(self, name: bytes, kind: bytes) -> Iterator[Sequence[Any]]:
        redis = self._redis
        if kind == b"stream":
            self._streams[name] = (0, b"")
            return self._entries(name)
        if kind == b"list":
            return (redis.lrange(name, at, at + PIECE - 1) for at in range(0, redis.llen(name), PIECE))
        scans = {b"hash": redis.hscan_iter, b"set": redis.sscan_iter, b"zset": redis.zscan_iter}
        return _in_pieces(scans[kind](name, count=PIECE))

    def _entries(self, name: bytes) -> Iterator[Sequence[Any]]:
        """Of a stream, the entries after those that were read before."""
        count, last = self._streams[name]
        while entries := self._redis.xrange(name, min=b"(" + last if last else b"-", count=PIECE):
            count, last = count + len(entries), entries[-1][0]
            self._streams[name] = count, last
            yield [[entry, [part for pair in fields.items() for part in pair]] for entry, fields in entries]


def _items(kind: bytes, answer: Any) -> list[Any]:
    """What _READ_ALL is answered, as redis-py hands it over, as items."""
    if kind == b"string":
        return [] if answer is None else [answer]
    return list(answer.items()) if kind == b"hash" else list(answer)


def _in_pieces(items: Iterable[Any]) -> Iterator[Sequence[Any]]:
    """A scan may bring an item twice, which is the same when it is written twice."""
    rest = iter(items)
    while piece := list(itertools.islice(rest, PIECE)):
        yield piece
