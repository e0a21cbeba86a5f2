"""When carriers are asked next where shipments are, as it is stored."""

from collections.abc import Mapping, Sequence

from engine.model.parcels import ShipmentKey
from engine.store.connection.client import Client, faults
from engine.store.flows.promise_notes import member_of, shipment_of
from engine.store.keys import Keys


class Polls:
    """Those of one network. Methods raise StoreUnavailable."""

    def __init__(self, client: Client, keys: Keys) -> None:
        self._client = client
        self._keys = keys

    def begin(self, shipments: Sequence[ShipmentKey], *, now: int) -> None:
        """From here on, carriers are asked for them; those that are there stay as they are."""
        if shipments:
            with faults():
                self._client.redis.zadd(self._keys.polls, {member_of(*key): now for key in shipments}, nx=True)

    def due(self, now: int, *, at_once: int) -> list[ShipmentKey]:
        with faults():
            members = self._client.redis.zrangebyscore(self._keys.polls, "-inf", now, start=0, num=at_once)
        return [ShipmentKey(*shipment_of(member.decode())) for member in members]

    def set_next(self, at: Mapping[ShipmentKey, int | None]) -> None:
        """When each is asked for next, in UTC seconds; None: never again."""
        gone = [member_of(*key) for key, instant in at.items() if instant is None]
        later = {member_of(*key): instant for key, instant in at.items() if instant is not None}
        with faults(), self._client.redis.pipeline(transaction=False) as write:
            if gone:
                write.zrem(self._keys.polls, *gone)
            if later:
                write.zadd(self._keys.polls, later)
            write.execute()

    def take_turn(self, *, milliseconds: int) -> bool:
        """Whether this process is the one that asks, for so long."""
        with faults():
            return bool(self._client.redis.set(self._keys.polls_turn, "1", nx=True, px=milliseconds))
