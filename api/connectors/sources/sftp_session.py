"""Commands to another machine by OpenSSH's `sftp -b`; keys alone, and known hosts alone."""

import subprocess
import tempfile
import time
from collections.abc import Callable, Sequence
from pathlib import Path

from api.connectors.language.places import Sftp, Text
from api.connectors.sources.message import SourceUnavailable

_SECONDS = 300
_LOOK_SECONDS = 10.0
"""So often it is looked how far the commands are."""
_REASONS = {
    "REMOTE HOST IDENTIFICATION HAS CHANGED": "its host key is another than before, and somebody could stand between;"
    " if it was set up anew, ask its owner for the new key, and put that into known_hosts",
    "Host key verification failed": "its host key is not known; ask its owner for it, and put it into known_hosts"
    " (ssh-keyscan shows what answers)",
    "Permission denied (": "it does not let us in; does it know the public half of the key?",
}
"""Words of OpenSSH, and what they mean here."""
_ENDINGS = ("Connection closed", "Couldn't read packet", "Connection reset")


class SftpSession:
    """`resolve` answers what a text of the connector's file is, secrets too; names of files are below `root`."""

    def __init__(self, place: Sftp, *, resolve: Callable[[Text], str], root: Path) -> None:
        self._place = place
        self._resolve = resolve
        self._root = root

    def put(self, content: bytes, path: str) -> None:
        """Put a file there: under another name first, so that nobody sees a part of it. Raises SourceUnavailable."""
        folder, _, name = path.rpartition("/")
        beside = f"{folder}/.{name}.tmp" if folder else f".{name}.tmp"
        with tempfile.NamedTemporaryFile(prefix="pointsman-sftp-") as local:
            local.write(content)
            local.flush()
            self.run([f"put {quoted(local.name)} {quoted(beside)}", f"rename {quoted(beside)} {quoted(path)}"])

    def run(
        self,
        commands: Sequence[str],
        *,
        meanwhile: Callable[[], None] = lambda: None,
        progress: Callable[[], object] = lambda: None,
    ) -> str:
        """What the commands print. `meanwhile` is called now and then while they are waited for; what it raises ends
        them. Raises SourceUnavailable, also if they have not ended after a while in which `progress` has answered the
        same.
        """
        place = self._place
        where = f"{place.user}@{place.host}:{place.port}"
        options = ["-b", "-", "-P", str(place.port), "-o", "BatchMode=yes", "-o", "StrictHostKeyChecking=yes"]
        options += ["-o", "ConnectTimeout=20", "-o", "LogLevel=ERROR"]
        if place.key is not None:
            options += ["-i", str(self._root / self._resolve(place.key)), "-o", "IdentitiesOnly=yes"]
        if place.known_hosts is not None:
            options += ["-o", f"UserKnownHostsFile={self._root / place.known_hosts}"]
        try:
            ended = _ended(
                ["sftp", *options, f"{place.user}@{place.host}"], commands, meanwhile=meanwhile, progress=progress
            )
        except FileNotFoundError:
            raise SourceUnavailable("there is no command sftp here; install OpenSSH's client") from None
        except subprocess.TimeoutExpired:
            raise SourceUnavailable(f"{where} did not answer within {_SECONDS} s") from None
        if ended.returncode:
            raise SourceUnavailable(f"{where}: {_reason(ended.stderr) or f'sftp ended with {ended.returncode}'}")
        # with -b, sftp prints each command before what it answers
        return "\n".join(line for line in ended.stdout.splitlines() if not line.startswith("sftp> "))


def _ended(
    command: Sequence[str],
    commands: Sequence[str],
    *,
    meanwhile: Callable[[], None],
    progress: Callable[[], object],
) -> "subprocess.CompletedProcess[str]":
    """Raises TimeoutExpired."""
    text: str | None = "\n".join(commands) + "\n"
    before, until = progress(), time.monotonic() + _SECONDS
    with subprocess.Popen(  # noqa: S603  # of the connector's own file, without a shell
        command, stdin=subprocess.PIPE, stdout=subprocess.PIPE, stderr=subprocess.PIPE, text=True
    ) as process:
        try:
            while True:
                try:
                    printed, told = process.communicate(text, timeout=_LOOK_SECONDS)
                    return subprocess.CompletedProcess(command, process.returncode, printed, told)
                except subprocess.TimeoutExpired:
                    text = None  # it was told these
                    now = progress()
                    if now != before:
                        before, until = now, time.monotonic() + _SECONDS
                    elif time.monotonic() > until:
                        raise
                    meanwhile()
        except BaseException:
            process.kill()
            raise


def _reason(told: str) -> str:
    """What OpenSSH says, in one sentence that says what to do; else its last line that says more than that it ended."""
    known = next((reason for words, reason in _REASONS.items() if words in told), None)
    lines = [line.strip() for line in told.splitlines() if line.strip()]
    others = [line for line in lines if not line.startswith(_ENDINGS)]
    return known or next(iter((others or lines)[-1:]), "")


def quoted(text: str) -> str:
    return f'"{text}"'
