"""Lists the orders of a network, those placed last first."""

from collections.abc import Iterator
from typing import TypeAlias

from engine.store.connection.client import Client, faults

OrderPlace: TypeAlias = tuple[int, str]
"""When an order was placed, in UTC seconds, and its id: its place in the list."""

_BATCH = 200


def placed_last(client: Client, key: str, *, after: OrderPlace | None) -> Iterator[OrderPlace]:
    """The members of a sorted set of orders, from the last to the first; with `after`, those that come after it. Each
    comes once, and all come that are there throughout, whatever is added and removed meanwhile.
    """
    with faults():
        start = _position(client, key, after)
        while True:
            batch = client.redis.zrange(key, start, start + _BATCH - 1, desc=True, withscores=True)
            places = [(int(placed), name.decode()) for name, placed in batch]
            if after is not None and start > 0 and not (places and places[0] >= after):
                start = _position(client, key, after)  # some before it were removed, so some after it may be missing
                continue
            further = [place for place in places if after is None or place < after]
            yield from further
            if len(places) < _BATCH:
                return
            after = further[-1] if further else after
            start = _position(client, key, after) if further else start + _BATCH - 1


def _position(client: Client, key: str, after: OrderPlace | None) -> int:
    """From which position on are all those after `after`: its own, or that of the last before its instant."""
    if after is None:
        return 0
    placed, name = after
    with client.redis.pipeline(transaction=True) as read:
        read.zrevrank(key, name).zscore(key, name).zcount(key, f"({placed}", "+inf")
        rank, score, later = read.execute()
    return int(rank) if score == placed else max(0, later - 1)
