"""The step that seals: entries of the log become leaves of the tree, and a checkpoint is signed of it.

Leaves, tiles and checkpoint are written by one script, only if the sealed log is still as long as it was read. So a
process that dies has sealed all of a step or nothing of it, and of two that seal at once one does.
"""

import itertools
from collections.abc import Callable, Iterator

from engine.audit.sealing.checkpoint import Checkpoint
from engine.audit.sealing.leaf import LEAF_BYTES, Leaf, id_text, leaf_of
from engine.audit.sealing.merkle import HASH_BYTES
from engine.audit.sealing.tiles import Growth, width_at
from engine.errors import SealBroken
from engine.store.audit.sealed_log import SealedLog, SealedState
from engine.store.connection.client import Client, faults
from engine.store.keys import Keys
from engine.store.log import decision_log
from engine.store.script_keys import SEAL

MOST_AT_ONCE = 2_048
"""Entries that one step seals."""


def unsealed(client: Client, keys: Keys, state: SealedState, *, until: str = "+") -> Iterator[Leaf]:
    """The leaves of the entries that are not sealed yet, up to the id `until`."""
    for batch in decision_log.batches(client, keys, start=f"({id_text(state.last)}", end=until):
        yield from (leaf_of(*raw) for raw in batch)


class SealStep:
    """Seals the log of one network, a step at a time. `sign` answers the note of a checkpoint."""

    def __init__(self, client: Client, keys: Keys, *, sign: Callable[[Checkpoint], str]) -> None:
        self._client = client
        self._keys = keys
        self._log = SealedLog(client, keys)
        self._sign = sign
        self._script = client.script("audit/seal")

    def run(self, before: SealedState, origin: str, *, until: str = "+") -> SealedState | None:
        """Seal the entries that come next, up to the id `until` and at most MOST_AT_ONCE; None if others sealed
        meanwhile. With none to seal, the state as it was, unless the checkpoint is of another origin. Raises SealBroken
        if the tree is not that of the checkpoint.
        """
        edge = self._log.edge(before)
        leaves = list(itertools.islice(unsealed(self._client, self._keys, before, until=until), MOST_AT_ONCE))
        growth = edge.add(leaves)
        after = SealedState(
            origin=origin,
            size=edge.size,
            root=edge.head,
            last=leaves[-1].id if leaves else before.last,
            trimmed=before.trimmed,
        )
        return self._store(before, after, growth) if leaves or (before.size and origin != before.origin) else before

    def sign_again(self, before: SealedState) -> SealedState | None:
        """Sign the same tree, as other keys sign from now on."""
        return self._store(before, before, Growth({}, {}))

    def _store(self, before: SealedState, after: SealedState, growth: Growth) -> SealedState | None:
        note = self._sign(after.tree)
        names, arguments = [], [before.size, after.origin, after.size, after.root, id_text(after.last), note]
        for name, length, added in self._grown(before.size, growth):
            names.append([name])
            arguments += [length, added]
        with faults():
            done = self._script(keys=SEAL.keys(self._keys, names), args=arguments)
        if done < 0:
            raise SealBroken("a tile of the sealed log is not as long as the log is sealed")
        return self._log.state() if done else None

    def _grown(self, size: int, growth: Growth) -> Iterator[tuple[str, int, bytes]]:
        """Each key that grows, its length before in bytes, and what is added."""
        for bundle, leaves in growth.leaves.items():
            yield self._keys.sealed_leaves(bundle), LEAF_BYTES * width_at(0, bundle, size), leaves
        for tile, hashes in growth.hashes.items():
            yield self._keys.sealed_hashes(*tile), HASH_BYTES * width_at(*tile, size), hashes
