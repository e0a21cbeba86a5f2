"""Lists the orders of a network, those placed last first."""

from collections.abc import Iterator
from typing import TypeAlias

from engine.store.connection.client import Client
from engine.store.connection.sorted_sets import Place, places

OrderPlace: TypeAlias = Place
"""When an order was placed, in UTC seconds, and its id: its place in the list."""


def placed_last(client: Client, key: str, *, after: OrderPlace | None) -> Iterator[OrderPlace]:
    """The members of a sorted set of orders, from the last to the first, as `places` reads them."""
    return places(client, key, after=after, last_first=True)
