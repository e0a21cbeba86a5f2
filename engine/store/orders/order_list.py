"""Lists the orders of a network, those placed last first."""

from collections.abc import Iterable, Iterator, Mapping
from typing import TypeAlias

from engine.store.connection.client import Client, faults
from engine.store.connection.sorted_sets import Place, places

OrderPlace: TypeAlias = Place
"""When an order was placed, in UTC seconds, and its id: its place in the list."""


def placed_last(client: Client, key: str, *, after: OrderPlace | None) -> Iterator[OrderPlace]:
    """The members of a sorted set of orders, from the last to the first, as `places` reads them."""
    return places(client, key, after=after, last_first=True)


def when_placed(client: Client, key: str, orders: Iterable[str]) -> Mapping[str, int]:
    """The instants (UTC seconds) of those of the orders that are in the sorted set; raises StoreUnavailable."""
    names = list(orders)
    if not names:
        return {}
    with faults():
        scores = client.redis.zmscore(key, names)
    return {name: int(score) for name, score in zip(names, scores, strict=True) if score is not None}
