"""A real HTTP server that takes webhooks, and answers as a test says."""

import contextlib
import threading
from collections.abc import Callable, Iterator
from dataclasses import dataclass, field
from http.server import BaseHTTPRequestHandler

import msgspec

from tests.support.local_server import local_server


@dataclass(frozen=True)
class Received:
    """One request."""

    path: str
    headers: dict[str, str]
    body: bytes

    @property
    def event(self):
        return msgspec.json.decode(self.body)


@dataclass
class Receiver:
    """`answer` gives status and headers of the answer to a request, by default 204; it may wait, or raise OSError."""

    url: str
    requests: list[Received] = field(default_factory=list)
    answer: Callable[[Received], tuple[int, dict[str, str]]] = lambda _: (204, {})
    lock: threading.Lock = field(default_factory=threading.Lock)

    @property
    def taken(self):
        """The events of all requests, in the order in which they came."""
        return [received.event for received in self.requests]

    def of(self, subject):
        """The ids of the events about this, in the order in which they first came."""
        return list(dict.fromkeys(event["id"] for event in self.taken if event.get("subject") == subject))


@contextlib.contextmanager
def receiving() -> Iterator[Receiver]:
    class Handler(BaseHTTPRequestHandler):
        def do_POST(self):
            body = self.rfile.read(int(self.headers["Content-Length"]))
            received = Received(self.path, {name.lower(): value for name, value in self.headers.items()}, body)
            with receiver.lock:
                receiver.requests.append(received)
            try:
                status, headers = receiver.answer(received)
                self.send_response(status)
                for name, value in {"Content-Length": "0", **headers}.items():
                    self.send_header(name, value)
                self.end_headers()
            except OSError:
                self.close_connection = True

        def log_message(self, *_):
            pass

    with local_server(Handler) as server:
        receiver = Receiver(url=f"http://127.0.0.1:{server.server_port}/events")
        yield receiver
