"""A real HTTP server that stands for a shop: it refuses what the real one refuses, and fails as a test says."""

import base64
import contextlib
import hashlib
import hmac
import json
import threading
from collections.abc import Callable, Iterator
from dataclasses import dataclass, field
from http.server import BaseHTTPRequestHandler
from typing import Any
from urllib.parse import parse_qsl, unquote, urlsplit

from tests.support.local_server import local_server


@dataclass(frozen=True)
class Asked:
    """A request. `path` is without the query, and without what was quoted."""

    method: str
    path: str
    query: dict[str, str]
    headers: dict[str, str]
    body: bytes

    @property
    def json(self) -> Any:
        return json.loads(self.body)


@dataclass(frozen=True)
class Told:
    """An answer; a `body` is JSON, or the text itself."""

    status: int = 200
    body: Any = None
    headers: dict[str, str] = field(default_factory=dict)


class FakeShop:
    """`fault` says of a request how it fails: `lost`, all was done and nobody answers; `dropped`, nothing was done;
    None, not at all.
    """

    def __init__(self) -> None:
        self.url = ""
        self.requests: list[Asked] = []
        self.fault: Callable[[Asked], str | None] = lambda _: None
        self.lock = threading.RLock()

    def answer(self, asked: Asked) -> Told:
        """With the lock held."""
        raise NotImplementedError


@contextlib.contextmanager
def running(shop: FakeShop) -> Iterator[None]:
    class Handler(BaseHTTPRequestHandler):
        def _take(self) -> None:
            body = self.rfile.read(int(self.headers.get("Content-Length", 0)))
            parts = urlsplit(self.path)
            headers = {name.lower(): value for name, value in self.headers.items()}
            query = dict(parse_qsl(parts.query, keep_blank_values=True))
            asked = Asked(self.command, unquote(parts.path), query, headers, body)
            with shop.lock:
                shop.requests.append(asked)
                fault = shop.fault(asked)
                told = Told(500) if fault == "dropped" else shop.answer(asked)
            if fault in ("lost", "dropped"):
                self.close_connection = True
                return
            content = told.body.encode() if isinstance(told.body, str) else json.dumps(told.body).encode()
            self.send_response(told.status)
            for name, value in {"Content-Type": "application/json", **told.headers}.items():
                self.send_header(name, value)
            self.send_header("Content-Length", str(len(content)))
            self.end_headers()
            self.wfile.write(content)

        do_GET = do_POST = do_PUT = _take  # noqa: N815  # names of the base class

        def log_message(self, *_: Any) -> None:
            pass

    with local_server(Handler) as server:
        shop.url = f"http://127.0.0.1:{server.server_address[1]}"
        yield


def signature(body: bytes, secret: str) -> str:
    """As Shopify and WooCommerce sign their webhooks."""
    return base64.b64encode(hmac.digest(secret.encode(), body, hashlib.sha256)).decode()
