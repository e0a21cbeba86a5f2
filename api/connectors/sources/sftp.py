"""Files on another machine, fetched by OpenSSH's `sftp -b`; keys alone, and known hosts alone."""

import re
import tempfile
import time
from collections.abc import Callable, Mapping
from pathlib import Path

from api.connectors.language.connector import Sftp, Text
from api.connectors.sources.folder import matches
from api.connectors.sources.message import Message, SourceUnavailable
from api.connectors.sources.names import kept_name
from api.connectors.sources.sftp_session import SftpSession, quoted

MOST_AT_ONCE = 200
"""Files that are fetched in one turn."""
_MOST_SETTLING = 30
"""For so many seconds it is waited, at most, to see whether a file grows."""
_LINE = re.compile(r"-\S*\s+\S+\s+\S+\s+\S+\s+([0-9]+)\s+(\S+\s+\S+\s+\S+)\s+(.+)")
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
        self._fetched = tempfile.TemporaryDirectory(prefix="pointsman-sftp-")

    def messages(self, place: Mapping[str, str]) -> list[Message]:  # noqa: ARG002  # files that were read are moved there
        """By name; some at a time are fetched, with the times at which they were written."""
        first = self._listed()
        if first and self._place.settled:
            time.sleep(min(self._place.settled, _MOST_SETTLING))
            again = self._listed()
            first = {name: told for name, told in again.items() if first.get(name) == told}
            self.settling = len(again) - len(first)
        some = dict(sorted(first.items())[:MOST_AT_ONCE])
        if some:
            self._session.run([f"get -p {self._remote(name)} {quoted(str(self._local(name)))}" for name in some])
        return [self._message(name, *told) for name, told in some.items()]

    def put_away(self, message: Message, *, quarantined: bool) -> None:  # noqa: ARG002  # a copy of what is bad is kept here
        """Rename it into the folder `done` there, or delete it. If it is not there any more, that was done before."""
        if message.name not in self._listed():
            return
        name = self._remote(message.name)
        done = self._place.done
        moved = f"rename {name} {quoted(f'{done}/{kept_name(message)}')}"
        self._session.run([f"rm {name}" if done is None else moved])

    def close(self) -> None:
        self._fetched.cleanup()

    def _listed(self) -> dict[str, tuple[int, str]]:
        """Size and time of each file that is meant, by its name."""
        files = {}
        for line in self._session.run([f"ls -ln {quoted(self._place.path)}"]).splitlines():
            match = _LINE.fullmatch(line.strip())
            name = match[3].rpartition("/")[2] if match else ""
            if match and matches(name, self._place.files):
                if not _SAFE.fullmatch(name):
                    raise SourceUnavailable(f"a file there is called {name!r}, which can't be fetched; rename it")
                files[name] = int(match[1]), match[2]
        return files

    def _message(self, name: str, size: int, told: str) -> Message:
        path = self._local(name)
        return Message(
            id=f"{name} {size} {told}",
            name=name,
            received_at=int(min(path.stat().st_mtime, self._now())),
            open=lambda: path.open("rb"),
        )

    def _local(self, name: str) -> Path:
        return Path(self._fetched.name) / name

    def _remote(self, name: str) -> str:
        return quoted(f"{self._place.path}/{name}")
