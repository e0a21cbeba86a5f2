"""Files of results in a folder. Each is written beside and put in place whole, and begins with the SHA-256 of the rest,
so one that is half written or damaged counts as if it were not there.
"""

import hashlib
import os
import zlib
from pathlib import Path
from typing import Final

from engine.errors import PointsmanError

_HASH: Final = 32
"""Bytes."""


class PieceFiles:
    """In a folder, which is made if it is not there. Raises PointsmanError if the folder can't be used."""

    def __init__(self, folder: Path) -> None:
        self._folder = folder
        try:
            folder.mkdir(mode=0o700, parents=True, exist_ok=True)
        except OSError as error:
            raise self._unusable(error) from None

    def path(self, name: str) -> Path:
        return self._folder / name

    def read(self, name: str) -> bytes | None:
        """None: there is none of that name, or it is damaged."""
        try:
            content = self.path(name).read_bytes()
        except FileNotFoundError:
            return None
        except OSError as error:
            raise self._unusable(error) from None
        if hashlib.sha256(content[_HASH:]).digest() != content[:_HASH]:
            return None
        return zlib.decompress(content[_HASH:])

    def write(self, name: str, content: bytes) -> None:
        packed = zlib.compress(content, level=1)
        beside = self.path(f"{name}.{os.getpid()}")
        try:
            beside.write_bytes(hashlib.sha256(packed).digest() + packed)
            beside.replace(self.path(name))
        except OSError as error:
            raise self._unusable(error) from None

    def _unusable(self, error: OSError) -> PointsmanError:
        return PointsmanError(f"a checkpoint can't be kept in {self._folder}: {error.strerror}; name another directory")
