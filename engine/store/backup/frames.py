"""The file of a backup: gzip of frames, each four bytes of length (most significant first) and a value in MessagePack.

    {"format": 1, "network": "main", "release": "0.1.0", "at": 1795770000}
    ["new", key, type, milliseconds or nil, items]       a key as it was; replaces what earlier frames said of it
    ["more", key, items]                                 more of it
    ["gone", key]                                        it was deleted meanwhile
    ["end", frames before it, SHA-256 of them]

`type` is the server's own name (string, list, hash, set, zset, stream); of what the items of each are, copy.py says.
`milliseconds` is the instant at which the key expires.
"""

import gzip
import hashlib
import os
import struct
from collections.abc import Iterator
from dataclasses import dataclass
from pathlib import Path
from types import TracebackType
from typing import Any, Self

import msgspec

from engine.store.backup.errors import BackupInvalid

FORMAT = 1
_LENGTH = struct.Struct(">I")
_LONGEST = 512 << 20
"""Bytes of a frame; the longest value that a server takes."""
_COMPRESSION = 3
"""A fifth larger than at 9, in a tenth of the time."""


class FrameWriter:
    """Writes frames. A file without its last frame is no backup, so call `end` when all is there."""

    def __init__(self, path: Path) -> None:
        self._path = path
        self._file = gzip.open(path, "wb", compresslevel=_COMPRESSION)  # noqa: SIM115 - closed by __exit__
        self._digest = hashlib.sha256()
        self._frames = 0

    def __enter__(self) -> Self:
        return self

    def __exit__(
        self, kind: type[BaseException] | None, error: BaseException | None, traceback: TracebackType | None
    ) -> None:
        self._file.close()
        with self._path.open("rb") as written:
            os.fsync(written.fileno())

    def write(self, value: Any) -> None:
        """Append a frame."""
        body = msgspec.msgpack.encode(value)
        frame = _LENGTH.pack(len(body)) + body
        self._file.write(frame)
        self._digest.update(frame)
        self._frames += 1

    def end(self) -> None:
        """Append the last frame."""
        self.write(["end", self._frames, self._digest.digest()])


@dataclass(frozen=True, slots=True, kw_only=True)
class Contents:
    """What a whole backup says of itself: the network it is of, the release that wrote it, when (UTC seconds), and its
    number of frames.
    """

    network: str
    release: str
    at: int
    frames: int


def verify(path: Path) -> Contents:
    """The contents of a file that is whole. Raises BackupInvalid."""
    head: dict[str, Any] = {}
    count = 0
    for count, frame in enumerate(frames(path)):  # noqa: B007 - the last number is that of the frames
        head = head or frame
    return Contents(network=head["network"], release=head["release"], at=head["at"], frames=count)


def frames(path: Path) -> Iterator[Any]:
    """The frames but the last, each as soon as it is read. Raises BackupInvalid, at the latest at the end, if the file
    is none of ours, is cut off or was changed.
    """
    digest, count = hashlib.sha256(), 0
    try:
        with gzip.open(path, "rb") as file:
            while True:
                prefix = file.read(_LENGTH.size)
                body = file.read(length := _length(prefix, path))
                if len(body) < length:
                    raise BackupInvalid(path, "it is cut off")
                value = msgspec.msgpack.decode(body)
                if count == 0:
                    _verify_head(value, path)
                elif value[0] == "end":
                    if value[1:] != [count, digest.digest()] or file.read(1):
                        raise BackupInvalid(path, "it was changed after it was written")
                    return
                digest.update(prefix + body)
                count += 1
                yield value
    except (EOFError, gzip.BadGzipFile, struct.error, msgspec.DecodeError, ValueError, IndexError, TypeError) as error:
        raise BackupInvalid(path, "it is cut off, damaged, or no backup") from error
    except OSError as error:
        raise BackupInvalid(path, str(error)) from error


def _length(prefix: bytes, path: Path) -> int:
    (length,) = _LENGTH.unpack(prefix)
    if length > _LONGEST:
        raise BackupInvalid(path, "it is damaged, or no backup")
    return int(length)


def _verify_head(head: Any, path: Path) -> None:
    wanted = {"format": int, "network": str, "release": str, "at": int}
    ours = isinstance(head, dict) and all(isinstance(head.get(name), kind) for name, kind in wanted.items())
    if not ours or head["format"] != FORMAT:
        raise BackupInvalid(path, "it is no backup that this release can read")
