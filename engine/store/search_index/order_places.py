"""The places in the list of orders of those that may have a SKU or a node, found by the search index."""

from collections import defaultdict
from collections.abc import Iterator, Mapping, Sequence
from collections.abc import Set as AbstractSet

from engine.store.connection.client import Client
from engine.store.keys import Keys
from engine.store.log import decision_log
from engine.store.orders.order_list import OrderPlace, placed_last, when_placed
from engine.store.search_index.index_entries import indexed_entry
from engine.store.search_index.packed import orders_in, utc_date
from engine.store.search_index.stored_index import PLACED, IndexBegunAnew, IndexState, StoredIndex

MOST_UNINDEXED = 2_000
"""If the log has more entries that are not in the index yet, orders are looked through one by one."""
_Orders = Mapping[tuple[str, str], AbstractSet[str]]
"""Ids of orders by date and field."""


class OrderPlaces:
    """Those of one network."""

    def __init__(self, client: Client, keys: Keys) -> None:
        self._client = client
        self._keys = keys
        self._index = StoredIndex(client, keys)

    def placed_last(self, fields: Sequence[str], *, after: OrderPlace | None) -> Iterator[OrderPlace]:
        """The places behind `after` of all orders that are found under every one of the fields, and maybe of others,
        those placed last first. An order that is decided meanwhile may be missing.
        """
        state = self._index.state()
        unindexed = self._unindexed(state) if state.made and fields else None
        if unindexed is None:
            yield from placed_last(self._client, self._keys.orders, after=after)
            return
        last = after
        try:
            for last in self._indexed(fields, state, unindexed, after):
                yield last
        except IndexBegunAnew:
            yield from placed_last(self._client, self._keys.orders, after=last)

    def _unindexed(self, state: IndexState) -> _Orders | None:
        """The orders that the log has and the index not yet; None if these are too many."""
        start = "({}-{}".format(*state.cursor)
        entries = decision_log.next_entries(self._client, self._keys, start=start, count=MOST_UNINDEXED + 1)
        if len(entries) > MOST_UNINDEXED:
            return None
        indexed = [item for item in map(indexed_entry, entries) if item is not None and item.order]
        placed = when_placed(self._client, self._keys.orders, {item.order for item in indexed})
        found: defaultdict[tuple[str, str], set[str]] = defaultdict(set)
        for item in indexed:
            if item.order in placed:
                for field in item.ordered:
                    found[utc_date(placed[item.order]), field].add(item.order)
        return found

    def _indexed(
        self, fields: Sequence[str], state: IndexState, unindexed: _Orders, after: OrderPlace | None
    ) -> Iterator[OrderPlace]:
        dates = {*self._index.dates(PLACED), *(date for date, _ in unindexed)}
        latest = None if after is None else utc_date(after[0])
        asked = sorted((date for date in dates if latest is None or date <= latest), reverse=True)
        for date, values, _ in self._index.values(PLACED, asked, fields, state):
            by_field = [
                orders_in(value) | unindexed.get((date, field), frozenset())
                for field, value in zip(fields, values, strict=True)
            ]
            placed = when_placed(self._client, self._keys.orders, frozenset.intersection(*map(frozenset, by_field)))
            places = [(instant, order) for order, instant in placed.items() if utc_date(instant) == date]
            yield from sorted((place for place in places if after is None or place < after), reverse=True)
