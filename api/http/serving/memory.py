"""The memory of a worker: one heap for all threads, and what a large order took is given back to the system."""

import ctypes
import os
from pathlib import Path

from gunicorn.asgi import protocol

_LIBC = ctypes.CDLL(None)
_M_ARENA_MAX = -8
"""As glibc's malloc.h has it."""
_TRIM_AFTER_BYTES = 8 << 20
"""Growth after which freed memory is given back."""
_LOOKS_UNTIL_SETTLED = 10
_STATM = Path("/proc/self/statm")


def share_heap() -> None:
    """Have all threads that are started from now on allocate from one heap. Else glibc gives most of them their own,
    each of which keeps what its largest decision took. Python runs one thread at a time, so they seldom wait for one
    another.
    """
    if _is_glibc():
        _LIBC.mallopt(_M_ARENA_MAX, 1)


def forget_chunk_lengths() -> None:
    """Drop gunicorn's table of the lengths of chunks up to 16 KB as they are written, 2 MB in each process; it makes
    those that are not in its table.
    """
    vars(protocol).get("_CHUNK_PREFIXES", {}).clear()


class FreedMemory:
    """Gives memory that is free back to the system once the process has grown by 8 MB: a large order, or HiGHS,
    takes tens of megabytes for a second, which glibc would keep. Only growth that lasts for several looks counts as
    settled: the first ones may fall while the order still holds what it took.
    """

    def __init__(self) -> None:
        self._settled = resident_bytes()
        self._grown: list[int] = []
        """What was resident after each of the last looks, if all of them found that it had grown."""

    def give_back(self) -> None:
        """Called each second or so. A look takes some 0.15 ms of processor, giving back 0.05 ms with nothing to free
        and 6 ms with 50 MB.
        """
        if not _is_glibc() or resident_bytes() <= self._settled + _TRIM_AFTER_BYTES:
            self._grown.clear()
            return
        _LIBC.malloc_trim(0)
        self._grown.append(resident_bytes())
        if len(self._grown) == _LOOKS_UNTIL_SETTLED:
            self._settled = min(self._grown)
            self._grown.clear()


def resident_bytes() -> int:
    """Of this process; 0 where the system does not say."""
    try:
        return int(_STATM.read_bytes().split()[1]) * os.sysconf("SC_PAGE_SIZE")
    except FileNotFoundError:
        return 0


def _is_glibc() -> bool:
    """Not musl, nor macOS."""
    return hasattr(_LIBC, "malloc_trim")
