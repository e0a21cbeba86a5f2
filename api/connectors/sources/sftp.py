"""Files on another machine, fetched by OpenSSH's `sftp -b`; keys alone, and known hosts alone."""

import os
import re
import tempfile
import time
from collections.abc import Callable, Mapping, Sequence
from pathlib import Path

from api.connectors.language.places import Sftp, Text
from api.connectors.sources.fetched_file import FetchedFile, Listing
from api.connectors.sources.files_read import FilesRead
from api.connectors.sources.folder import matches
from api.connectors.sources.message import Message, SourceUnavailable, nothing
from api.connectors.sources.names import dated_name, kept_name
from api.connectors.sources.sftp_session import SftpSession, quoted

MOST_AT_ONCE = 200
"""Files that are fetched in one turn."""
_MOST_SETTLING = 30
"""For so many seconds it is waited, at most, to see whether a file grows."""
_LINE = re.compile(r"-\S*\s+\S+\s+\S+\s+\S+\s+([0-9]+)\s+(\S+\s+\S+\s+\S+)\s+(.+)")
_MOST_NAMED = 3
_SAFE = re.compile(r"[\w .,=@+()-]+")
"""Names that can stand in a batch of commands without anything else being meant."""


class SftpSource:
    """`resolve` answers what a text of the connector's file is, secrets too; `now` answers UTC seconds; `root` is what
    names of files are below.
    """

    def __init__(self, place: Sftp, *, resolve: Callable[[Text], str], now: Callable[[], int], root: Path) -> None:
        self._place = place
        self._session = SftpSession(place, resolve=resolve, root=root)
        self._now = now
        self.settling, self.settled = 0, place.settled
        self.read = FilesRead()
        self.trouble = ""
        self.hold = nothing
        self._entries: Listing = {}
        """Of the files that were fetched, as they were listed then."""
        self._fetched = tempfile.TemporaryDirectory(prefix="pointsman-sftp-")

    def messages(self, place: Mapping[str, str]) -> list[Message]:
        """By name; some at a time are fetched, with the times at which they were written."""
        listed, whole = self._settled()
        marks = {name: FetchedFile.of_mark(mark) for name, mark in self.read.marks(place).items()}
        self.read.forget(marks.keys() - listed.keys())
        now = self._now()
        known = {
            name: marks[name] for name, entry in whole.items() if name in marks and marks[name].is_known_by(entry, now)
        }
        self._put_away_later(known)
        some = {name: whole[name] for name in sorted(whole.keys() - known.keys())[:MOST_AT_ONCE]}
        if some:
            self._run([f"get -p {self._remote(name)} {quoted(str(self._local(name)))}" for name in some])
        self._entries = some
        fetched = {name: self._fetched_file(name, entry) for name, entry in some.items()}
        return [
            self._message(name, file)
            for name, file in fetched.items()
            if self._came_whole(name, file, some[name]) and not self._is_still_the_same(name, file, marks)
        ]

    def put_away(self, message: Message, *, quarantined: bool) -> None:  # noqa: ARG002  # a copy of what is bad is kept here
        """Rename it into the folder `done` there, delete it, or note that it was read and stays there. If it is not
        there any more, that was done before.
        """
        entry = self._listed().get(message.name)
        if entry is None:
            return
        file = self._fetched_file(message.name, entry)
        if entry != self._entries.get(
            message.name
        ):  # its sender has written something else there: that is another message
            return
        if not self._moves:
            self.read.note(message.name, file.mark)
            return
        try:
            self._run([self._moved(message.name, kept_name(message))])
        except SourceUnavailable as error:
            self.read.note(message.name, file.mark)
            raise SourceUnavailable(
                f"{message.name} was read, and can't be {self._moving} there: {error}; it is not read again"
            ) from error
        self.read.forget([message.name])

    def close(self) -> None:
        self._fetched.cleanup()

    @property
    def _moves(self) -> bool:
        return self._place.done is not None or self._place.delete

    @property
    def _moving(self) -> str:
        return "deleted" if self._place.done is None else f"renamed into {self._place.done}"

    def _moved(self, name: str, kept: str) -> str:
        """The command that puts a file away, under that name if it is kept."""
        done = self._place.done
        return f"rm {self._remote(name)}" if done is None else f"rename {self._remote(name)} {quoted(f'{done}/{kept}')}"

    def _put_away_later(self, files: Mapping[str, FetchedFile]) -> None:
        """Try again with files that were read and could not be put away then."""
        if not files or not self._moves:
            return
        commands = [self._moved(name, dated_name(name, file.written)) for name, file in sorted(files.items())]
        self._run([f"-{command}" for command in commands])  # one that fails stops none behind it
        still = sorted(files.keys() & self._listed().keys())
        self.read.forget(files.keys() - still)
        if still:
            named = ", ".join(still[:_MOST_NAMED]) + (", ..." if len(still) > _MOST_NAMED else "")
            self.trouble = (
                f"{len(still)} files were read, and can't be {self._moving} there: {named}; they are not read again;"
                " ask the server's owner for the right to do so, or leave out what the connector says of it"
            )

    def _settled(self) -> tuple[Listing, Listing]:
        """Size and time of all files that are meant, and of those among them that are not being written."""
        listed = self._listed()
        if not listed or not self._place.settled:
            return listed, listed
        time.sleep(min(self._place.settled, _MOST_SETTLING))
        again = self._listed()
        whole = {name: entry for name, entry in again.items() if listed.get(name) == entry}
        self.settling = len(again) - len(whole)
        return again, whole

    def _listed(self) -> Listing:
        files = {}
        for line in self._run([f"ls -ln {quoted(self._place.path)}"]).splitlines():
            match = _LINE.fullmatch(line.strip())
            name = match[3].rpartition("/")[2] if match else ""
            if match and matches(name, self._place.files):
                if not _SAFE.fullmatch(name):
                    raise SourceUnavailable(f"a file there is called {name!r}, which can't be fetched; rename it")
                files[name] = int(match[1]), match[2]
        return files

    def _fetched_file(self, name: str, entry: tuple[int, str]) -> FetchedFile:
        stat = self._local(name).stat()
        return FetchedFile(size=stat.st_size, written=int(stat.st_mtime), fetched=self._now(), shown=entry[1])

    def _came_whole(self, name: str, file: FetchedFile, entry: tuple[int, str]) -> bool:
        """Whether it did not grow since it was listed; else a later turn fetches it."""
        if file.size == entry[0]:
            return True
        self.settling += 1
        self._local(name).unlink()
        return False

    def _is_still_the_same(self, name: str, file: FetchedFile, marks: Mapping[str, FetchedFile]) -> bool:
        """Whether it is the one that was read, though its time is shown in another way by now."""
        before = marks.get(name)
        if before is None or (before.size, before.written) != (file.size, file.written):
            return False
        self.read.note(name, file.mark)
        self._local(name).unlink()
        return True

    def _message(self, name: str, file: FetchedFile) -> Message:
        path = self._local(name)
        return Message(
            id=f"{name} {file.size} {file.written}",
            name=name,
            received_at=min(file.written, file.fetched),
            open=lambda: path.open("rb"),
        )

    def _run(self, commands: Sequence[str]) -> str:
        """What the commands print; raises SourceUnavailable once nothing has come for a while."""
        self.hold()
        return self._session.run(commands, meanwhile=self.hold, progress=self._bytes_fetched)

    def _bytes_fetched(self) -> int:
        with os.scandir(self._fetched.name) as entries:
            return sum(entry.stat().st_size for entry in entries)

    def _local(self, name: str) -> Path:
        return Path(self._fetched.name) / name

    def _remote(self, name: str) -> str:
        return quoted(f"{self._place.path}/{name}")
