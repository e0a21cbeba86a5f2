"""Where a check of the ledger starts: with what an earlier one found, after an entry that is sealed.

What was found is signed with the key that seals, together with the head of the tree up to that entry. So it counts only
for the very log that it was found of, and whoever can write to the store, but has not the key, can't forge it.
"""

import base64
import hashlib
import zlib
from typing import TYPE_CHECKING

import msgspec

from engine.audit.sealing.leaf import EntryId, id_text
from engine.audit.sealing.signed_note import NoteInvalid, SignedNote
from engine.errors import NotFound, SealBroken
from engine.store.audit.sealed_log import SealedLog
from engine.store.connection.client import Client, faults
from engine.store.keys import Keys
from engine.store.reconcile.stored_replay import FORM, StoredReplay
from engine.version import VERSION

if TYPE_CHECKING:
    from engine.audit.sealer import Sealer

LEAST_NEW = 1_000
"""So many entries must be new, or what was found is not kept: the next check reads them as fast."""
MOST_BYTES = 256 << 20
"""Of what is kept, compressed: a server has values of 512 MB at most."""


class CheckStarts:
    """Those of one network."""

    def __init__(self, client: Client, keys: Keys, sealer: "Sealer") -> None:
        self._client = client
        self._keys = keys
        self._sealer = sealer
        self._log = SealedLog(client, keys)
        self._found: StoredReplay | None = None
        self._next: EntryId | None = None

    def find(self, *, whole: bool) -> StoredReplay | None:
        """What an earlier check found; None if the log is to be read from its beginning, as nothing was kept that this
        release can read and this machine's key signed for this log.
        """
        if not whole and self._sealer.has_key:
            with faults():
                fields = self._client.redis.hgetall(self._keys.checked)
            try:
                body = fields.get(b"body", b"")
                found = StoredReplay.decode(body)
                if self._sealer.has_signed(SignedNote.parse(fields[b"note"].decode()), self._text(body, found.end)):
                    self._found = found
            except (KeyError, ValueError, zlib.error, msgspec.MsgspecError, NotFound, SealBroken, NoteInvalid):
                pass  # all the same why: it is found anew
        return self._found

    def next(self) -> EntryId | None:
        """The entry after which what is found is worth keeping; None: it is not."""
        if not self._sealer.has_key:
            return None
        state = self._log.state()
        since = self._log.index_of(self._found.end, size=state.size) + 1 if self._found else 0
        self._next = state.last if state.size - since >= LEAST_NEW else None
        return self._next

    def keep(self, body: bytes) -> None:
        """Keep what was found after `next`, for checks to come."""
        if self._next is None or len(body) > MOST_BYTES:
            return
        note = self._sealer.sign(self._text(body, self._next))
        with faults():
            self._client.redis.hset(self._keys.checked, mapping={"body": body, "note": note})

    def _text(self, body: bytes, end: EntryId) -> str:
        """What is signed: of which log, up to which entry, by which release, and what."""
        size = self._log.index_of(end, size=self._log.state().size) + 1
        head, digest = (
            base64.b64encode(part).decode() for part in (self._log.head(size), hashlib.sha256(body).digest())
        )
        return f"pointsman ledger state\n{self._keys.network}\n{id_text(end)}\n{head}\n{VERSION} {FORM}\n{digest}\n"
