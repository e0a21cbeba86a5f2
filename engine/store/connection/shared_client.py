"""A client that several threads use at once, and that one of them may give up while others still read."""

import contextlib
import threading
from collections.abc import Iterator
from typing import Any


class SharedClient:
    """Counts its users and closes the client after the last: to close it earlier would take the sockets away that other
    threads are reading from. Who makes it is its first user.
    """

    def __init__(self, client: Any) -> None:
        self._client = client
        self._users = 1
        self._counting = threading.Lock()

    def acquire(self) -> None:
        """Add a user. Nobody may, once the last user may have released it."""
        with self._counting:
            self._users += 1

    @contextlib.contextmanager
    def acquired(self) -> Iterator[Any]:
        """The client, for a user that was added before; released at the end."""
        try:
            yield self._client
        finally:
            self.release()

    def release(self) -> None:
        with self._counting:
            self._users -= 1
            last = not self._users
        if last:
            self._client.close()
