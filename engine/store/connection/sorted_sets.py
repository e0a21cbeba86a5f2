"""Walks through a sorted set, a batch at a time, while others change it."""

from collections.abc import Iterator
from typing import TypeAlias

from engine.store.connection.client import Client, faults

Place: TypeAlias = tuple[int, str]
"""The score of a member and the member: its place in the sorted set."""

_BATCH = 200


def places(client: Client, key: str, *, after: Place | None = None, last_first: bool = False) -> Iterator[Place]:
    """The members of a sorted set with their scores, from the first to the last or the other way round; with `after`,
    those that come after it. Each comes once, and all come that are there throughout, whatever is added and removed
    meanwhile.
    """

    def follows(place: Place, other: Place) -> bool:
        return place < other if last_first else place > other

    with faults():
        start = _position(client, key, after, last_first=last_first)
        while True:
            batch = client.redis.zrange(key, start, start + _BATCH - 1, desc=last_first, withscores=True)
            read = [(int(score), name.decode()) for name, score in batch]
            if after is not None and start > 0 and (not read or follows(read[0], after)):
                # some before it were removed, so some after it may be missing
                start = _position(client, key, after, last_first=last_first)
                continue
            further = [place for place in read if after is None or follows(place, after)]
            yield from further
            if len(read) < _BATCH:
                return
            after = further[-1] if further else after
            start = _position(client, key, after, last_first=last_first) if further else start + _BATCH - 1


def _position(client: Client, key: str, after: Place | None, *, last_first: bool) -> int:
    """From which position on are all those after `after`: its own, or that of the last before its score."""
    if after is None:
        return 0
    score, name = after
    with client.redis.pipeline(transaction=True) as read:
        if last_first:
            read.zrevrank(key, name).zscore(key, name).zcount(key, f"({score}", "+inf")
        else:
            read.zrank(key, name).zscore(key, name).zcount(key, "-inf", f"({score}")
        rank, stored, before = read.execute()
    return int(rank) if stored == score else max(0, before - 1)
