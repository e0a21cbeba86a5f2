"""Checkpoints (https://c2sp.org/tlog-checkpoint): signed notes that say how many entries a log has, and their hash."""

import base64
import binascii
from collections.abc import Iterable, Iterator
from dataclasses import dataclass
from typing import Self

from engine.audit.sealing.merkle import EMPTY, HASH_BYTES
from engine.audit.sealing.signed_note import NoteInvalid, SignedNote, VerifierKey


@dataclass(frozen=True, slots=True, kw_only=True)
class Checkpoint:
    """The tree of the log `origin` at one moment: its number of leaves and its head."""

    origin: str
    size: int
    root: bytes = EMPTY

    @classmethod
    def parse(cls, text: str) -> Self:
        """Of the text of a note; lines behind the first three are extensions, which are left alone. Raises
        NoteInvalid.
        """
        origin, size, root, *_ = [*text.split("\n"), "", "", ""]
        if not origin or not (size.isascii() and size.isdigit()) or str(int(size)) != size:
            raise NoteInvalid("no checkpoint: its lines must be the name of a log, a number of entries and a hash")
        try:
            head = base64.b64decode(root, validate=True)
        except binascii.Error:
            head = b""
        if len(head) != HASH_BYTES:
            raise NoteInvalid(f"the checkpoint of {origin} has no hash of {HASH_BYTES} bytes in its third line")
        return cls(origin=origin, size=int(size), root=head)

    @property
    def text(self) -> str:
        return f"{self.origin}\n{self.size}\n{base64.b64encode(self.root).decode()}\n"


@dataclass(frozen=True, slots=True)
class SignedCheckpoint:
    """A checkpoint and the note that it is of."""

    checkpoint: Checkpoint
    note: SignedNote

    @classmethod
    def parse(cls, note: str) -> Self:
        """Raises NoteInvalid. No signature is verified."""
        signed = SignedNote.parse(note)
        return cls(Checkpoint.parse(signed.text), signed)

    def signers(self, keys: Iterable[VerifierKey]) -> list[VerifierKey]:
        """Those of the keys that signed it; raises NoteInvalid if a signature of one of them is not valid."""
        return [key for key in keys if self.note.signed_by(key)]

    def with_signatures_of(self, other: Self) -> Self:
        """With those signatures, too, that only the other note of the same text has."""
        if other.note.text != self.note.text:
            return self
        added = tuple(one for one in other.note.signatures if one not in self.note.signatures)
        return type(self)(self.checkpoint, SignedNote(self.note.text, (*self.note.signatures, *added)))


def checkpoints_in(text: str) -> Iterator[SignedCheckpoint]:
    """The checkpoints in a file that they were appended to, in order: each ends before the next line that is neither a
    signature nor blank. Raises NoteInvalid.
    """
    lines: list[str] = []
    signatures = False
    for line in text.splitlines(keepends=True):
        if signatures and not line.startswith("— "):
            yield SignedCheckpoint.parse("".join(lines))
            lines, signatures = [], False
            if line == "\n":  # between two of them
                continue
        signatures = line.startswith("— ")
        if lines or line != "\n":
            lines.append(line)
    if lines:
        yield SignedCheckpoint.parse("".join(lines))
