"""A real HTTP server that stands for a shop: it refuses what the real one refuses, and fails as a test says."""

import base64
import contextlib
import hashlib
import hmac
import json
import math
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


@dataclass
class RateLimit:
    """A bucket of so many `most` requests, into which one is put back every so many `seconds` of the test's clock."""

    most: int
    seconds: int
    clock: Callable[[], float]
    used: int = 0
    since: float = 0.0

    def wait(self) -> int:
        """0 if a request may come now; or for how many seconds it may not."""
        now = self.clock()
        back = int((now - self.since) // self.seconds)
        self.used = max(0, self.used - back)
        self.since = now if not self.used else self.since + back * self.seconds
        if self.used < self.most:
            self.used += 1
            return 0
        return math.ceil(self.since + self.seconds - now)


class FakeShop:
    """`limit` is how often it may be asked, if there is one; `refused` are the requests that it was too much. `fault`
    says of a request how it fails: `lost`, all was done and nobody answers; `dropped`, nothing was done;
    None, not at all.
    """

    def __init__(self) -> None:
        self.url = ""
        self.requests: list[Asked] = []
        self.refused: list[Asked] = []
        self.limit: RateLimit | None = None
        self.fault: Callable[[Asked], str | None] = lambda _: None
        self.lock = threading.RLock()

    def answer(self, asked: Asked) -> Told:
        """With the lock held."""
        raise NotImplementedError

    def too_many(self, asked: Asked, wait: int) -> Told:  # noqa: ARG002  # a shop may answer by what was asked
        """What is answered where the limit is reached, for so many seconds."""
        return Told(429, {"message": "Too Many Requests"}, {"Retry-After": str(wait)})

    def within_limit(self, asked: Asked) -> Told:
        wait = self.limit.wait() if self.limit else 0
        if wait:
            self.refused.append(asked)
            return self.too_many(asked, wait)
        return self.answer(asked)


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
                told = Told(500) if fault == "dropped" else shop.within_limit(asked)
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
