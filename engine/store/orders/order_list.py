"""Lists the orders of a network, those placed last first."""

from collections.abc import Iterator
from typing import TypeAlias

from engine.store.connection.client import Client, faults

OrderPlace: TypeAlias = tuple[int, str]
"""When an order was placed, in UTC seconds, and its id: its place in the list."""

_BATCH = 200


def placed_last(client: Client, key: str, *, after: OrderPlace | None) -> Iterator[OrderPlace]:
    """The members of a sorted set of orders, from the last to the first; with `after`, those that come after it."""
    with faults():
        start = 0 if after is None else _position(client, key, after)
        while True:
            batch = client.redis.zrange(key, start, start + _BATCH - 1, desc=True, withscores=True)
            places = [(int(placed), name.decode()) for name, placed in batch]
            yield from (place for place in places if after is None or place < after)
            if len(batch) < _BATCH:
                return
            start += _BATCH


def _position(client: Client, key: str, after: OrderPlace) -> int:
    """From which position on those after `after` are: its own, or that of the first placed at its instant."""
    placed, name = after
    rank = client.redis.zrevrank(key, name)
    return int(client.redis.zcount(key, f"({placed}", "+inf") if rank is None else rank)
