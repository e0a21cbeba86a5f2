"""Files that remember checkpoints outside the store: what was sealed can then not be taken back unnoticed."""

import contextlib
import os
import re
from pathlib import Path
from typing import Protocol

from engine.audit.sealing.checkpoint import SignedCheckpoint, checkpoints_in
from engine.audit.sealing.signed_note import NoteInvalid
from engine.errors import PointsmanError

_END_BYTES = 65_536
"""Of a file that checkpoints are appended to, what is read: the last ones."""
_END = re.compile(r"\n— [^\n]*\n\n")
"""Of a checkpoint in it."""


class CheckpointMemory(Protocol):
    """Remembers checkpoints."""

    path: Path

    def last(self, logs: str) -> SignedCheckpoint | None:
        """The last that it has of a log whose name begins so; raises PointsmanError if it can't be read."""

    def add(self, note: str) -> None:
        """Remember a checkpoint that is later than all that it has of its log. Raises PointsmanError."""


class LatestCheckpoint:
    """A file in the data directory that has the latest checkpoint alone."""

    def __init__(self, path: Path) -> None:
        self.path = path

    def last(self, logs: str) -> SignedCheckpoint | None:
        signed = self._read()
        return signed if signed is not None and signed.checkpoint.origin.startswith(logs) else None

    def add(self, note: str) -> None:
        unfinished = self.path.with_name(f".{self.path.name}.{os.getpid()}")
        try:
            unfinished.write_text(note, encoding="utf-8")
            unfinished.replace(self.path)
        except OSError as error:
            raise PointsmanError(f"the latest checkpoint can't be written: {self.path}: {error}") from error

    def forget(self) -> None:
        """The network was deleted on purpose: the next log begins anew."""
        with contextlib.suppress(OSError):
            self.path.unlink(missing_ok=True)

    def _read(self) -> SignedCheckpoint | None:
        try:
            return SignedCheckpoint.parse(self.path.read_text(encoding="utf-8"))
        except FileNotFoundError:
            return None
        except (OSError, NoteInvalid, UnicodeDecodeError) as error:
            raise PointsmanError(f"the latest checkpoint can't be read: {self.path}: {error}") from error


class AppendedCheckpoints:
    """A file that each checkpoint is appended to, with a blank line behind it."""

    def __init__(self, path: Path) -> None:
        self.path = path

    def last(self, logs: str) -> SignedCheckpoint | None:
        return next((one for one in reversed(self._read()) if one.checkpoint.origin.startswith(logs)), None)

    def add(self, note: str) -> None:
        try:
            with self.path.open("a", encoding="utf-8") as file:
                file.write(f"{note}\n")
        except OSError as error:
            raise PointsmanError(f"the checkpoint can't be written: {self.path}: {error}") from error

    def _read(self) -> list[SignedCheckpoint]:
        """The last ones."""
        try:
            with self.path.open("rb") as file:
                start = max(0, file.seek(0, os.SEEK_END) - _END_BYTES)
                file.seek(start)
                text = file.read().decode(errors="replace")
            if start:  # in the middle of one, perhaps
                text = text[end.end() :] if (end := _END.search(text)) else ""
            return list(checkpoints_in(text))
        except FileNotFoundError:
            return []
        except (OSError, NoteInvalid) as error:
            raise PointsmanError(f"the checkpoints can't be read: {self.path}: {error}") from error
