"""Answers probes on a port of their own, whatever the workers are busy with.

    python -I -S probes.py LISTENING SOCKET

LISTENING is the number of the descriptor on which it listens, opened by who started it.

/healthz says that the service runs: gunicorn's master ends workers that hang, and this process ends with the master.
/readyz and /metrics are answered by whichever worker accepts a connection to the Unix socket SOCKET first; if none does
in time, the service is not ready. It is run as a script and imports only the standard library, so that it is small and
nothing else can break it.
"""

import asyncio
import contextlib
import ctypes
import json
import os
import signal
import socket
import struct
import sys

WORKER_SECONDS = 2.0
"""How long a worker may take to answer."""
CALLER_SECONDS = 5.0
"""How long a caller may take to send its header, and to take its answer."""
_MOST_HEADER_BYTES = 8_192
_HEALTHY = b'{"status":"ok"}'
_OF_WORKERS = ("/readyz", "/metrics")
_PHRASES = {
    200: "OK",
    400: "Bad Request",
    404: "Not Found",
    405: "Method Not Allowed",
    408: "Request Timeout",
    431: "Request Header Fields Too Large",
    503: "Service Unavailable",
}
_PROBLEMS = {
    400: "bad-request",
    404: "not-found",
    405: "method-not-allowed",
    408: "request-timeout",
    431: "request-header-fields-too-large",
    503: "not-ready",
}


class Probes:
    """`workers` is the Unix socket where these answer."""

    def __init__(self, workers: str) -> None:
        self._workers = workers

    async def answer(self, reader: asyncio.StreamReader, writer: asyncio.StreamWriter) -> None:
        """One request; its connection ends with the answer."""
        with contextlib.suppress(OSError, asyncio.IncompleteReadError, TimeoutError):
            writer.write(await self._answer_of(reader))
            async with asyncio.timeout(CALLER_SECONDS):
                await writer.drain()
        writer.close()

    async def _answer_of(self, reader: asyncio.StreamReader) -> bytes:
        try:
            async with asyncio.timeout(CALLER_SECONDS):
                head = await reader.readuntil(b"\r\n\r\n")
        except TimeoutError:
            return _problem(408, f"the header did not come within {CALLER_SECONDS:g} seconds")
        except asyncio.LimitOverrunError:
            return _problem(431, f"the header is longer than {_MOST_HEADER_BYTES} bytes")
        return await self._answer_to(head)

    async def _answer_to(self, head: bytes) -> bytes:
        words = head.split(b"\r\n", 1)[0].decode("latin-1").split(" ")
        if len(words) != 3 or not words[2].startswith("HTTP/"):  # noqa: PLR2004  # method, address, version
            return _problem(400, "this is no HTTP request")
        method, path = words[0], words[1].partition("?")[0]
        if path != "/healthz" and path not in _OF_WORKERS:
            return _problem(404, "this port answers GET /healthz, /readyz and /metrics")
        if method not in ("GET", "HEAD"):
            return _problem(405, "a probe is a GET", "Allow: GET, HEAD")
        if path == "/healthz":
            return _response(200, "application/json", _HEALTHY if method == "GET" else b"")
        try:
            async with asyncio.timeout(WORKER_SECONDS):
                return await self._ask_workers(method, path)
        except TimeoutError:
            return _problem(503, f"no worker answered within {WORKER_SECONDS:g} seconds")
        except OSError:
            return _problem(503, "no worker takes requests")

    async def _ask_workers(self, method: str, path: str) -> bytes:
        reader, writer = await asyncio.open_unix_connection(self._workers)
        try:
            writer.write(f"{method} {path} HTTP/1.1\r\nHost: probes\r\nConnection: close\r\n\r\n".encode())
            return await reader.read() or _problem(503, "the worker that was asked has ended")
        finally:
            writer.close()


def _problem(status: int, detail: str, *headers: str) -> bytes:
    problem = {
        "type": f"urn:pointsman:problem:{_PROBLEMS[status]}",
        "title": _PHRASES[status],
        "status": status,
        "detail": detail,
    }
    retry = ("Retry-After: 1",) if status == 503 else ()  # noqa: PLR2004  # http.HTTPStatus takes long to import
    return _response(status, "application/problem+json", json.dumps(problem).encode(), *headers, *retry)


def _response(status: int, kind: str, body: bytes, *headers: str) -> bytes:
    lines = [f"HTTP/1.1 {status} {_PHRASES[status]}", f"Content-Type: {kind}", f"Content-Length: {len(body)}"]
    return "\r\n".join([*lines, *headers, "Connection: close", "", ""]).encode() + body


def run_at_once(nanoseconds: int) -> None:
    """Tell Linux (6.12 and newer) that this thread only ever runs for so long, 100,000 at least: when it is woken, it
    need not wait until one that computes has used up its time. Threads that it starts are as all others. Elsewhere
    nothing changes.
    """
    call = {"x86_64": 314, "aarch64": 274}.get(os.uname().machine)
    if call is None or sys.platform != "linux":
        return
    nice = os.getpriority(os.PRIO_PROCESS, 0)
    # struct sched_attr: size, policy (SCHED_OTHER), flags (RESET_ON_FORK), nice, priority, runtime, deadline, period
    attributes = struct.pack("=IIQiIQQQ", 48, 0, 1, nice, 0, nanoseconds, 0, 0)
    ctypes.CDLL(None).syscall(call, 0, attributes, 0)


async def serve(listening: int, workers: str) -> None:
    """Answer until the process that started this one has ended."""
    loop, ended, master = asyncio.get_running_loop(), asyncio.Event(), os.getppid()
    loop.add_signal_handler(signal.SIGTERM, ended.set)
    signal.signal(signal.SIGINT, signal.SIG_IGN)  # at a terminal the master gets it, too, and decides
    server = await asyncio.start_server(
        Probes(workers).answer, sock=socket.socket(fileno=listening), limit=_MOST_HEADER_BYTES
    )
    async with server:
        while os.getppid() == master and not ended.is_set():
            with contextlib.suppress(TimeoutError):
                await asyncio.wait_for(ended.wait(), 1)


if __name__ == "__main__":
    run_at_once(100_000)
    asyncio.run(serve(int(sys.argv[1]), sys.argv[2]))
