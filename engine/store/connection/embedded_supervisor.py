"""The embedded server's supervisor: a small process that runs the server and ends it when nobody uses it any more.

    python -I -S embedded_supervisor.py DATA ASKED STAYS SERVER ARGUMENT...

ASKED is the write end of a pipe to the process that asked for the server. If that process closes its end, it does not
wait for the server any more; when this end closes, the supervisor has ended, and the server with it. The server stays
for STAYS seconds after its last user has gone, so that the next command need not wait until it has read its file. Three
lock files in DATA coordinate all processes; the kernel releases them whatever kills their holder:

- users.lock  held, shared, by every process that uses the server, from before it connects. The supervisor waits for it
              exclusively; once it has it, there are no users, and none can come before it gives it back or has ended.
              Its time of modification is when the last user came or went.
- data.lock   held by the supervisor and, inherited, by the server, so that two servers never write to one append-only
              file, even while a server whose supervisor was killed is still ending.
- start.lock  held by the one user that starts a supervisor (embedded.py).

If the supervisor is killed, the kernel ends the server (PR_SET_PDEATHSIG); if the server dies, the supervisor ends.
It is run as a script and imports only the standard library, so that it starts fast and nothing else can break it.
"""

import contextlib
import ctypes
import fcntl
import os
import select
import signal
import socket
import subprocess
import sys
import threading
import time
from collections.abc import Callable

_PR_SET_PDEATHSIG = 1
_SECONDS_TO_END = 60.0
_SECONDS_TO_ANSWER = 1.0
_SECONDS_BETWEEN_LOOKS = 0.5
_LONG_LOG = 8 << 20
"""Bytes of commands. A server reads so many at its start in 0.2 s, and the same as a snapshot in a third of that."""
_MILLISECONDS_BETWEEN_TRIES = 10


def supervise(data: str, asked: int, stays: float, command: list[str]) -> int:
    """Run the server until nobody uses it; returns its exit code."""
    lock = _open_lock(os.path.join(data, "data.lock"))  # noqa: PTH118 - pathlib would double the time to start
    if not _wait_for_lock(lock, asked):
        return 0
    server = subprocess.Popen(  # noqa: S603 - the command comes from embedded.py
        command,
        stdin=subprocess.DEVNULL,
        pass_fds=(lock,),
        preexec_fn=_end_with_supervisor(),  # noqa: PLW1509 - no thread runs yet
    )
    path = command[command.index("--unixsocket") + 1]
    threading.Thread(target=_end_when_unused, args=(data, path, stays, server), daemon=True).start()
    return server.wait()


def _open_lock(path: str) -> int:
    return os.open(path, os.O_RDWR | os.O_CREAT, 0o600)


def _wait_for_lock(lock: int, asked: int) -> bool:
    """Wait for the lock, for as long as the process that asked waits for the server; returns whether it was taken."""
    asker = select.poll()
    asker.register(asked, 0)
    while True:
        try:
            fcntl.flock(lock, fcntl.LOCK_EX | fcntl.LOCK_NB)
        except BlockingIOError:
            if asker.poll(_MILLISECONDS_BETWEEN_TRIES):
                return False
        else:
            return True


def _end_with_supervisor() -> Callable[[], None] | None:
    """What the child process does before it becomes the server, so that it ends with the supervisor. Only Linux can do
    that; elsewhere the server of a killed supervisor goes on running.
    """
    if not sys.platform.startswith("linux"):
        return None
    supervisor = os.getpid()
    prctl = ctypes.CDLL(None).prctl

    def prepare() -> None:
        prctl(_PR_SET_PDEATHSIG, signal.SIGTERM)
        if os.getppid() != supervisor:  # it was killed before the line above
            os._exit(1)

    return prepare


def _end_when_unused(data: str, path: str, stays: float, server: subprocess.Popen[bytes]) -> None:
    users = _open_lock(os.path.join(data, "users.lock"))  # noqa: PTH118 - as above
    fcntl.flock(users, fcntl.LOCK_EX)
    unused_since = time.monotonic()
    os.utime(users)
    stamp = os.fstat(users).st_mtime_ns
    shortened = False
    while time.monotonic() < unused_since + stays:
        shortened = shortened or _shorten_log(data, path)
        fcntl.flock(users, fcntl.LOCK_UN)
        time.sleep(min(_SECONDS_BETWEEN_LOOKS, stays))
        fcntl.flock(users, fcntl.LOCK_EX)
        if os.fstat(users).st_mtime_ns != stamp:  # somebody came, and has gone again
            unused_since = time.monotonic()
            os.utime(users)
            stamp = os.fstat(users).st_mtime_ns
            shortened = False
    server.terminate()
    time.sleep(_SECONDS_TO_END)
    server.kill()


def _shorten_log(data: str, path: str) -> bool:
    """Have the server replace a long log by a snapshot, now that nobody waits for it. Returns True: once is enough."""
    directory = os.path.join(data, "appendonlydir")  # noqa: PTH118 - as above
    with contextlib.suppress(OSError):
        logs = [entry.stat().st_size for entry in os.scandir(directory) if entry.name.endswith(".incr.aof")]
        if sum(logs) > _LONG_LOG:
            with socket.socket(socket.AF_UNIX) as connection:
                connection.settimeout(_SECONDS_TO_ANSWER)
                connection.connect(path)
                connection.sendall(b"BGREWRITEAOF\r\n")
                connection.recv(64)
    return True


def main(data: str, asked: str, stays: str, *command: str) -> None:
    if os.fork():  # whoever asked waits for this parent only, and has no child process to reap later
        os._exit(0)
    os.umask(0o077)
    os.chdir("/")
    code = supervise(data, int(asked), float(stays), list(command))
    if code:
        print(f"supervisor: the server ended with code {code}", file=sys.stderr, flush=True)  # noqa: T201 - its log
    os._exit(1 if code else 0)


if __name__ == "__main__":
    main(*sys.argv[1:])
