"""Streams read from their newest entry back, in pages of what is asked for."""

import itertools
from collections.abc import Callable, Iterator, Sequence
from typing import Protocol, TypeVar

from engine.store.connection.client import Client, faults
from engine.store.log.entry import EntryId

_MILLISECONDS = 1_000


class _Logged(Protocol):
    @property
    def id(self) -> EntryId: ...


_L = TypeVar("_L", bound=_Logged)


def batches_newest_first(
    client: Client,
    stream: str,
    *,
    start: int | None,
    end: int | None,
    after: EntryId | None,
    at_once: int,
    behind: EntryId | None = None,
) -> Iterator[Sequence[tuple[bytes, dict[bytes, bytes]]]]:
    """Raw entries from the instant `start` on and before `end` (UTC seconds, the server's clock), before the entry
    `after` and behind the entry `behind`, `at_once` at most in a batch. Raises StoreUnavailable.
    """
    first = "-" if start is None else str(start * _MILLISECONDS)
    if behind is not None and (start is None or behind[0] >= start * _MILLISECONDS):
        first = "({}-{}".format(*behind)
    last = "+" if end is None else str(max(0, end * _MILLISECONDS - 1))
    if after is not None and (end is None or after[0] < end * _MILLISECONDS):
        last = "({}-{}".format(*after)
    while True:
        with faults():
            batch = client.redis.xrevrange(stream, last, first, count=at_once)
        yield batch
        if len(batch) < at_once:
            return
        last = f"({batch[-1][0].decode()}"


def page_of(
    stored: Iterator[_L], matches: Callable[[_L], bool], *, limit: int, looked_at: int
) -> tuple[tuple[_L, ...], EntryId | None]:
    """The first that match, at most `limit`, of at most so many that are `looked_at`; and the entry that the next page
    goes on after, None if there is none.
    """
    found: list[_L] = []
    last: EntryId | None = None
    for item in itertools.islice(stored, looked_at):
        last = item.id
        if matches(item):
            found.append(item)
        if len(found) == limit:
            break
    is_last = next(stored, None) is None
    return tuple(found), None if is_last else last
