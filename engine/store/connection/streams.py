"""Redis streams that other systems write and read: on the installation's own server, or on another."""

from collections.abc import Sequence
from typing import Any

import redis

from engine.errors import StoreUnavailable
from engine.store.connection.client import Client, faults

_SECONDS = 10


class Streams:
    """Of one server. Methods raise StoreUnavailable."""

    def __init__(self, server: Any) -> None:
        self._server = server

    @classmethod
    def own(cls, client: Client) -> "Streams":
        """Those of the installation's own server."""
        return cls(client.redis)

    @classmethod
    def at(cls, url: str) -> "Streams":
        """Those of the server at a URL that starts with redis://, rediss:// or unix://."""
        try:
            return cls(redis.Redis.from_url(url, socket_timeout=_SECONDS, socket_connect_timeout=_SECONDS))
        except ValueError:
            raise StoreUnavailable("the stream's server is no URL; write redis://, rediss:// or unix://") from None

    def read(self, stream: str, *, after: str, most: int) -> list[tuple[str, dict[bytes, bytes]]]:
        """Entries after the one of that id, 0 for all, the oldest first: their ids and fields."""
        with faults():
            entries: Sequence[Any] = self._server.xrange(stream, min=f"({after}" if after != "0" else "-", count=most)
        return [(entry.decode(), fields) for entry, fields in entries]

    def append(self, stream: str, fields: dict[str, bytes], *, most: int) -> str:
        """Add an entry, and forget the oldest beyond about so many; its id."""
        with faults():
            return str(self._server.xadd(stream, dict(fields), maxlen=most, approximate=True).decode())
