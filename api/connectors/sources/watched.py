"""A message that is read from the disk for a while, as its stream is read."""

import io
from collections.abc import Callable
from dataclasses import replace
from typing import BinaryIO

from api.connectors.sources.message import Message

_CHUNK = 1 << 16


def watched(message: Message, reading: Callable[[], None]) -> Message:
    """The message, of which `reading` is called before each part that is read of it; what that raises ends reading."""
    return replace(message, open=lambda: _WatchedStream(message.open(), reading))


class _WatchedStream(io.BufferedIOBase):
    """Closes the stream that it reads."""

    def __init__(self, stream: BinaryIO, reading: Callable[[], None]) -> None:
        self._stream = stream
        self._reading = reading

    def read(self, size: int | None = -1, /) -> bytes:
        self._reading()
        return self._stream.read(-1 if size is None else size)

    def read1(self, size: int = -1, /) -> bytes:
        return self.read(_CHUNK if size < 0 else size)

    def seek(self, offset: int, whence: int = io.SEEK_SET, /) -> int:
        return self._stream.seek(offset, whence)

    def tell(self) -> int:
        return self._stream.tell()

    def readable(self) -> bool:
        return True

    def seekable(self) -> bool:
        return self._stream.seekable()

    def close(self) -> None:
        self._stream.close()
        super().close()
