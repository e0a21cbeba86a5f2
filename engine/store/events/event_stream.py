"""The Redis stream that has the events for readers inside, as far as it is written."""

from collections.abc import Sequence

from engine.store.connection.client import Client, faults
from engine.store.keys import Keys
from engine.store.script_keys import APPEND_EVENTS


class EventStream:
    """That of one network; it keeps about `length` events."""

    def __init__(self, client: Client, keys: Keys, *, length: int) -> None:
        self._client = client
        self._keys = keys
        self._length = length
        # nobody is answered by what it writes, and what a failover loses of it is written again
        self._append = client.script("events/append", writes=False)

    def cursor(self) -> str:
        """As it was stored; empty before the first event."""
        with faults():
            return (self._client.redis.get(self._keys.events_cursor) or b"").decode()

    def append(self, events: Sequence[tuple[str, str, str, bytes]], *, before: str, after: str) -> bool:
        """Write events, each as id, type, subject and JSON, and how far that is; False if others did."""
        arguments: list[str | int | bytes] = [before, after, self._length]
        for event in events:
            arguments += event
        with faults():
            return bool(self._append(keys=APPEND_EVENTS.keys(self._keys), args=arguments))
