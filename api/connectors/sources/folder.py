"""Files in a folder: read by name, then moved into `done` or `bad` below it."""

import fnmatch
import os
from collections.abc import Callable, Mapping, Sequence
from pathlib import Path
from typing import BinaryIO

from api.connectors.language.connector import Folder
from api.connectors.sources.message import Message, SourceUnavailable
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

    def messages(self, place: Mapping[str, str]) -> list[Message]:  # noqa: ARG002  # files that were read are moved
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
        return [self._message(name, stat, now) for name, stat in whole]

    def put_away(self, message: Message, *, quarantined: bool) -> None:
        source = self.path / message.name
        if not source.is_file():  # it was put away before this process died
            return
        if _id(message.name, source.stat()) != message.id:  # its sender has replaced it: that is another message
            return
        folder = self.path / (BAD if quarantined else DONE)
        folder.mkdir(exist_ok=True)
        source.replace(free_path(folder / kept_name(message)))

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
        )


def _id(name: str, stat: os.stat_result) -> str:
    return f"{name} {stat.st_mtime_ns} {stat.st_size}"


def matches(name: str, globs: Sequence[str]) -> bool:
    """Whether a file of that name is meant, and whoever writes it does not say by the name that it is not whole."""
    return any(fnmatch.fnmatchcase(name, glob) for glob in globs) and not any(
        fnmatch.fnmatchcase(name, unfinished) for unfinished in _UNFINISHED
    )


def free_path(path: Path) -> Path:
    """The path, with a number at the end of its name if there is a file of that name."""
    number, free = 1, path
    while free.exists():
        number += 1
        free = path.with_name(f"{path.stem}-{number}{path.suffix}")
    return free
