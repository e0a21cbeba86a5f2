"""A proxy before the server that loses replies: the server acted, and its caller never hears of it."""

import contextlib
import socket
import threading
from collections.abc import Iterator
from dataclasses import dataclass, field
from urllib.parse import urlsplit


@dataclass
class Proxy:
    """Loses the reply to the next request that holds `marker`, and the connection with it."""

    port: int
    marker: bytes | None = None
    lost: int = 0
    threads: list[threading.Thread] = field(default_factory=list)

    @property
    def url(self) -> str:
        return f"redis://127.0.0.1:{self.port}?protocol=2"


@contextlib.contextmanager
def proxy(server_url: str) -> Iterator[Proxy]:
    """Before the server at a unix:// URL."""
    with socket.create_server(("127.0.0.1", 0)) as listening:
        found = Proxy(port=listening.getsockname()[1])
        accepting = threading.Thread(target=_accept, args=(listening, urlsplit(server_url).path, found))
        accepting.start()
        try:
            yield found
        finally:
            with contextlib.suppress(OSError):
                listening.shutdown(socket.SHUT_RDWR)
            accepting.join()
            for thread in found.threads:
                thread.join()


def _accept(listening: socket.socket, path: str, found: Proxy) -> None:
    while True:
        try:
            client, _ = listening.accept()
        except OSError:
            return
        thread = threading.Thread(target=_serve, args=(client, path, found))
        found.threads.append(thread)
        thread.start()


def _serve(client: socket.socket, path: str, found: Proxy) -> None:
    """Requests of one connection come one after another: what is read until the reply is one request."""
    with client, socket.socket(socket.AF_UNIX) as server:
        server.connect(path)
        answering = threading.Thread(target=_answer, args=(server, client, found, losing := threading.Event()))
        answering.start()
        with contextlib.suppress(OSError):
            while said := client.recv(1 << 16):
                if found.marker is not None and found.marker in said and b"SCRIPT" not in said:
                    found.marker = None
                    losing.set()
                server.sendall(said)
        with contextlib.suppress(OSError):
            server.shutdown(socket.SHUT_RDWR)
        answering.join()


def _answer(server: socket.socket, client: socket.socket, found: Proxy, losing: threading.Event) -> None:
    with contextlib.suppress(OSError):
        while said := server.recv(1 << 16):
            if losing.is_set():
                found.lost += 1
                break
            client.sendall(said)
    with contextlib.suppress(OSError):
        client.shutdown(socket.SHUT_RDWR)
