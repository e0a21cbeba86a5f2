"""Compares the search index with the log: whether all that it should have is found."""

from bisect import bisect_left
from collections import defaultdict
from collections.abc import Iterable, Iterator, Sequence
from dataclasses import dataclass

from engine.store.audit.archive.archived_log import ArchivedLog, date_of
from engine.store.connection.client import Client, faults
from engine.store.keys import Keys
from engine.store.log.entry import EntryId
from engine.store.log.stored_entry import RawEntry
from engine.store.orders.order_list import when_placed
from engine.store.reconcile.drift import Drift, Write
from engine.store.search_index.index_entries import IndexedEntry, indexed_entry
from engine.store.search_index.packed import WIDTH, packed, packed_orders, utc_date
from engine.store.search_index.stored_index import DECIDED, PLACED, IndexState, StoredIndex, day_name

_Place = tuple[str, str]
"""A day, by its name in `Keys.search_days`, and a field of it."""
_MADE = "1"


@dataclass(frozen=True, slots=True, kw_only=True)
class FieldState:
    """A field of a day as it is stored, with how far the index is made and the last entry that is archived."""

    index: IndexState
    through: EntryId
    value: bytes


class SearchComparison:
    """One comparison, a batch of the log at a time. `wrong` are the places that lacked something when they were read,
    with all that was looked for there.
    """

    def __init__(self, client: Client, keys: Keys) -> None:
        self._client = client
        self._keys = keys
        self._state = StoredIndex(client, keys).state()
        self._through = ArchivedLog(client, keys).through()
        self.wrong: dict[_Place, list[bytes]] = {}

    def compare(self, batch: Iterable[RawEntry]) -> None:
        """Compare the index with the entries of a batch that are in it."""
        if not self._state.made:
            return
        indexed = [item for item in map(indexed_entry, batch) if item is not None and item.entry <= self._state.cursor]
        expected = self._expected(indexed)
        places = list(expected)
        if not places:
            return
        with faults(), self._client.redis.pipeline(transaction=False) as read:
            for day, field in places:
                read.hget(self._keys.search_day(day), field)
            values = read.execute()
        for place, value in zip(places, values, strict=True):
            if any(not _has(place, value or b"", each) for each in expected[place]):
                self.wrong.setdefault(place, []).extend(expected[place])

    def drifts(self, place: _Place, state: FieldState) -> Iterator[Drift]:
        """What the place still lacks, unless the index was begun anew since, or the day is archived."""
        kind, date = place[0].split(" ")
        is_archived = kind == DECIDED and date <= date_of(state.through)
        if not state.index.made or state.index.cursor < self._state.cursor or is_archived:
            return
        expected = self.wrong[place]
        found = [each for each in expected if _has(place, state.value, each)]
        if len(found) < len(expected):
            what = f"decisions logged on {date}" if kind == DECIDED else f"orders placed on {date}"
            yield Drift(
                what=f"{what} that are found by {place[1]}",
                expected=len(expected),
                found=len(found),
                writes=(Write(key=self._keys.search_index, field="made", before=_MADE, after=None),),
                suspect=("search_index", place),
            )

    def _expected(self, indexed: Sequence[IndexedEntry]) -> dict[_Place, list[bytes]]:
        """By place, what stands there."""
        placed = when_placed(self._client, self._keys.orders, {item.order for item in indexed if item.order})
        found: defaultdict[_Place, dict[bytes, None]] = defaultdict(dict)
        for item in indexed:
            for field in item.decided if item.entry > self._through else ():
                found[day_name(DECIDED, date_of(item.entry)), field][packed(item.entry)] = None
            for field in item.ordered if item.order in placed else ():
                found[day_name(PLACED, utc_date(placed[item.order])), field][packed_orders([item.order])] = None
        return {place: list(names) for place, names in found.items()}


def _has(place: _Place, value: bytes, each: bytes) -> bool:
    """Whether a field has an entry, or an order, as it is packed."""
    if place[0].startswith(PLACED):
        return b"," + each in b"," + value
    at = WIDTH * bisect_left(range(len(value) // WIDTH), each, key=lambda at: value[at * WIDTH : (at + 1) * WIDTH])
    return value[at : at + WIDTH] == each
