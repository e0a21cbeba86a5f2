"""How many parcels came on time and how many did not, as it is stored, by day."""

from collections import Counter
from collections.abc import Iterator

from engine.store.connection.client import Client, faults
from engine.store.fulfilment.stored_tracking import TAB, Lane, counted_from
from engine.store.keys import Keys


class OnTimeCounts:
    """Those of one network. Methods raise StoreUnavailable."""

    def __init__(self, client: Client, keys: Keys) -> None:
        self._client = client
        self._keys = keys

    def read(self, now: int) -> tuple[Counter[Lane], Counter[Lane]]:
        """By lane, how many parcels count by then, and how many of them came on time. Older days are forgotten."""
        every, on_time, old = Counter[Lane](), Counter[Lane](), []
        first = counted_from(now)
        for field, count in self._fields():
            day, service, node, country, is_on_time = field.split(TAB)
            if day < first:
                old.append(field)
                continue
            lane = Lane(service, node, country)
            every[lane] += count
            on_time[lane] += count if is_on_time == "1" else 0
        if old:
            with faults():
                self._client.redis.hdel(self._keys.on_time, *old)
        return every, on_time

    def rates_made_on(self) -> str:
        """The UTC date on which the network was last told; empty: never."""
        with faults():
            return (self._client.redis.get(self._keys.rates_made) or b"").decode()

    def note_rates_made(self, day: str) -> None:
        with faults():
            self._client.redis.set(self._keys.rates_made, day)

    def _fields(self) -> Iterator[tuple[str, int]]:
        with faults():
            for field, count in self._client.redis.hscan_iter(self._keys.on_time, count=1_000):
                yield field.decode(), int(count)
