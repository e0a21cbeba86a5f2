"""A client that several threads use at once, and that one of them may give up while others still read."""

import contextlib
import threading
from collections.abc import Iterator
from typing import Any


class SharedClient:
    """Counts its users, and closes the client when the last one has released it: other threads may be reading from its
    sockets until then. The thread that makes it is its first user.
    """

    def __init__(self, client: Any) -> None:
        self._client = client
        self._users = 1
        self._counting = threading.Lock()

    def acquire(self) -> None:
        """Add a user. Only allowed while another user is sure not to have released it yet."""
        with self._counting:
            self._users += 1

    @contextlib.contextmanager
    def released_after(self) -> Iterator[Any]:
        """The client, for a user that `acquire` has added; releases it when the block ends."""
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
