"""Files in a folder: read by name, then moved into `done` or `bad` below it."""

import contextlib
import fnmatch
import itertools
import os
from collections.abc import Callable, Iterator, Mapping, Sequence
from pathlib import Path
from typing import BinaryIO

from api.connectors.language.places import Folder
from api.connectors.sources.files_read import FilesRead
from api.connectors.sources.message import Message, SourceUnavailable, StillWritten
from api.connectors.sources.names import kept_name

DONE, BAD = "done", "bad"
_UNFINISHED = (".*", "*.tmp", "*.part", "*.partial", "*.filepart", "*.crdownload", "*~", "~$*")
"""Names that programs give to files which they are still writing."""


class FolderSource:
    """`now` answers UTC seconds by this machine's clock. A file counts as whole once neither it nor its name has
    changed for as long as the connector says.
    """

    def __init__(self, folder: Folder, *, root: Path, now: Callable[[], float]) -> None:
        self.path = root / folder.path
        self._folder = folder
        self._now = now
        self.settling, self.settled = 0, folder.settled
        self.read = FilesRead()
        self.trouble = ""

    def messages(self, place: Mapping[str, str]) -> list[Message]:
        """By name. What comes meanwhile is read at the next turn."""
        try:
            with os.scandir(self.path) as entries:
                found = [
                    (entry.name, entry.stat()) for entry in entries if entry.is_file() and self._is_meant(entry.name)
                ]
        except FileNotFoundError:
            raise SourceUnavailable(f"there is no folder {self.path}; make it, or correct 'folder'") from None
        except OSError as error:
            raise SourceUnavailable(f"the folder {self.path} can't be read: {error.strerror}") from error
        now = self._now()
        latest = now - self._folder.settled
        whole = sorted((name, stat) for name, stat in found if stat.st_ctime <= latest or not self._folder.settled)
        self.settling = len(found) - len(whole)
        return self._still_to_read([self._message(name, stat, now) for name, stat in whole], place)

    def put_away(self, message: Message, *, quarantined: bool) -> None:
        source = self.path / message.name
        if not source.is_file():  # it was put away before this process died
            return
        if _id(message.name, source.stat()) != message.id:  # its sender has replaced it: that is another message
            return
        folder = self.path / (BAD if quarantined else DONE)
        try:
            folder.mkdir(exist_ok=True)
            source.replace(free_path(folder / kept_name(message)))
        except OSError as error:
            self.read.note(message.name, f"{BAD if quarantined else DONE} {message.id}")
            raise SourceUnavailable(
                f"{source} was read, and can't be moved into {folder}: {error.strerror}; it is not read again"
            ) from error
        self.read.forget([message.name])

    def _still_to_read(self, messages: list[Message], place: Mapping[str, str]) -> list[Message]:
        """Without those that were read and could not be moved then; it is tried again."""
        marks, self.trouble = self.read.marks(place), ""
        still = []
        for message in messages:
            folder, _, known = marks.pop(message.name, "").partition(" ")
            if known != message.id:
                still.append(message)
                continue
            try:
                self.put_away(message, quarantined=folder == BAD)
            except SourceUnavailable as error:
                self.trouble = str(error)
        self.read.forget(marks)
        return still

    def close(self) -> None:
        pass

    def _is_meant(self, name: str) -> bool:
        return matches(name, self._folder.files)

    def _opened(self, name: str, stat: os.stat_result) -> BinaryIO:
        file = (self.path / name).open("rb")
        if _id(name, os.fstat(file.fileno())) != _id(name, stat):
            file.close()
            raise SourceUnavailable(f"{self.path / name} was replaced just now; the next turn reads it")
        return file

    def _message(self, name: str, stat: os.stat_result, now: float) -> Message:
        return Message(
            id=_id(name, stat),
            name=name,
            received_at=int(min(stat.st_mtime, now)),
            open=lambda: self._opened(name, stat),
            verify=lambda: self._verify_whole(name, stat),
        )

    def _verify_whole(self, name: str, stat: os.stat_result) -> None:
        """Raises StillWritten if its sender went on writing; one that was replaced was whole, and is read, too."""
        with contextlib.suppress(FileNotFoundError):
            now = (self.path / name).stat()
            if now.st_ino == stat.st_ino and now.st_size > stat.st_size:
                raise StillWritten(f"{self.path / name} grew while it was read; it is read again once it is whole")


def _id(name: str, stat: os.stat_result) -> str:
    return f"{name} {stat.st_mtime_ns} {stat.st_size}"


def matches(name: str, globs: Sequence[str]) -> bool:
    """Whether a file of that name is meant, and whoever writes it does not say by the name that it is not whole."""
    return any(fnmatch.fnmatchcase(name, glob) for glob in globs) and not any(
        fnmatch.fnmatchcase(name, unfinished) for unfinished in _UNFINISHED
    )


def free_path(path: Path) -> Path:
    """The path, with a number at the end of its name if there is a file of that name."""
    return next(free for free in numbered(path) if not free.exists())


def numbered(path: Path) -> Iterator[Path]:
    """The path, and then with 2, 3 ... at the end of its name."""
    yield path
    for number in itertools.count(2):
        yield path.with_name(f"{path.stem}-{number}{path.suffix}")
