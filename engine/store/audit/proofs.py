"""Proofs about the sealed log that callers can verify without trusting whoever made them."""

import re
from dataclasses import dataclass

from engine.audit.sealing.comparison import compare_entries
from engine.audit.sealing.leaf import Leaf, canonical, leaf_of, parse_id
from engine.errors import ArchiveUnavailable, InputInvalid, Mistake, NotFound, SealBroken
from engine.store.audit.archive.archived_log import ArchivedLog, date_of
from engine.store.audit.sealed_log import SealedLog, SealedState
from engine.store.connection.client import Client, faults
from engine.store.keys import Keys
from engine.store.log import decision_log

_ENTRY_ID = re.compile(r"[0-9]{1,20}-[0-9]{1,20}", re.ASCII)


@dataclass(frozen=True, slots=True, kw_only=True)
class InclusionProof:
    """That an entry is leaf `number` of the tree of the checkpoint. `entry` is its canonical form as it is in the log
    or the archive now, of which the leaf has the hash; None if it is in an archive that can't be read here, or forgot
    it.
    """

    number: int
    leaf: Leaf
    hashes: tuple[bytes, ...]
    entry: bytes | None
    state: SealedState


@dataclass(frozen=True, slots=True, kw_only=True)
class ConsistencyProof:
    """That the tree of the first `old` leaves, with the head `old_root`, is the beginning of that of `size`."""

    old: int
    old_root: bytes
    size: int
    root: bytes
    hashes: tuple[bytes, ...]
    state: SealedState


class Proofs:
    """The proofs of one network."""

    def __init__(self, client: Client, keys: Keys) -> None:
        self._client = client
        self._keys = keys
        self.log = SealedLog(client, keys)

    def state(self) -> SealedState:
        """Raises NotFound if nothing is sealed yet."""
        state = self.log.state()
        if not state.size:
            raise NotFound("nothing is sealed yet: pointsman serve seals, and pointsman audit seal")
        return state

    def inclusion(self, name: str) -> InclusionProof:
        """Of an entry, by its id in the log or the id of its decision; raises NotFound, and SealBroken if the entry is
        not what was sealed.
        """
        state = self.state()
        if _ENTRY_ID.fullmatch(name):
            place: bytes | None = name.encode()
        else:
            with faults():
                place = self._client.redis.hget(self._keys.decisions, name)
        if place is None:
            decision_log.verify_no_order(self._client, self._keys, name)
            raise NotFound(f"no entry of the log and no decision goes by the id '{name}'")
        entry_id = parse_id(place.decode())
        number = self.log.index_of(entry_id, size=state.size)
        leaf = self.log.leaf(number)
        return InclusionProof(
            number=number,
            leaf=leaf,
            hashes=tuple(self.log.inclusion(number, state.size)),
            entry=self._entry(leaf, number),
            state=state,
        )

    def _entry(self, leaf: Leaf, number: int) -> bytes | None:
        """The canonical form of the entry that the leaf is of; None if its archive can't be read here, or it may have
        been forgotten. Raises SealBroken if it is another than was sealed.
        """
        try:
            stored = decision_log.stored_entries(self._client, self._keys, [leaf.entry_id.encode()])
        except ArchiveUnavailable:
            return None
        if not stored and date_of(leaf.id) in ArchivedLog(self._client, self._keys).forgotten_dates():
            return None
        for finding in compare_entries([leaf_of(*raw) for raw in stored], [leaf], first=number):
            raise SealBroken(f"{finding}; pointsman ledger check --whole names all that is not as it was sealed")
        return canonical(*stored[0])

    def consistency(self, old: int, size: int | None = None) -> ConsistencyProof:
        """From `old` leaves to `size`, by default that of the checkpoint; raises InputInvalid."""
        state = self.state()
        size = state.size if size is None else size
        if not 0 < old <= size <= state.size:
            message = f"must be numbers of entries, from 1 to {state.size}, the first not the larger one"
            raise InputInvalid([Mistake(field="from, to", message=message)])
        return ConsistencyProof(
            old=old,
            old_root=self.log.head(old),
            size=size,
            root=self.log.head(size),
            hashes=tuple(self.log.consistency(old, size)),
            state=state,
        )
