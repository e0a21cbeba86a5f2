"""Processor time by what it was spent on: of this process, of processes that it waited for, and of the server."""

import resource
import sys
from collections import Counter
from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path
from typing import Any, Final

_UNIT: Final = 1 if sys.platform == "darwin" else 1_024
"""Bytes in which the largest memory of a process is counted."""


class ProcessorTime:
    """Seconds, added up by name."""

    def __init__(self, redis: Any) -> None:
        self._redis = redis
        self.client = Counter[str]()
        """Of this process, and of those that it started and waited for."""
        self.server = Counter[str]()

    @contextmanager
    def spent_on(self, name: str) -> Iterator[None]:
        client, server = _of_processes(), self._of_server()
        yield
        self.client[name] += _of_processes() - client
        self.server[name] += self._of_server() - server

    def _of_server(self) -> float:
        used = self._redis.info("cpu")
        return float(used["used_cpu_user"]) + float(used["used_cpu_sys"])


def most_memory() -> int:
    """Bytes that this process had at most so far."""
    try:
        status = Path("/proc/self/status").read_text("ascii")
    except FileNotFoundError:
        return resource.getrusage(resource.RUSAGE_SELF).ru_maxrss * _UNIT
    # on Linux, ru_maxrss is at first that of the process which started this one (getrusage(2) goes on over execve)
    return int(status.partition("VmHWM:")[2].split()[0]) * 1_024


def _of_processes() -> float:
    used = (resource.getrusage(who) for who in (resource.RUSAGE_SELF, resource.RUSAGE_CHILDREN))
    return sum(its.ru_utime + its.ru_stime for its in used)
