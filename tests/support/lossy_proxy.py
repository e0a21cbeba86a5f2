"""A proxy before the server that loses replies, or lets something else happen just before a request arrives."""

import contextlib
import hashlib
import socket
import threading
from collections.abc import Callable, Iterator
from dataclasses import dataclass, field
from urllib.parse import urlsplit

from engine.store.connection.client import script_text


@dataclass
class Proxy:
    """Passes requests and replies on, but for the two ways to interfere that a test may ask for."""

    port: int
    lose_reply_to: bytes | None = None
    """The reply to the next request that contains these bytes is lost, and the connection with it: the server has
    acted, and its caller never hears of it.
    """
    lost_replies: int = 0
    before: bytes | None = None
    """`act` is called before each request that contains these bytes is passed on."""
    act: Callable[[], object] = lambda: None
    threads: list[threading.Thread] = field(default_factory=list)

    @property
    def url(self) -> str:
        return f"redis://127.0.0.1:{self.port}?protocol=2"


@contextlib.contextmanager
def proxy(server_url: str) -> Iterator[Proxy]:
    """Before the server at a unix:// URL, or one such as redis://host:port."""
    with socket.create_server(("127.0.0.1", 0)) as listening:
        opened = Proxy(port=listening.getsockname()[1])
        accepting = threading.Thread(target=_accept, args=(listening, server_url, opened))
        accepting.start()
        try:
            yield opened
        finally:
            with contextlib.suppress(OSError):
                listening.shutdown(socket.SHUT_RDWR)
            accepting.join()
            for thread in opened.threads:
                thread.join()


def script_call(name: str) -> bytes:
    """What each request contains that calls the script: the server calls a script by the digest of its text."""
    return hashlib.sha1(script_text(name).encode(), usedforsecurity=False).hexdigest().encode()


def _accept(listening: socket.socket, server_url: str, opened: Proxy) -> None:
    while True:
        try:
            client, _ = listening.accept()
        except OSError:
            return
        thread = threading.Thread(target=_pass_requests_on, args=(client, server_url, opened))
        opened.threads.append(thread)
        thread.start()


def _pass_requests_on(client: socket.socket, server_url: str, opened: Proxy) -> None:
    """Requests of one connection come one after another: what is read until the reply is one request."""
    with client, _connect(server_url) as server:
        losing = threading.Event()
        answering = threading.Thread(target=_pass_replies_on, args=(server, client, opened, losing))
        answering.start()
        with contextlib.suppress(OSError):
            while request := client.recv(1 << 16):
                if opened.before is not None and opened.before in request and b"SCRIPT" not in request:
                    opened.act()
                if opened.lose_reply_to is not None and opened.lose_reply_to in request and b"SCRIPT" not in request:
                    opened.lose_reply_to = None
                    losing.set()
                server.sendall(request)
        with contextlib.suppress(OSError):
            server.shutdown(socket.SHUT_RDWR)
        answering.join()


def _connect(server_url: str) -> socket.socket:
    url = urlsplit(server_url)
    if url.scheme != "unix":
        return socket.create_connection((url.hostname, url.port))
    server = socket.socket(socket.AF_UNIX)
    server.connect(url.path)
    return server


def _pass_replies_on(server: socket.socket, client: socket.socket, opened: Proxy, losing: threading.Event) -> None:
    with contextlib.suppress(OSError):
        while reply := server.recv(1 << 16):
            if losing.is_set():
                opened.lost_replies += 1
                break
            client.sendall(reply)
    with contextlib.suppress(OSError):
        client.shutdown(socket.SHUT_RDWR)
