"""What is stored of checkpoints that left the server: who cosigned which, and when one was mailed and told of last.

Nothing here proves anything; what a failover loses of it is done again.
"""

from engine.audit.sealing.checkpoint import SignedCheckpoint
from engine.audit.sealing.signed_note import Signature, SignedNote
from engine.store.audit.sealed_log import SealedLog, SealedState
from engine.store.connection.client import Client, faults
from engine.store.keys import Keys


class PublishedCheckpoints:
    """Those of one network."""

    def __init__(self, client: Client, keys: Keys) -> None:
        self._client = client
        self._keys = keys
        self._log = SealedLog(client, keys)

    def take_turn(self, *, milliseconds: int) -> bool:
        """Whether this process is the one that publishes, for so long."""
        with faults():
            return bool(self._client.redis.set(self._keys.publishing, "1", nx=True, px=milliseconds))

    def size_cosigned(self, origin: str, witness: str) -> int:
        """The size of the log that the witness signed last; 0 if it signed none."""
        return int(self._field(f"witness:{origin}:{witness}") or 0)

    def add_cosignature(self, state: SealedState, witness: str, signature: Signature) -> SealedState:
        """Keep a witness's signature of the state's checkpoint; the state with it."""
        note = state.signed.note
        cosigned = str(SignedNote(note.text, (*note.signatures, signature)))
        size = SignedCheckpoint.parse(cosigned).checkpoint.size
        fields = {"cosigned": cosigned, f"witness:{state.origin}:{witness}": size}
        with faults():
            self._client.redis.hset(self._keys.sealed, mapping=fields)
        return self._log.state()

    def day_mailed(self) -> str:
        """The UTC date on which a checkpoint was mailed last; empty if none was."""
        return self._field("mailed")

    def note_mailed(self, day: str) -> None:
        self._set("mailed", day)

    def size_told(self) -> int:
        """How long the log was once an event had told of its checkpoint, with the entry that the event is of."""
        return int(self._field("told") or 0)

    def note_told(self, size: int) -> None:
        self._set("told", str(size))

    def _field(self, name: str) -> str:
        with faults():
            return (self._client.redis.hget(self._keys.sealed, name) or b"").decode()

    def _set(self, name: str, value: str) -> None:
        with faults():
            self._client.redis.hset(self._keys.sealed, name, value)
