"""The real server: gunicorn's master and its workers, reached over real sockets."""

import contextlib
import json
import os
import select
import signal
import socket
import subprocess
import sys
from collections.abc import Iterator, Mapping, Sequence
from dataclasses import dataclass, field
from pathlib import Path
from typing import Any

from tests.support.wait_until import wait_until

ROOT = Path(__file__).parents[2]
_SECONDS = 120
"""For which an answer is waited, on a busy machine."""


@dataclass
class Answer:
    status: int
    headers: dict[str, str]
    body: bytes

    @property
    def json(self) -> Any:
        return json.loads(self.body)

    @property
    def problem(self) -> str:
        """The last part of its type; the answer must be a problem that says its own status."""
        assert self.headers["content-type"] == "application/problem+json", self
        assert self.json["status"] == self.status
        assert self.json["detail"]
        return str(self.json["type"]).rpartition(":")[2]


class Connection:
    """A connection on which a test sends exactly what it likes, and waits for answers."""

    def __init__(self, path: Path, key: str) -> None:
        self._socket = socket.socket(socket.AF_UNIX)
        self._socket.settimeout(_SECONDS)
        self._socket.connect(str(path))
        self._key = key
        self._received = b""

    def send(self, data: bytes) -> None:
        self._socket.sendall(data)

    def begin(self, method: str, path: str, *headers: str, key: bool = True) -> None:
        """Send a header, and nothing of the body."""
        own = [f"Authorization: Bearer {self._key}"] if key else []
        self.send("\r\n".join([f"{method} {path} HTTP/1.1", "Host: x", *own, *headers, "", ""]).encode())

    def ask(self, method: str, path: str, body: Any = None, *headers: str) -> Answer:
        if body is None:
            self.begin(method, path, *headers)
        else:
            data = body if isinstance(body, bytes) else json.dumps(body).encode()
            kind = (
                ()
                if any(header.startswith("Content-Type") for header in headers)
                else ("Content-Type: application/json",)
            )
            self.begin(method, path, *kind, f"Content-Length: {len(data)}", *headers)
            self.send(data)
        return self.answer()

    def read_until(self, expected: bytes) -> bytes:
        """What has come up to and with `expected`."""
        while expected not in self._received:
            self._read()
        end = self._received.index(expected) + len(expected)
        read, self._received = self._received[:end], self._received[end:]
        return read

    def answer(self) -> Answer:
        """The next answer, whole."""
        lines = self.read_until(b"\r\n\r\n").decode("latin-1").split("\r\n")
        headers = {
            name.lower(): value.strip() for name, _, value in (line.partition(":") for line in lines[1:] if line)
        }
        if headers.get("transfer-encoding") == "chunked":
            body = b"".join(self._chunks())
        else:
            body = self._exactly(int(headers.get("content-length", 0)))
        return Answer(int(lines[0].split()[1]), headers, body)

    def is_closed(self) -> bool:
        """Whether the server closes it, without another byte; waits for either."""
        try:
            return not self._received and not self._socket.recv(1)
        except ConnectionError:
            return True

    def has_answer(self, *, within: float) -> bool:
        """Whether something has come, or comes in so many seconds."""
        return bool(self._received or select.select([self._socket], [], [], within)[0])

    def send_until_full(self, data: bytes, *, at_most: int) -> int:
        """Send `data` again and again until the server takes no more of it for a while; how many bytes it took."""
        sent = 0
        while sent < at_most and select.select([], [self._socket], [], 1)[1]:
            sent += self._socket.send(data, socket.MSG_DONTWAIT)
        return sent

    def wait_until_cut(self) -> None:
        """Until the server ends the connection, whatever of it is unread."""
        ended = select.poll()
        ended.register(self._socket, 0)  # which leaves errors, and the other end being closed
        assert ended.poll(1_000 * _SECONDS), "the connection goes on"

    def close(self) -> None:
        self._socket.close()

    def _chunks(self) -> Iterator[bytes]:
        while size := int(self.read_until(b"\r\n"), 16):
            yield self._exactly(size)
            self.read_until(b"\r\n")
        self.read_until(b"\r\n")

    def _exactly(self, size: int) -> bytes:
        while len(self._received) < size:
            self._read()
        read, self._received = self._received[:size], self._received[size:]
        return read

    def _read(self) -> None:
        part = self._socket.recv(1 << 16)
        if not part:
            raise ConnectionError(f"closed after {self._received!r}")
        self._received += part


def listens(path: Path) -> bool:
    """Whether connections are taken there; its file is there before they are."""
    with socket.socket(socket.AF_UNIX) as trial:
        return trial.connect_ex(str(path)) == 0


def words_of(process: int) -> bytes:
    """The command line of a process; empty if it has ended."""
    try:
        return Path(f"/proc/{process}/cmdline").read_bytes()
    except OSError:
        return b""


def chunk(data: bytes) -> bytes:
    """A part of a body with Transfer-Encoding: chunked."""
    return b"%x\r\n%s\r\n" % (len(data), data)


@dataclass
class ServerProcess:
    process: subprocess.Popen[bytes]
    path: Path
    key: str
    log: Path
    _opened: list[Connection] = field(default_factory=list)

    def connect(self) -> Connection:
        self._opened.append(Connection(self.path, self.key))
        return self._opened[-1]

    def ask(self, method: str, path: str, body: Any = None, *headers: str) -> Answer:
        """On a connection of its own."""
        connection = self.connect()
        answer = connection.ask(method, path, body, *headers)
        connection.close()
        return answer

    def terminate(self) -> None:
        self.process.send_signal(signal.SIGTERM)

    @property
    def workers(self) -> list[int]:
        """The ids of the worker processes."""
        return [child for child in self._children() if child != self.probes_process]

    @property
    def probes_process(self) -> int | None:
        """The id of the process that answers probes."""
        return next((child for child in self._children() if b"probes.py" in words_of(child)), None)

    def _children(self) -> list[int]:
        children = Path(f"/proc/{self.process.pid}/task/{self.process.pid}/children").read_text().split()
        return [int(child) for child in children if words_of(int(child))]

    def close(self) -> None:
        for connection in self._opened:
            connection.close()


@contextlib.contextmanager
def server_process(
    directory: Path,
    environment: Mapping[str, str],
    *,
    key: str = "",
    workers: int = 1,
    app: str | None = None,
    options: Sequence[str] = (),
) -> Iterator[ServerProcess]:
    """A server with these variables, once it answers; `app` instead of Pointsman's. Its store ends with it."""
    environment = {"POINTSMAN_DATA": str(directory / "data"), "POINTSMAN_SERVER_STAYS": "0", **environment}
    path, log = directory / "http.sock", directory / "server.log"
    command = [sys.executable, "-m", "api.http.serving", "--bind", f"unix:{path}", "--workers", str(workers)]
    command += [*(["--app", app] if app else []), *options]
    with (
        log.open("wb") as output,
        subprocess.Popen(command, env={**os.environ, **environment}, cwd=ROOT, stdout=output, stderr=output) as process,
    ):
        served = ServerProcess(process, path, key, log)
        try:
            wait_until(lambda: listens(path) or process.poll() is not None, "the server listens")
            assert served.ask("GET", "/healthz").status == 200, log.read_text()
            yield served
        finally:
            served.close()
            process.terminate()
