"""A socket that is done with by a deadline, however slowly the other side sends: a timeout counts from byte to byte."""

import io
import socket
import time
from typing import Any


class TimedSocket:
    """What http.client needs of a socket. Its calls raise TimeoutError once `deadline` is past (monotonic clock)."""

    def __init__(self, connection: socket.socket, deadline: float) -> None:
        self._connection, self._deadline = connection, deadline

    def sendall(self, content: Any) -> None:
        self._connection.settimeout(left(self._deadline))
        self._connection.sendall(content)

    def makefile(self, mode: str) -> io.BufferedReader:  # noqa: ARG002 http.client reads bytes
        return io.BufferedReader(_TimedReader(self._connection, self._deadline))

    def close(self) -> None:
        """Nothing: http.client closes before it has read the answer. Who opened the connection closes it."""


class _TimedReader(io.RawIOBase):
    def __init__(self, connection: socket.socket, deadline: float) -> None:
        self._connection, self._deadline = connection, deadline

    def readable(self) -> bool:
        return True

    def readinto(self, buffer: Any) -> int:
        self._connection.settimeout(left(self._deadline))
        return self._connection.recv_into(buffer)


def left(deadline: float) -> float:
    """Seconds until then; raises TimeoutError if it is past."""
    seconds = deadline - time.monotonic()
    if seconds <= 0:
        raise TimeoutError
    return seconds
