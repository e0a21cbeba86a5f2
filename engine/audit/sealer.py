"""Seals the log: makes its entries leaves of a Merkle tree, and signs checkpoints of that.

Whoever seals first compares what is stored with the checkpoints that are remembered outside the store. Where these
disprove it, as after an older copy was put in place, nothing is sealed, so that no two histories are signed.
"""

import functools
import logging
import secrets
from collections.abc import Callable, Iterator, Sequence
from dataclasses import dataclass
from pathlib import Path

from engine.audit.checkpoint_files import AppendedCheckpoints, CheckpointMemory, LatestCheckpoint
from engine.audit.export import Exported, export_lines, write_export
from engine.audit.sealing.checkpoint import Checkpoint, SignedCheckpoint
from engine.audit.sealing.comparison import Finding
from engine.audit.sealing.signed_note import SignedNote, VerifierKey
from engine.audit.sealing.signing import signed, verifier_key
from engine.audit.sealing.tiles import WIDTH
from engine.audit.settings import KEY_FILE
from engine.audit.signing_keys import KeyFile
from engine.errors import NotReady, SealBroken
from engine.settings import Settings
from engine.store.audit.seal_check import compare_with, entry_findings
from engine.store.audit.seal_entries import SealStep
from engine.store.audit.sealed_log import SealedLog, SealedState
from engine.store.connection.client import Client, faults
from engine.store.keys import Keys

TURN_MILLISECONDS = 4_500
"""How long one process has its turn, so that a checkpoint is signed at least every ten seconds."""
SETTLED_MILLISECONDS = 2_000
"""How old an entry is before it is sealed in a turn: the server has its file on the disk every second."""

logger = logging.getLogger("pointsman")


@dataclass(frozen=True, slots=True)
class PublishedKey:
    """A key that verifies checkpoints of this log, and until when it signs (UTC seconds), if another has taken its
    place.
    """

    key: VerifierKey
    until: int | None


