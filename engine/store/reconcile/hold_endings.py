"""Compares how holds ended, as the ledger has it, with the log, while the service goes on."""

import itertools
from collections.abc import Iterator, Mapping

from engine.store.connection.client import Client, faults
from engine.store.keys import Keys
from engine.store.log import decision_log
from engine.store.reconcile import scan
from engine.store.reconcile.log_replay import LogReplay

_AT_ONCE = 500
_BEGIN_HOLDS = (b"decided", b"set_aside")
"""The kinds of entries that begin a hold."""


class EndingsComparison:
    """One comparison of all endings. There may be very many, so those that are equal are not kept."""

    def __init__(self, client: Client, keys: Keys, replay: LogReplay, *, stored: int = 0) -> None:
        self._client = client
        self._keys = keys
        self._replay = replay
        self._differ: set[str] = set()
        self.stored = stored
        """How many endings are stored of holds that, by the log, have any; equal or not. An earlier comparison may have
        seen some.
        """

    def compare(self) -> None:
        """Compare the endings of the decisions that have ended by the entries replayed so far. Those that late entries
        ended are kept: they are suspects, which are compared again.
        """
        ended = self._replay.ended
        for name, equal in self._compare({name: ended[name] for name in ended.keys() - self._differ}):
            if not equal:
                self._differ.add(name)
            elif not self._replay.late.begun:
                del ended[name]

    def suspected(self, size: int) -> set[str]:
        """The decisions whose endings differ, or are stored though the log does not have the decision. `size` endings
        were stored when the log ended where it is replayed to.
        """
        self.compare()
        unended = {name: self._replay.endings(name) for name in self._replay.holds.keys() - self._differ}
        differ = {name for name, equal in self._compare(unended) if not equal}
        return self._differ | differ | (set() if size == self.stored else self._strays())

    def _compare(self, expected: Mapping[str, str | None]) -> Iterator[tuple[str, bool]]:
        """Each name, and whether the stored endings are as expected. Endings that should not be stored are not counted:
        the hold ended since, or the log does not have it.
        """
        names = iter(expected)
        while batch := list(itertools.islice(names, _AT_ONCE)):
            with faults():
                stored = self._client.redis.hmget(self._keys.endings, batch)
            for name, endings in zip(batch, stored, strict=True):
                self.stored += endings is not None and expected[name] is not None
                yield name, expected[name] == (None if endings is None else endings.decode())

    def _strays(self) -> set[str]:
        """The decisions of which endings are stored and which the log does not have; some of them may only be missing
        in its index.
        """
        strays: set[str] = set()
        for names in scan.endings(self._client, self._keys):
            with faults():
                indexed = self._client.redis.hmget(self._keys.decisions, names)
            strays.update(name for name, entry_id in zip(names, indexed, strict=True) if entry_id is None)
        for batch in decision_log.batches(self._client, self._keys) if strays else ():
            strays -= {fields.get(b"id", b"").decode() for _, fields in batch if fields.get(b"kind") in _BEGIN_HOLDS}
        return strays
