"""How many requests each caller made of late."""

from engine.store.connection.client import Client, faults
from engine.store.keys import Keys
from engine.store.script_keys import COUNT_REQUEST


class RequestCounts:
    """The counts of one network."""

    def __init__(self, client: Client, keys: Keys) -> None:
        self._keys = keys
        self._count = client.script("requests/count", writes=False)

    def add(self, name: str, *, seconds: int, requests: int = 1) -> tuple[int, int]:
        """Count requests under `name`; returns how many there are in the period of so many seconds, and in how many
        milliseconds it ends. It begins with the first one. Raises StoreUnavailable.
        """
        script_keys = COUNT_REQUEST.keys(self._keys, count=self._keys.request_count(name))
        with faults():
            count, milliseconds = self._count(keys=script_keys, args=[requests, seconds])
        return int(count), int(milliseconds)
