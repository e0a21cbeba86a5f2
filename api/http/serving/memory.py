"""The memory of a worker: one heap for all threads, and what a large order took is given back to the system."""

import ctypes
import os
from pathlib import Path

from gunicorn.asgi import protocol

_LIBC = ctypes.CDLL(None)
_ARENAS = -8
"""glibc's M_ARENA_MAX."""
_MOST_MORE_BYTES = 8 << 20
_STATM = Path("/proc/self/statm")


def share_heap() -> None:
    """Have all threads that are started from now on allocate from one heap. Else glibc gives most of them their own,
    each of which keeps what its largest decision took. Python runs one thread at a time, so they seldom wait for one
    another.
    """
    if _is_glibc():
        _LIBC.mallopt(_ARENAS, 1)


def forget_chunk_lengths() -> None:
    """Drop gunicorn's table of the lengths of chunks up to 16 KB as they are written, 2 MB in each process; it makes
    those that are not in its table.
    """
    vars(protocol).get("_CHUNK_PREFIXES", {}).clear()


class FreedMemory:
    """Gives memory that is free back to the system once the process has grown by so much: a large order, or HiGHS,
    takes tens of megabytes for a second, which glibc would keep. What grew for good counts from then on.
    """

    def __init__(self) -> None:
        self._settled = resident_bytes()

    def give_back(self) -> None:
        """Called again and again; looking takes a few microseconds, giving back a few milliseconds."""
        if _is_glibc() and resident_bytes() > self._settled + _MOST_MORE_BYTES:
            _LIBC.malloc_trim(0)
            self._settled = resident_bytes()


def resident_bytes() -> int:
    """Of this process; 0 where the system does not say."""
    try:
        return int(_STATM.read_bytes().split()[1]) * os.sysconf("SC_PAGE_SIZE")
    except FileNotFoundError:
        return 0


def _is_glibc() -> bool:
    """Not musl, nor macOS."""
    return hasattr(_LIBC, "malloc_trim")
