"""The load generator, a process of its own: `python -m tests.bench.load_generator PORT FILE FIRST COUNT CONNECTIONS
BATCH`.

Each connection is kept alive and has one request under way at a time; a connection that is free takes the next line of
FILE, or the next BATCH lines as one batch if that is more than one. Prints JSON: seconds, the number of answers by
status, bytes of their bodies, and the seconds that each request took. Standard library only, and HTTP is written by
hand where http.client would take as much time as the server.
"""

import json
import os
import socket
import sys
import threading
import time
from collections import Counter
from collections.abc import Iterator
from pathlib import Path
from typing import BinaryIO

KEY = "BENCH_KEY"
"""The environment variable with the API key that the requests carry."""
SECONDS = 60
"""How long a connection waits for one answer."""


class Connection:
    """A keep-alive connection, opened again whenever the server closes it."""

    def __init__(self, port: int) -> None:
        self._port = port
        self._socket: socket.socket | None = None
        self._answers: BinaryIO | None = None

    def exchange(self, request: bytes) -> tuple[int, int]:
        """Sends a request; the status of the answer and the number of bytes of its body."""
        if self._socket is None:
            self._socket = socket.create_connection(("127.0.0.1", self._port), timeout=SECONDS)
            self._socket.setsockopt(socket.IPPROTO_TCP, socket.TCP_NODELAY, 1)
            self._answers = self._socket.makefile("rb")
        assert self._answers is not None
        self._socket.sendall(request)
        status = int(self._answers.readline().split()[1])
        length, closes = 0, False
        while (line := self._answers.readline().strip().lower()) != b"":
            name, _, value = line.partition(b":")
            length = int(value) if name == b"content-length" else length
            closes = closes or (name == b"connection" and value.strip() == b"close")
        length = len(self._answers.read(length))
        if closes:
            self.close()
        return status, length

    def close(self) -> None:
        if self._socket is not None and self._answers is not None:
            self._answers.close()
            self._socket.close()
        self._socket = self._answers = None


def request(body: bytes, path: str = "/v1/decisions") -> bytes:
    head = [f"POST {path} HTTP/1.1", "Host: 127.0.0.1", "Content-Type: application/json"]
    if KEY in os.environ:
        head.append(f"Authorization: Bearer {os.environ[KEY]}")
    return "\r\n".join([*head, f"Content-Length: {len(body)}", "", ""]).encode() + body


def batches(bodies: list[bytes], size: int) -> list[bytes]:
    """The requests that send so many orders each."""
    parts = (bodies[first : first + size] for first in range(0, len(bodies), size))
    return [request(b'{"orders": [' + b",".join(part) + b"]}", "/v1/decisions/batch") for part in parts]


def run(port: int, requests: list[bytes], connections: int) -> dict[str, object]:
    waiting, lock = iter(requests), threading.Lock()
    statuses: Counter[int] = Counter()
    lengths: Counter[str] = Counter()
    took: list[float] = []

    def work() -> None:
        connection = Connection(port)
        for request in _taking(waiting, lock):
            began = time.perf_counter()
            status, length = connection.exchange(request)
            with lock:
                took.append(time.perf_counter() - began)
                statuses[status] += 1
                lengths["bytes"] += length
        connection.close()

    threads = [threading.Thread(target=work, daemon=True) for _ in range(connections)]
    started = time.perf_counter()
    for thread in threads:
        thread.start()
    for thread in threads:
        thread.join()
    seconds = time.perf_counter() - started
    by_status = {str(status): count for status, count in statuses.items()}
    return {"seconds": seconds, "statuses": by_status, "took": took, **lengths}


def _taking(waiting: Iterator[bytes], lock: threading.Lock) -> Iterator[bytes]:
    while True:
        with lock:
            taken = next(waiting, None)
        if taken is None:
            return
        yield taken


if __name__ == "__main__":
    port, file, first, count, connections, batch = sys.argv[1:]
    lines = Path(file).read_bytes().splitlines()[int(first) : int(first) + int(count)]
    requests = batches(lines, int(batch)) if int(batch) > 1 else [request(line) for line in lines]
    print(json.dumps(run(int(port), requests, int(connections))))
