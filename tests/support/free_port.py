"""Ports of this machine that nobody listens on."""

import contextlib
import socket

HOST = "127.0.0.1"


def free_port(consecutive: int = 1) -> int:
    """A free port, or the first of several that follow each other."""
    while True:
        with contextlib.suppress(OSError, OverflowError), contextlib.ExitStack() as taken:
            first: int = taken.enter_context(socket.create_server((HOST, 0))).getsockname()[1]
            for port in range(first + 1, first + consecutive):
                taken.enter_context(socket.create_server((HOST, port)))
            return first
