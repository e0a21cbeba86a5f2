"""Which keys of a network change: the server reports them, as it does to clients that remember answers."""

import contextlib
from collections.abc import Iterator
from typing import Any, Self, cast

import redis
from redis.exceptions import NoPermissionError

from engine.errors import StoreUnavailable

_REPORTS = "__redis__:invalidate"
_RIGHTS = f"ACL SETUSER NAME +client|pause +client|unpause &{_REPORTS}"


class ChangedKeys:
    """The names of keys that changed since this was opened.

    `node` is a client of the one server that has the keys. One connection of its own asks for the reports (CLIENT
    TRACKING), another gets them. The server sends a report before it answers whatever is asked after the change, so a
    write that was answered before `take` was called is in what it returns.
    """

    def __init__(self, node: Any, prefix: str) -> None:
        self._prefix = prefix
        pool = node.connection_pool
        options = {name: pool.connection_kwargs[name] for name in pool.connection_kwargs if "maint_" not in name}
        # under the older protocol: with the newer one, redis-py recurses once for each report
        own = redis.ConnectionPool(connection_class=pool.connection_class, **options | {"protocol": 2})
        self._asks = cast("Any", redis.Redis.from_pool(own))  # redis-py leaves its methods without types
        self._hears: Any = self._asks.pubsub()
        self._connection: Any = None

    def __enter__(self) -> Self:
        self._hears.execute_command("CLIENT", "ID")
        listener = self._hears.parse_response()
        self._hears.subscribe(_REPORTS)
        self._connection = self._asks.connection_pool.get_connection()
        self._ask("CLIENT", "TRACKING", "ON", "REDIRECT", listener, "BCAST", "PREFIX", self._prefix)
        return self

    def __exit__(self, *_: object) -> None:
        self._hears.close()
        if self._connection is not None:
            self._connection.disconnect()  # with it the reports end
        self._asks.close()

    def take(self) -> set[bytes]:
        """The keys that changed and were not taken yet."""
        changed: set[bytes] = set()
        self._hears.ping(b"all of it")
        while (message := self._hears.get_message(timeout=None)) is None or message["type"] != "pong":
            if message is not None and message["type"] == "message":
                changed.update(message["data"] or ())
        return changed

    @contextlib.contextmanager
    def paused(self, milliseconds: int) -> Iterator[None]:
        """Let all who write to the server wait while the block runs. Raises StoreUnavailable if its user may not, and
        if others wrote before the block was done: it took longer than these milliseconds.
        """
        try:
            self._ask("CLIENT", "PAUSE", milliseconds, "WRITE")
        except NoPermissionError as error:
            message = "a backup lets writers wait for a moment, and the server's user may not do that"
            raise StoreUnavailable(message, details=_RIGHTS) from error
        try:
            yield
            if self.take():
                raise StoreUnavailable("what changed meanwhile took too long to read; try again when it is quieter")
        finally:
            self._ask("CLIENT", "UNPAUSE")

    def _ask(self, *words: Any) -> Any:
        self._connection.send_command(*words)
        return self._connection.read_response()
