"""Makes the search index of the log: whoever has its turn takes what is new into it, some entries at a time.

A commit does nothing for it. Each step is one script, which also notes how far the log was read and does nothing if
another process was faster: so a process that is killed between any two steps, or several at once, take in each entry
once. A log that an earlier release wrote is taken in from its beginning in the same way.
"""

from collections import defaultdict
from collections.abc import Iterable, Mapping, Sequence
from typing import Any

from engine.audit.sealing.leaf import id_text
from engine.store.audit.archive.archived_log import START, ArchivedLog, date_of
from engine.store.connection.client import Client, faults
from engine.store.keys import Keys
from engine.store.log import decision_log
from engine.store.log.entry import EntryId
from engine.store.log.stored_entry import RawEntry
from engine.store.orders.order_list import when_placed
from engine.store.script_keys import INDEX_LOG
from engine.store.search_index.index_entries import IndexedEntry, indexed_entry
from engine.store.search_index.packed import packed, packed_orders, utc_date
from engine.store.search_index.stored_index import DECIDED, PLACED, IndexState, StoredIndex, day_name

_AT_ONCE = 500
_IN_A_TURN = 2_000
"""So many entries are taken in within a turn of a second, so that a long log leaves requests their processor."""
TURN_MILLISECONDS = 1_000


class IndexBuilding:
    """That of one network. Methods raise StoreUnavailable, ArchiveUnavailable."""

    def __init__(self, client: Client, keys: Keys) -> None:
        self._client = client
        self._keys = keys
        self._index = StoredIndex(client, keys)
        self._script = client.script("audit/index_log")

    def take_turn(self) -> None:
        """Take in what is new, unless another process does."""
        with faults():
            mine = self._client.redis.set(self._keys.search_turn, "1", nx=True, px=TURN_MILLISECONDS)
        if mine:
            self.catch_up(most=_IN_A_TURN)

    def catch_up(self, *, most: int | None = None) -> None:
        """Take in what the log has since, or so many entries of it, and delete the days that are archived."""
        taken = 0
        while most is None or taken < most:
            state = self._index.state()
            if not state.made:
                self._begin_anew()
                continue
            entries = decision_log.next_entries(self._client, self._keys, start=_behind(state.cursor), count=_AT_ONCE)
            if entries:
                self._take_in(entries, state)
            taken += len(entries)
            if len(entries) < _AT_ONCE:
                break
        self._delete_archived()

    def _begin_anew(self) -> None:
        names = self._day_names()
        self._change(made="", before="", after=id_text(START), days=names, grown=())

    def _take_in(self, entries: Sequence[RawEntry], state: IndexState) -> None:
        through = ArchivedLog(self._client, self._keys).through()
        indexed = [item for item in map(indexed_entry, entries) if item is not None]
        decided, placed = _decided(indexed, through), self._placed(indexed)
        values = decided | dict(placed)
        days = sorted({day for day, _ in values})
        grown = [(days.index(day) + 1, field, value) for (day, field), value in values.items()]
        last = entries[-1][0].decode()
        self._change(made="1", before=id_text(state.cursor), after=last, days=days, grown=grown)

    def _placed(self, indexed: Sequence[IndexedEntry]) -> Mapping[tuple[str, str], bytes]:
        """What the fields of days on which orders were placed get, by day and field. When that was is said by the list
        of orders, by which they are listed.
        """
        listed = when_placed(self._client, self._keys.orders, {item.order for item in indexed if item.order})
        found: defaultdict[tuple[str, str], dict[str, None]] = defaultdict(dict)
        for item in indexed:
            instant = listed.get(item.order, item.placed_at)
            if instant is not None:
                day = day_name(PLACED, utc_date(instant))
                for field in item.ordered:
                    found[day, field][item.order] = None
        return {place: packed_orders(names) for place, names in found.items()}

    def _day_names(self) -> list[str]:
        with faults():
            return sorted(name.decode() for name in self._client.redis.smembers(self._keys.search_days))

    def _change(
        self, *, made: str, before: str, after: str, days: Sequence[str], grown: Iterable[tuple[int, str, bytes]]
    ) -> None:
        """As index_log.lua says."""
        arguments: list[Any] = [made, before, after, len(days), *days]
        for each in grown:
            arguments += each
        script_keys = INDEX_LOG.keys(self._keys, ([self._keys.search_day(name)] for name in days))
        with faults():
            self._script(keys=script_keys, args=arguments)

    def _delete_archived(self) -> None:
        """Days whose decisions are in the archive alone, where its own columns find them."""
        through = ArchivedLog(self._client, self._keys).through()
        names = [day_name(DECIDED, date) for date in self._index.dates(DECIDED) if date <= date_of(through)]
        if names:
            with faults(), self._client.redis.pipeline(transaction=True) as change:
                change.unlink(*(self._keys.search_day(name) for name in names))
                change.srem(self._keys.search_days, *names)
                change.execute()


def _decided(indexed: Iterable[IndexedEntry], through: EntryId) -> dict[tuple[str, str], bytes]:
    """What the fields of days on which decisions were logged get, by day and field; nothing of archived ones."""
    found: defaultdict[tuple[str, str], list[bytes]] = defaultdict(list)
    for item in indexed:
        if item.entry > through:
            day, entry = day_name(DECIDED, date_of(item.entry)), packed(item.entry)
            for field in item.decided:
                found[day, field].append(entry)
    return {place: b"".join(entries) for place, entries in found.items()}


def _behind(entry: EntryId) -> str:
    """The start of a range behind it, as XRANGE has it."""
    return f"({id_text(entry)}"
