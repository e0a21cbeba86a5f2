"""When each carrier is asked next where its shipments are, as it is stored."""

from collections.abc import Mapping, Sequence

from engine.model.parcels import ShipmentKey
from engine.store.connection.client import Client, faults
from engine.store.connection.lease import Leases
from engine.store.flows.promise_notes import member_of, shipment_of
from engine.store.keys import Keys
from rules.syntax.literals import SECONDS_A_DAY

_KEPT = 180 * SECONDS_A_DAY
"""A carrier of which nothing was stored for so long is forgotten: nobody is asked about shipments that are so old."""


class Polls:
    """Those of one network. Methods raise StoreUnavailable."""

    def __init__(self, client: Client, keys: Keys) -> None:
        self._client = client
        self._keys = keys
        self._leases = Leases(client, keys)

    def begin(self, carrier: str, shipments: Sequence[ShipmentKey], *, now: int) -> None:
        """From here on, the carrier is asked for them; those that are there stay as they are."""
        if shipments:
            key = self._keys.polls(carrier)
            with faults(), self._client.redis.pipeline(transaction=False) as write:
                write.zadd(key, {member_of(*shipment): now for shipment in shipments}, nx=True)
                write.expire(key, _KEPT)
                write.execute()

    def due(self, carrier: str, now: int, *, at_once: int) -> list[ShipmentKey]:
        """The first to be due first."""
        with faults():
            members = self._client.redis.zrangebyscore(self._keys.polls(carrier), "-inf", now, start=0, num=at_once)
        return [ShipmentKey(*shipment_of(member.decode())) for member in members]

    def set_next(self, carrier: str, at: Mapping[ShipmentKey, int | None]) -> None:
        """When the carrier is asked for each next, in UTC seconds; None: never again."""
        gone = [member_of(*shipment) for shipment, instant in at.items() if instant is None]
        later = {member_of(*shipment): instant for shipment, instant in at.items() if instant is not None}
        key = self._keys.polls(carrier)
        with faults(), self._client.redis.pipeline(transaction=False) as write:
            if gone:
                write.zrem(key, *gone)
            if later:
                write.zadd(key, later)
                write.expire(key, _KEPT)
            write.execute()

    def take_turn(self, carrier: str, who: str, *, milliseconds: int) -> bool:
        """Whether `who` alone asks the carrier, for so long from now on."""
        return self._leases.take(self._keys.polls_turn(carrier), who, milliseconds=milliseconds)
