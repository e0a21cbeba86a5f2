"""Where the index says that decisions stand in the log, against where they do; for the check."""

from collections.abc import Iterable, Iterator

from engine.store import decision_log
from engine.store.connection.client import Client, faults
from engine.store.keys import Keys
from engine.store.reconcile import drift, scan
from engine.store.reconcile.drift import Drift


class Index:
    """One look at it all: at what the log has, a batch at a time, and then at what only the index has."""

    def __init__(self, client: Client, keys: Keys, *, size: int) -> None:
        """`size` is how many decisions it has at the end of the log that is compared."""
        self._client = client
        self._keys = keys
        self._size = size
        self._agree = 0
        self.places: dict[str, str] = {}
        """Where decisions stand in the log of which the index does not say so."""

    def compare(self, batch: Iterable[decision_log.Raw]) -> None:
        """What it says of the decisions in a batch of the log."""
        places = {
            fields[b"id"]: place for place, fields in batch if fields.get(b"kind") == b"decided" and b"id" in fields
        }
        if not places:
            return
        with faults():
            found = self._client.redis.hmget(self._keys.decisions, list(places))
        for (name, place), said in zip(places.items(), found, strict=True):
            if said == place:
                self._agree += 1
            else:
                self.places[name.decode()] = place.decode()

    def missing(self) -> Iterator[Drift]:
        """What it says of entries that the log does not have."""
        for batch in scan.index(self._client, self._keys) if self._agree != self._size else ():
            with faults(), self._client.redis.pipeline(transaction=False) as read:
                for _, place in batch:
                    read.xrange(self._keys.log, place, place)
                found = read.execute()
            for (name, place), entry in zip(batch, found, strict=True):
                if name not in self.places and (not entry or entry[0][1].get(b"id") != name.encode()):
                    yield drift.missing_entry(name, place)
