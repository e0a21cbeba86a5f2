"""A real HTTP server that stands for a carrier: it bills what it sells, and fails as a test says."""

import contextlib
import json
import threading
import time
from collections.abc import Callable, Iterator
from dataclasses import dataclass, field
from http.server import BaseHTTPRequestHandler
from typing import Any, ClassVar
from urllib.parse import parse_qsl, unquote, urlsplit

from tests.support.local_server import local_server

PDF = b"%PDF-1.4\n1 0 obj\n<<>>\nendobj\ntrailer\n<<>>\n%%EOF\n"
ZPL = b"^XA^CI28^FO20,20^FDparcel^FS^XZ\n"
PNG = b"\x89PNG\r\n\x1a\n\x00\x00\x00\x00IEND\xaeB`\x82"
LABELS = {"pdf": PDF, "zpl": ZPL, "png": PNG}

FAULTS = (
    "dropped",  # the connection is closed, and nothing was done
    "lost",  # all was done, and the connection is closed without an answer
    "cut",  # all was done, and half of the answer is sent
    "nonsense",  # all was done, and the answer is a page of a proxy
    "slow",  # all was done, and the answer comes when nobody waits any more
    "broken",  # 500, and nothing was done
    "broken_after",  # 500, and all was done
    "busy",  # 429, and nothing was done
    "moved",  # a redirect to elsewhere
)


@dataclass(frozen=True)
class Request:
    method: str
    path: str
    """Without query; what was quoted is not any more."""
    query: dict[str, str]
    headers: dict[str, str]
    body: Any


@dataclass(frozen=True)
class Response:
    status: int = 200
    body: Any = None
    """JSON, or bytes of `content_type`."""
    content_type: str = "application/json"
    headers: dict[str, str] = field(default_factory=dict)

    @property
    def content(self) -> bytes:
        return self.body if isinstance(self.body, bytes) else json.dumps(self.body).encode()


class FakeCarrier:
    """`bills` has an entry for each purchase that costs something: its number counts. `faults` says of each request,
    before it is answered, how it fails (one of FAULTS); None: not at all. A slow answer takes `slow_seconds`.
    """

    key: ClassVar[str]
    """What the header Authorization must be."""

    def __init__(self) -> None:
        self.url = ""
        self.requests: list[Request] = []
        self.bills: list[str] = []
        self.given_back: list[str] = []
        self.faults: Callable[[Request], str | None] = lambda _: None
        self.slow_seconds = 1.0
        self.lock = threading.RLock()
        self.label = LABELS

    @property
    def owed(self) -> int:
        """What was billed and not given back."""
        return len(self.bills) - len(self.given_back)

    def answer(self, request: Request) -> Response:
        """With the lock held."""
        raise NotImplementedError

    def is_known(self, request: Request) -> bool:
        return request.headers.get("authorization") == self.key

    def label_of(self, label_format: str) -> Response:
        types = {"pdf": "application/pdf", "zpl": "application/zpl", "png": "image/png"}
        return Response(body=self.label[label_format], content_type=types[label_format])


@contextlib.contextmanager
def serving(carrier: FakeCarrier) -> Iterator[FakeCarrier]:
    class Handler(BaseHTTPRequestHandler):
        def _handle(self) -> None:
            parts = urlsplit(self.path)
            content = self.rfile.read(int(self.headers.get("Content-Length") or 0))
            request = Request(
                self.command,
                unquote(parts.path),
                dict(parse_qsl(parts.query)),
                {name.lower(): value for name, value in self.headers.items()},
                json.loads(content) if content else None,
            )
            with carrier.lock:
                carrier.requests.append(request)
                fault = carrier.faults(request)
                response = None if fault in ("dropped", "broken", "busy", "moved") else carrier.answer(request)
            self._send(fault, response)

        do_GET = do_POST = _handle  # noqa: N815 the names are http.server's

        def _send(self, fault: str | None, response: Response | None) -> None:
            if fault in ("dropped", "lost"):
                self.close_connection = True
                return
            if fault == "slow":
                time.sleep(carrier.slow_seconds)
            failures = {
                "broken": Response(500, {"error": "internal"}),
                "broken_after": Response(502, b"<html>Bad gateway</html>", "text/html"),
                "busy": Response(429, {"error": "rate limited"}, headers={"Retry-After": "7"}),
                "moved": Response(302, b"", headers={"Location": "http://169.254.169.254/latest/meta-data"}),
                "nonsense": Response(200, b"<html>Please sign in</html>", "text/html"),
            }
            sent = failures.get(fault or "", response)
            assert sent is not None
            content = sent.content
            with contextlib.suppress(OSError):
                self.send_response(sent.status)
                for name, value in {"Content-Type": sent.content_type, **sent.headers}.items():
                    self.send_header(name, value)
                self.send_header("Content-Length", str(len(content)))
                self.end_headers()
                self.wfile.write(content[: len(content) // 2] if fault == "cut" else content)
            self.close_connection = True

        def log_message(self, *_: object) -> None:
            pass

    with local_server(Handler) as server:
        carrier.url = f"http://127.0.0.1:{server.server_port}"
        yield carrier
