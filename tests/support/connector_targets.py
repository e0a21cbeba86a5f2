"""Connectors that send, and a real HTTP server that takes what they send and answers as a test says."""

import contextlib
import json
import threading
from collections.abc import Callable, Iterator
from contextlib import closing
from dataclasses import dataclass, field
from http.server import BaseHTTPRequestHandler
from pathlib import Path
from typing import Any

from api.connectors.language.connector import Connector
from api.connectors.language.loader import load_connector
from api.connectors.running.report import TurnReport
from api.connectors.sending.opening import open_sender
from api.connectors.sending.sender import ConnectorSender
from engine.service import Pointsman
from tests.support.local_server import local_server

HEAD = "connector: out\nowner: logistics\nbecause: {en: For others}\n"


@dataclass
class Sending:
    """A connector that sends, its file in a folder of the test's own."""

    pointsman: Pointsman
    root: Path
    text: str

    @property
    def connector(self) -> Connector:
        return load_connector(str(self.root / "connector.yaml"), (HEAD + self.text).encode())

    def sender(self) -> ConnectorSender:
        return open_sender(self.pointsman, self.connector, self.root)

    def run(self) -> TurnReport:
        with closing(self.sender()) as sender:
            return sender.take_turn()

    def files(self) -> dict[str, str]:
        """What lies in the folder `out`, by name."""
        folder = self.root / "out"
        return (
            {path.name: path.read_text() for path in sorted(folder.iterdir()) if path.is_file()}
            if folder.is_dir()
            else {}
        )

    def take_away(self) -> dict[str, str]:
        """As the reader of the folder does."""
        files = self.files()
        for name in files:
            (self.root / "out" / name).unlink()
        return files

    def rows(self) -> list[Any]:
        """Of NDJSON, all that was not taken away before."""
        return [json.loads(line) for text in self.take_away().values() for line in text.splitlines()]


@dataclass(frozen=True)
class Sent:
    """One request."""

    method: str
    path: str
    headers: dict[str, str]
    body: bytes

    @property
    def json(self) -> Any:
        return json.loads(self.body)


@dataclass
class Target:
    """`answer` gives status, headers and body of the answer to a request; it may raise OSError, and answers nothing
    then.
    """

    url: str
    requests: list[Sent] = field(default_factory=list)
    answer: Callable[[Sent], tuple[int, dict[str, str], bytes]] = lambda _: (200, {}, b"{}")
    lock: threading.Lock = field(default_factory=threading.Lock)


@contextlib.contextmanager
def target() -> Iterator[Target]:
    class Handler(BaseHTTPRequestHandler):
        def _take(self):
            body = self.rfile.read(int(self.headers.get("Content-Length", 0)))
            headers = {name.lower(): value for name, value in self.headers.items()}
            sent = Sent(self.command, self.path, headers, body)
            with taker.lock:
                taker.requests.append(sent)
            try:
                status, more, content = taker.answer(sent)
            except OSError:
                self.close_connection = True
                return
            self.send_response(status)
            for name, value in {"Content-Length": str(len(content)), **more}.items():
                self.send_header(name, value)
            self.end_headers()
            self.wfile.write(content)

        do_POST = do_PUT = do_PATCH = _take  # noqa: N815  # names of the base class

        def log_message(self, *_):
            pass

    with local_server(Handler) as server:
        taker = Target(f"http://127.0.0.1:{server.server_address[1]}")
        yield taker
