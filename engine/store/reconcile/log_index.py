"""Compares the index of the log, which has the entry id of each decision, with the log itself."""

import re
from collections.abc import Iterable, Iterator

from engine.store.connection.client import Client, faults
from engine.store.keys import Keys
from engine.store.log import decision_log
from engine.store.log.stored_entry import RawEntry
from engine.store.reconcile import drift, scan
from engine.store.reconcile.drift import Drift

_ENTRY_ID = re.compile(r"[0-9]{1,19}-[0-9]{1,19}", re.ASCII)
_NOWHERE = "0-1"
"""An id that no entry has, as each has an instant: for what is no id at all."""


class IndexComparison:
    """One comparison: first with every decision of the log, a batch at a time, then of what only the index has."""

    def __init__(self, client: Client, keys: Keys, *, size: int, equal: int = 0) -> None:
        """`size` is how many decisions the index has when the log ends where the comparison will end; `equal` how many
        of these an earlier comparison has seen.
        """
        self._client = client
        self._keys = keys
        self._size = size
        self.equal = equal
        self.wrong: dict[str, str] = {}
        """The entry ids, by the log, of the decisions for which the index has another or none."""

    def compare(self, batch: Iterable[RawEntry]) -> None:
        """Compare the index with the decisions in a batch of the log."""
        logged = {
            fields[b"id"]: entry_id
            for entry_id, fields in batch
            if fields.get(b"kind") == b"decided" and b"id" in fields
        }
        if not logged:
            return
        with faults():
            indexed = self._client.redis.hmget(self._keys.decisions, list(logged))
        for (name, entry_id), other in zip(logged.items(), indexed, strict=True):
            if other == entry_id:
                self.equal += 1
            else:
                self.wrong[name.decode()] = entry_id.decode()

    def missing(self) -> Iterator[Drift]:
        """The decisions that the index has and the log does not."""
        for batch in scan.index(self._client, self._keys) if self.equal != self._size else ():
            # of what is no id at all, there is no entry
            places = [(entry_id if _ENTRY_ID.fullmatch(entry_id) else _NOWHERE).encode() for _, entry_id in batch]
            entries = dict(decision_log.stored_entries(self._client, self._keys, places))
            for (name, entry_id), place in zip(batch, places, strict=True):
                if name not in self.wrong and entries.get(place, {}).get(b"id") != name.encode():
                    yield drift.missing_entry(name, entry_id)
