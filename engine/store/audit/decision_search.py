"""Searches the decisions of the log and of its archive, newest first, a page at a time."""

import contextlib
import itertools
from collections import Counter
from collections.abc import Callable, Iterator
from dataclasses import dataclass

from engine.audit.sealing.leaf import id_text
from engine.audit.search.decision_filter import DecisionFilter
from engine.audit.search.decision_summary import DecisionSummary
from engine.store.audit.archive.archive_search import ArchiveSearch
from engine.store.audit.archive.archived_log import ArchivedLog
from engine.store.audit.decision_entry import summary_of
from engine.store.connection.client import Client, faults
from engine.store.keys import Keys
from engine.store.log import decision_log
from engine.store.log.entry import Entry, EntryId, following
from engine.store.log.stored_entry import UNREADABLE, RawEntry, parse_entry_id
from engine.store.search_index.index_entries import fields_of
from engine.store.search_index.stored_index import IndexBegunAnew, IndexState, StoredIndex

MOST_LOOKED_AT = 10_000
"""How many entries of the log are read for one page: a page of rare decisions takes no longer than one of many."""
_AT_ONCE = 50
"""Entries that the index finds are read so many at a time."""
_MILLISECONDS = 1_000


@dataclass(frozen=True, slots=True, kw_only=True)
class DecisionPage:
    """Some decisions, those logged last first. The next page begins before the entry `after`; None: this is the last.
    A page may have fewer decisions than were asked for, or none, and not be the last. `unreadable` are entries that may
    be decisions and are damaged, `not_replayable` decisions of which it can't be told whether a rule decided.
    """

    decisions: tuple[DecisionSummary, ...]
    after: EntryId | None
    unreadable: tuple[EntryId, ...] = ()
    not_replayable: tuple[str, ...] = ()


class DecisionSearch:
    """Searches the decisions of one network. Raises StoreUnavailable, ArchiveUnavailable."""

    def __init__(self, client: Client, keys: Keys) -> None:
        self._client = client
        self._keys = keys
        self._archive = ArchiveSearch(ArchivedLog(client, keys))
        self._index = StoredIndex(client, keys)

    def page(self, filtered: DecisionFilter, *, after: EntryId | None = None, limit: int) -> DecisionPage:
        """At most `limit` decisions that were logged before the entry `after`."""
        found: list[DecisionSummary] = []
        unreadable: list[EntryId] = []
        raw = self._of_order(filtered.order, after) if filtered.order else self._raw(filtered, after)
        entry = None
        for entry_id, fields in itertools.islice(raw, MOST_LOOKED_AT):
            entry = parse_entry_id(entry_id)
            try:
                summary = summary_of(entry_id, fields)
            except UNREADABLE:
                unreadable.append(entry)
                continue
            if summary is not None and filtered.matches(summary):
                found.append(summary)
            if len(found) == limit:
                break
        more = next(raw, None) is not None
        if not more and not filtered.order:  # the index has those of an order, wherever they are
            # behind what was read here: some of it may have been archived meanwhile
            archived, more = self._archive.find(filtered, after=entry or after, limit=limit - len(found))
            found += archived
            entry = archived[-1].entry if archived else entry
        return DecisionPage(decisions=tuple(found), after=entry if more else None, unreadable=tuple(unreadable))

    def fired(self, filtered: DecisionFilter) -> tuple[int, Counter[str]]:
        """How many such decisions there are, and by rule in how many of them it fired. All that the filter's times
        leave of the log is read.
        """
        count, fired, first = 0, Counter[str](), None
        for entry_id, fields in self._raw(filtered, None):
            first = parse_entry_id(entry_id)
            with contextlib.suppress(*UNREADABLE):
                summary = summary_of(entry_id, fields)
                if summary is not None and filtered.matches(summary):
                    count += 1
                    fired.update(summary.fired)
        archived, fired_there = self._archive.fired(filtered, before=first)
        return count + archived, fired + fired_there

    def _raw(self, filtered: DecisionFilter, after: EntryId | None) -> Iterator[RawEntry]:
        """The entries of the log that may match: of a SKU or a node those that the index finds, and those that are not
        in it yet.
        """
        fields = fields_of(sku=filtered.sku, node=filtered.node)
        state = self._index.state() if fields else IndexState(made=False)
        if not state.made:
            yield from self._logged(filtered, after)
            return
        yield from self._logged(filtered, after, behind=state.cursor)
        last = after if after is not None and after <= state.cursor else following(state.cursor)
        try:
            for raw in self._indexed(filtered, state, before=last):
                last = parse_entry_id(raw[0])
                yield raw
        except IndexBegunAnew:
            yield from self._logged(filtered, last)

    def _indexed(self, filtered: DecisionFilter, state: IndexState, *, before: EntryId) -> Iterator[RawEntry]:
        """Those that the index has. Raises IndexBegunAnew."""
        since, end = ((filtered.start or 0) * _MILLISECONDS, 0), before
        if filtered.end is not None:
            end = min(before, (max(0, filtered.end) * _MILLISECONDS, 0))
        fields = fields_of(sku=filtered.sku, node=filtered.node)
        entries = self._index.entries(fields, state, since=since, before=end)
        while piece := list(itertools.islice(entries, _AT_ONCE)):
            places = [id_text(entry).encode() for entry in piece]
            yield from decision_log.stored_entries(self._client, self._keys, places)

    def _logged(
        self, filtered: DecisionFilter, after: EntryId | None, behind: EntryId | None = None
    ) -> Iterator[RawEntry]:
        """The entries by when they were logged, behind the entry `behind`."""
        return decision_log.newest_first(
            self._client, self._keys, start=filtered.start, end=filtered.end, after=after, behind=behind
        )

    def _of_order(self, order: str, after: EntryId | None) -> Iterator[RawEntry]:
        """The entries of the order's decisions, found by its index."""
        decisions = decisions_of_order(self._client, self._keys, order)
        with faults():
            places = self._client.redis.hmget(self._keys.decisions, decisions) if decisions else []
        answers = decision_log.stored_entries(
            self._client, self._keys, [place for place in places if place is not None]
        )
        by_entry = {parse_entry_id(raw[0]): raw for raw in answers}
        return iter([by_entry[entry] for entry in sorted(by_entry, reverse=True) if after is None or entry < after])


def decisions_of_order(client: Client, keys: Keys, order: str) -> list[str]:
    """The ids of the order's decisions, from the first to the latest; none if no order goes by that id."""
    with faults():
        first = client.redis.hget(keys.order(order), "first")
        if first is None:
            return []
        return [name.decode() for name in (first, *client.redis.lrange(keys.chain(first.decode()), 0, -1))]


def entries_of_order(client: Client, keys: Keys, order: str, *, on_damaged: Callable[[str], None]) -> Iterator[Entry]:
    """The entries about the decisions of an order, oldest first; `on_damaged` is called with the id of one that is
    damaged. Of an order that the index does not have, every decision of the log is looked at.
    """
    decisions = decisions_of_order(client, keys, order)
    if not decisions:
        entries = decision_log.entries(client, keys, on_damaged=on_damaged)
        decisions = [entry.decision for entry in entries if entry.kind == "decided" and entry.record.order.id == order]
    with faults():
        start = client.redis.hget(keys.decisions, decisions[0]) if decisions else None
    if start is not None:
        yield from decision_log.entries_about(client, keys, set(decisions), start=start.decode(), on_damaged=on_damaged)
