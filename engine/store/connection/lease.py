"""Lets one process at a time do something for all: the lease of it has the process's name, and runs out by itself."""

import contextlib
import secrets
import time
from collections.abc import Iterator

from engine.store.connection.client import Client, faults
from engine.store.keys import Keys
from engine.store.script_keys import LEASE

_WAIT = 0.01
"""Seconds between two looks at whether the other has ended."""


class Leases:
    """Each has a key of its own. Methods raise StoreUnavailable."""

    def __init__(self, client: Client, keys: Keys) -> None:
        self._keys = keys
        self._lease = client.script("server/lease", writes=False)

    def take(self, lease: str, who: str, *, milliseconds: int) -> bool:
        """Whether `who` alone has it for so long from now on."""
        return self._call(lease, who, milliseconds)

    def give_back(self, lease: str, who: str) -> None:
        """Nothing changes if somebody else has it by now."""
        self._call(lease, who, 0)

    @contextlib.contextmanager
    def waited_for(self, lease: str, *, seconds: float) -> Iterator[None]:
        """Wait until nobody else has it, at most so many seconds, for which it is then taken: after that it goes on,
        whether the other has ended or not.
        """
        who, until = secrets.token_hex(16), time.monotonic() + seconds
        while not self.take(lease, who, milliseconds=int(seconds * 1_000)) and time.monotonic() < until:
            time.sleep(_WAIT)
        try:
            yield
        finally:
            self.give_back(lease, who)

    def _call(self, lease: str, who: str, milliseconds: int) -> bool:
        with faults():
            return bool(self._lease(keys=LEASE.keys(self._keys, lease=lease), args=[who, milliseconds]))
