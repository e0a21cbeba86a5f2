"""A client that several threads use at once, let go of by one of them while others still read."""

import contextlib
import threading
from collections.abc import Iterator
from typing import Any


class Shared:
    """Closed once it is let go of and the last of its users has done with it: a client that is closed takes from
    under them the sockets that others read from.
    """

    def __init__(self, client: Any) -> None:
        self._client = client
        self._holders = 1  # who made it, until it is let go of
        self._counting = threading.Lock()

    def take(self) -> None:
        """Hold it, which nobody may do any more once it may have been let go of."""
        with self._counting:
            self._holders += 1

    @contextlib.contextmanager
    def taken(self) -> Iterator[Any]:
        """The client; what was taken is let go of at the end."""
        try:
            yield self._client
        finally:
            self.let_go()

    def let_go(self) -> None:
        with self._counting:
            self._holders -= 1
            last = not self._holders
        if last:
            self._client.close()
