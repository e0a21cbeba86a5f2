"""Which of many holds may have units of a SKU or of a node: those of the decisions that the search index finds, and
those of which it can't tell.
"""

from collections.abc import Sequence

from engine.store.audit.archive.archived_log import ArchivedLog
from engine.store.connection.client import Client, faults
from engine.store.keys import Keys
from engine.store.log.entry import following
from engine.store.log.stored_entry import parse_entry_id
from engine.store.search_index.stored_index import IndexBegunAnew, StoredIndex


class LikelyHolds:
    """Of one network."""

    def __init__(self, client: Client, keys: Keys) -> None:
        self._client = client
        self._keys = keys
        self._index = StoredIndex(client, keys)

    def among(self, decisions: Sequence[str], fields: Sequence[str]) -> list[str]:
        """Those of the decisions, in their order, whose holds may be of every one of these fields of the index: a hold
        has units of no other SKUs, and at no other nodes, than its decision. So it takes as many round trips as reading
        one hold, and a few, however many others there are.
        """
        state = self._index.state() if fields and decisions else None
        if state is None or not state.made:
            return list(decisions)
        with faults():
            places = self._client.redis.hmget(self._keys.decisions, decisions)
        entries = [None if place is None else parse_entry_id(place) for place in places]
        indexed = [entry for entry in entries if entry is not None and entry <= state.cursor]
        if not indexed:
            return list(decisions)
        try:
            found = set(self._index.entries(fields, state, since=min(indexed), before=following(max(indexed))))
        except IndexBegunAnew:
            return list(decisions)
        # read behind the index, which loses the days that are archived
        archived = ArchivedLog(self._client, self._keys).through()
        return [
            name
            for name, entry in zip(decisions, entries, strict=True)
            if entry is None or entry in found or entry <= archived or entry > state.cursor
        ]
