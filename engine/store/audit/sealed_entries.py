"""Tells whether entries are what was sealed of them, one by one."""

from engine.audit.sealing.leaf import EntryId, Leaf, leaf_of
from engine.errors import SealBroken
from engine.store.audit.sealed_log import SealedLog
from engine.store.connection.client import Client
from engine.store.keys import Keys
from engine.store.log.stored_entry import RawEntry, parse_entry_id


class SealedEntries:
    """Of one network. The leaves around the last entry are remembered, so that entries in their order take few reads;
    not to be shared by threads.
    """

    def __init__(self, client: Client, keys: Keys) -> None:
        self._log = SealedLog(client, keys)
        self._state = self._log.state()
        self._leaves: dict[EntryId, Leaf] = {}

    def differs(self, raw: RawEntry) -> bool:
        """Whether the entry is not what was sealed of it, or the tree is damaged where it should be; False as long as
        it is not sealed.
        """
        entry = parse_entry_id(raw[0])
        if entry > self._state.last:
            return False
        try:
            if entry not in self._leaves:
                self._leaves = {leaf.id: leaf for _, leaf in self._log.bundle_with(entry, self._state.size)}
            return self._leaves.get(entry) != leaf_of(*raw)
        except SealBroken:
            return True
