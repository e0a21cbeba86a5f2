"""A file that is there whole or not at all: it is written beside its place, and takes it once all is on disk."""

import contextlib
import os
import tempfile
from pathlib import Path
from types import TracebackType
from typing import Self

from engine.errors import PointsmanError


class ReplacedFile:
    """As a context manager: makes a file beside `path` at once, so that it is known before long work begins whether it
    can be written. A file of that name is replaced; without `write`, nothing stays. Raises PointsmanError, also if the
    disk is full.
    """

    def __init__(self, path: Path) -> None:
        self._path = path
        self._unfinished: Path | None = None

    def __enter__(self) -> Self:
        try:
            if self._path.is_dir():
                raise PointsmanError(f"{self._path} is a folder: name a file")
            handle, name = tempfile.mkstemp(dir=self._path.parent, prefix=".whatif.", suffix=".unfinished")
        except OSError as error:
            raise _unwritable(self._path, error) from error
        os.close(handle)
        self._unfinished = Path(name)
        return self

    def write(self, content: bytes) -> None:
        if self._unfinished is None:
            raise RuntimeError("it is not entered")
        try:
            with self._unfinished.open("wb") as file:
                file.write(content)
                file.flush()
                os.fsync(file.fileno())
            self._unfinished.chmod(_usual_mode())
            self._unfinished.replace(self._path)
        except OSError as error:
            raise _unwritable(self._path, error) from error
        self._unfinished = None

    def __exit__(
        self, kind: type[BaseException] | None, error: BaseException | None, trace: TracebackType | None
    ) -> None:
        if self._unfinished is not None:
            with contextlib.suppress(OSError):
                self._unfinished.unlink()


def _usual_mode() -> int:
    """What a new file has, where mkstemp lets only its owner read it."""
    mask = os.umask(0)
    os.umask(mask)
    return 0o666 & ~mask


def _unwritable(path: Path, error: OSError) -> PointsmanError:
    return PointsmanError(f"{path} can't be written: {error.strerror or error}")
