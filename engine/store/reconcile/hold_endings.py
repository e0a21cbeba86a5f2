"""How holds ended, as the ledger says, against what the log tells; for the check, while the service goes on."""

import itertools
from collections.abc import Iterator, Mapping

from engine.store import decision_log
from engine.store.connection.client import Client, faults
from engine.store.keys import Keys
from engine.store.reconcile import scan
from engine.store.reconcile.log_replay import Told

_AT_ONCE = 500


class Endings:
    """One look at them all. There may be very many, so what agrees is not remembered."""

    def __init__(self, client: Client, keys: Keys, told: Told) -> None:
        self._client = client
        self._keys = keys
        self._told = told
        self._differ: set[str] = set()
        self._there = 0
        """Of those that the log tells of, whatever they say."""

    def compare(self) -> None:
        """Those of decisions that are over, as the log was just told to the end of: they change no more."""
        ended = self._told.ended
        for name, agrees in self._compared({name: ended[name] for name in ended.keys() - self._differ}):
            if agrees:
                del ended[name]
            else:
                self._differ.add(name)

    def suspected(self, size: int) -> set[str]:
        """Whose endings differ, and those of nobody's hold. There were `size` when the log was where it is told to."""
        self.compare()
        living = {name: self._told.endings(name) for name in self._told.living}
        differ = {name for name, agrees in self._compared(living) if not agrees}
        return self._differ | differ | (set() if size == self._there else self._strays())

    def _compared(self, wanted: Mapping[str, str | None]) -> Iterator[tuple[str, bool]]:
        """Each name, and whether the ledger says the same. One that is there and should not be is not counted: it came
        since, or it is a stray.
        """
        names = iter(wanted)
        while batch := list(itertools.islice(names, _AT_ONCE)):
            with faults():
                found = self._client.redis.hmget(self._keys.endings, batch)
            for name, said in zip(batch, found, strict=True):
                self._there += said is not None and wanted[name] is not None
                yield name, wanted[name] == (None if said is None else said.decode())

    def _strays(self) -> set[str]:
        """What the ledger has endings of and the log no decision; the index alone may have lost that."""
        found: set[str] = set()
        for names in scan.endings(self._client, self._keys):
            with faults():
                places = self._client.redis.hmget(self._keys.decisions, names)
            found.update(name for name, place in zip(names, places, strict=True) if place is None)
        for batch in decision_log.batches(self._client, self._keys) if found else ():
            found -= {fields.get(b"id", b"").decode() for _, fields in batch if fields.get(b"kind") == b"decided"}
        return found
