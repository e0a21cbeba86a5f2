"""How holds ended, as the ledger says, against what the log tells; for the check, while the service goes on."""

from engine.store import looking
from engine.store.client import Client, faults
from engine.store.keys import Keys
from engine.store.recounting import Told


class Endings:
    """One look at them all. There may be very many, so what agrees is not remembered."""

    def __init__(self, client: Client, keys: Keys, told: Told) -> None:
        self._client = client
        self._keys = keys
        self._told = told
        self._differ: set[str] = set()
        self._over = 0

    def compare(self) -> None:
        """Those of holds that are over, as the log was just told to the end of: they change no more."""
        over = {name: said for name, said in self._told.ended.items() if name not in self._differ}
        if not over:
            return
        with faults():
            found = self._client.redis.hmget(self._keys.endings, list(over))
        for (name, wanted), said in zip(over.items(), found, strict=True):
            if said is not None and said.decode() == wanted:
                del self._told.ended[name]
            else:
                self._differ.add(name)
        self._over += len(over)

    def suspected(self) -> set[str]:
        """Whose endings differed; those of all holds that have ended in part; and those of nobody's hold."""
        partly = {name for name in self._told.living if self._told.endings(name) is not None}
        with faults():
            size = self._client.redis.hlen(self._keys.endings)
        more = set() if size == self._over + len(partly) else self._unheard_of()
        return self._differ | partly | more

    def _unheard_of(self) -> set[str]:
        """What the ledger has endings of: no decision, or one of which the log has no end."""
        found: set[str] = set()
        for names in looking.endings(self._client, self._keys):
            with faults():
                places = self._client.redis.hmget(self._keys.decisions, names)
            found.update(name for name, place in zip(names, places, strict=True) if place is None)
            found.update(name for name in names if name in self._told.living)
        return found
