"""What one process at a time does, while others wait for it."""

import contextlib
from collections.abc import Iterator

from redis.exceptions import LockNotOwnedError

from engine.store.connection.client import Client, faults

_WAIT = 0.01
"""Seconds between two looks at whether the other has ended."""


@contextlib.contextmanager
def one_at_a_time(client: Client, key: str, *, seconds: float) -> Iterator[None]:
    """Wait until no other process does what `key` stands for, at most so many seconds: after that it goes on, whether
    the other has ended or not. Raises StoreUnavailable.
    """
    with faults():
        lock = client.redis.lock(key, timeout=seconds, blocking_timeout=seconds, sleep=_WAIT)
        locked = lock.acquire()
    try:
        yield
    finally:
        if locked:
            with faults(), contextlib.suppress(LockNotOwnedError):
                lock.release()