class Sealer:
    """Seals the log of one network. `clock` answers UTC seconds."""

    def __init__(self, client: Client, keys: Keys, settings: Settings, *, clock: Callable[[], int]) -> None:
        """The log is that of `keys`: of a network, or of the installation."""
        self._client = client
        self._keys = keys
        self._clock = clock
        self._logs = f"{settings.audit.audit_name}/{keys.network}/"
        """What the names of this network's logs begin with."""
        self._log = SealedLog(client, keys)
        self._step = SealStep(client, keys, sign=self._sign)
        embedded = settings.redis_url is None
        path = settings.audit.audit_key or (settings.data / KEY_FILE if embedded else None)
        self.key_file = None if path is None else KeyFile(path)
        self._latest = LatestCheckpoint(settings.data / f"audit-head-{keys.network}") if embedded else None
        appended = settings.audit.checkpoint_file
        self._memories: Sequence[CheckpointMemory] = [
            *([self._latest] if self._latest else []),
            *([AppendedCheckpoints(appended)] if appended else []),
        ]
        self._to_compare = 0
        """The number of the bundle whose entries are compared next."""

    @property
    def can_seal(self) -> bool:
        """Whether there is a key to sign with, or one may be made."""
        return self.key_file is not None

    @property
    def has_key(self) -> bool:
        """Whether there is a key on this machine."""
        return self.key_file is not None and self.key_file.path.exists()

    def sign(self, text: str) -> str:
        """A note that the keys of this machine sign, that is no checkpoint. Raises NotReady without a key."""
        return self._note(text, name=self._logs.removesuffix("/"))

    def has_signed(self, note: SignedNote, text: str) -> bool:
        """Whether a key of this machine signed that text by this note; raises NoteInvalid if a signature is forged."""
        keys = [verifier_key(key.key, name=self._logs.removesuffix("/")) for key in self._key_file().read()]
        return note.text == text and any(note.signed_by(key) for key in keys)

    def known(self) -> list[SignedCheckpoint]:
        """The last checkpoints of this network that are remembered outside the store."""
        return [signed for memory in self._memories if (signed := memory.last(self._logs)) is not None]

    def published_keys(self, state: SealedState) -> list[PublishedKey]:
        """The keys that sign now, the newest first, under the name of the log. None before the first checkpoint."""
        if not (self.has_key and state.origin):
            return []
        now = self._clock()
        keys = [key for key in self._key_file().read() if key.until is None or key.until > now]
        return [PublishedKey(verifier_key(key.key, name=state.origin), key.until) for key in keys]

    def rotate_key(self, *, overlap: int) -> None:
        """Put a new key in the place of the newest, which signs on for so many seconds."""
        now = self._clock()
        self._key_file().make()
        self._key_file().rotate(until=now + overlap, now=now)

    def take_turn(self) -> bool:
        """Seal, unless another process has its turn; then False."""
        with faults():
            mine = self._client.redis.set(self._keys.sealing, "1", nx=True, px=TURN_MILLISECONDS)
        if not mine:
            return False
        # what is younger may not be on the disk yet, and a power cut would take back what was sealed
        settled = self._client.milliseconds(self._keys.log) - SETTLED_MILLISECONDS
        for finding in self._compare_some(self.seal(until=f"{settled}-0")):
            logger.error("the log is not as it was sealed: %s", finding)
        return True

    def seal(self, *, new_log: bool = False, until: str = "+") -> SealedState:
        """Seal all that is not sealed yet, up to the id `until`; the state from then on. With `new_log`, begin one of
        another name with what is there, whatever was sealed before.

        Raises NotReady without a key, SealBroken if what was sealed before is not there any more as it was.
        """
        self._key_file().make()
        state = self._log.state()
        if not new_log:
            self._verify(state)
        origin = self._new_origin() if new_log else self._origin(state)
        while True:
            after = self._step.run(state, origin, until=until)
            if after is None:  # another process was faster
                state = self._log.state()
                origin = origin if new_log else state.origin
            elif after.size == state.size:
                break
            else:
                state = after
        state = self._signed_by_all(after)
        self._remember(state)
        return state

    def export(
        self, path: Path, *, by: str, archived: bool = True, on_altered: Callable[[Finding], None] = lambda _: None
    ) -> int:
        """Seal what is not sealed yet, if there is a key, and write the sealed log into a new file, with what is
        `archived` or without; returns the number of its entries. See `export_lines` and `write_export`.
        """
        state = self.seal() if self.can_seal else self._log.state()
        if not state.size:
            raise NotReady("nothing is sealed, so there is nothing to export")
        exported = self.exported(state, by=by, archived=archived)
        return write_export(path, self.export_lines(exported, on_altered=on_altered))

    def exported(self, state: SealedState, *, by: str, archived: bool) -> Exported:
        """What an export of the log in that state is made of; signed if there is a key."""
        return Exported(
            state=state,
            verifier_keys=[str(published.key) for published in self.published_keys(state)],
            sign=functools.partial(self._note, name=state.origin) if self.has_key else None,
            archived=archived,
            by=by,
            at=self._clock(),
        )

    def export_lines(self, exported: Exported, *, on_altered: Callable[[Finding], None]) -> Iterator[bytes]:
        """The lines of such an export; see `export_lines`."""
        return export_lines(self._client, self._keys, exported, on_altered=on_altered)

    def forget(self) -> None:
        """The network was deleted on purpose, and what was sealed of it with it."""
        if self._latest is not None:
            self._latest.forget()

    def _origin(self, state: SealedState) -> str:
        """The name of the log. A copy of another network has one of its own; after a power cut it has that it had."""
        if state.origin:
            return state.origin if state.origin.startswith(self._logs) else self._new_origin()
        return next((signed.checkpoint.origin for signed in self.known()), self._new_origin())

    def _new_origin(self) -> str:
        return self._logs + secrets.token_hex(4)

    def _verify(self, state: SealedState) -> None:
        """Raise SealBroken if a checkpoint outside the store disproves what is in it."""
        for memory in self._memories:
            known = memory.last(self._logs)
            if known is None:
                continue
            for finding in compare_with(self._client, self._keys, state, known.checkpoint):
                raise SealBroken(
                    f"{finding} (by the checkpoint of {known.checkpoint.size:,} entries in {memory.path}); nothing is"
                    " sealed. If that is as it should be, begin another log: pointsman audit seal --new-log"
                )

    def _sign(self, tree: Checkpoint) -> str:
        return self._note(tree.text, name=tree.origin)

    def _note(self, text: str, *, name: str) -> str:
        return str(signed(text, self._key_file().signing(self._clock()), name=name))

    def _key_file(self) -> KeyFile:
        """Raises NotReady if there is none."""
        if self.key_file is None:
            raise NotReady(
                "nothing is sealed, as there is no key to sign with: with a server of your own, name a file in"
                " POINTSMAN_AUDIT_KEY (openssl genpkey -algorithm ed25519 -out FILE)"
            )
        return self.key_file

    def _signed_by_all(self, state: SealedState) -> SealedState:
        """With the signatures of all keys that sign now, should they have changed since."""
        if not state.size:
            return state
        names = {signature.key_id for signature in SignedCheckpoint.parse(state.checkpoint).note.signatures}
        if names == {published.key.id for published in self.published_keys(state)}:
            return state
        return self._step.sign_again(state) or self._log.state()

    def _remember(self, state: SealedState) -> None:
        for memory in self._memories if state.size else ():
            last = memory.last(self._logs)
            if last is None or str(last.note) != state.checkpoint:
                memory.add(state.checkpoint)

    def _compare_some(self, state: SealedState) -> Iterator[Finding]:
        """Compare the entries of the newest bundle and of another one, each time of the next."""
        first, bundles = state.trimmed // WIDTH, (state.size + WIDTH - 1) // WIDTH
        if first >= bundles:
            return
        self._to_compare = max(first, self._to_compare + 1 if self._to_compare + 1 < bundles else 0)
        for bundle in sorted({self._to_compare, bundles - 1}):
            start, end = max(state.trimmed, bundle * WIDTH), min(state.size, (bundle + 1) * WIDTH)
            yield from entry_findings(self._client, self._keys, start=start, end=end)
