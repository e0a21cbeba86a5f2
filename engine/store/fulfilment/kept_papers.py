"""Labels that carriers sold and addressees, by when they were stored: they are kept for a time."""

from typing import Final

from engine.store.connection.client import Client, faults
from engine.store.keys import Keys
from rules.syntax.literals import SECONDS_A_DAY

KEPT_DAYS: Final = 180
"""As long as events of parcels are."""
KEPT_SECONDS: Final = KEPT_DAYS * SECONDS_A_DAY


class KeptPapers:
    """Those of one network. Methods raise StoreUnavailable."""

    def __init__(self, client: Client, keys: Keys) -> None:
        self._client, self._keys = client, keys

    def forget_labels(self, until: int, *, at_once: int) -> None:
        """Those that were stored by then."""
        keys, redis = self._keys, self._client.redis
        while True:
            with faults():
                fields = redis.zrangebyscore(keys.labels_stored, "-inf", until, start=0, num=at_once)
                if not fields:
                    return
                with redis.pipeline(transaction=True) as write:
                    write.hdel(keys.parcel_labels, *fields)
                    write.zrem(keys.labels_stored, *fields)
                    write.execute()

    def old_addressees(self, until: int, *, at_once: int) -> list[str]:
        """The first orders whose addressee was last stored by then."""
        with faults():
            orders = self._client.redis.zrangebyscore(self._keys.addressees_stored, "-inf", until, start=0, num=at_once)
        return [order.decode() for order in orders]

    def keep_addressee(self, order: str, *, since: int) -> None:
        """As if it had been stored then."""
        with faults():
            self._client.redis.zadd(self._keys.addressees_stored, {order: since}, xx=True)

    def leave_addressee(self, order: str) -> None:
        """It is there no more."""
        with faults():
            self._client.redis.zrem(self._keys.addressees_stored, order)
