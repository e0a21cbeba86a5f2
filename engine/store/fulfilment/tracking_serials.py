"""Serials of carriers' ranges of tracking numbers: reserved before they are given out, as those of SSCCs are."""

from collections.abc import Mapping, Sequence

import orjson

from engine.errors import NumbersExhausted
from engine.store.connection.client import Client, faults
from engine.store.fulfilment.serials import wait_for_replicas
from engine.store.keys import Keys
from engine.store.script_keys import RESERVE_NUMBERS


class TrackingSerials:
    """Those of one network."""

    def __init__(self, client: Client, keys: Keys) -> None:
        self._client, self._keys = client, keys
        self._reserve = client.script("fulfilment/reserve_numbers")

    def reserve(self, ranges: Sequence[Mapping[str, str | int]], count: int, *, carrier: str) -> None:
        """Reserve enough for so many numbers to be given out of the ranges, as `script_ranges` has them. Raises
        NumbersExhausted, and StoreUnavailable if not enough replicas have it.
        """
        with faults():
            replicas = self._reserve(keys=RESERVE_NUMBERS.keys(self._keys), args=[orjson.dumps(list(ranges)), count])
        if replicas == b"exhausted":
            raise NumbersExhausted(carrier=carrier, needed=count)
        wait_for_replicas(self._client, self._keys.tracking_serials, replicas)

    def issued(self) -> Mapping[str, Sequence[tuple[int, int]]]:
        """By form of a range: serials that were issued, each pair from the first to before the second."""
        issued: dict[str, list[tuple[int, int]]] = {}
        for field, text in self.stored().items():
            form, _, first = field.partition("\t")
            issued.setdefault(form, []).append((int(first), int(text.split(" ")[0])))
        return issued

    def stored(self) -> dict[str, str]:
        """As they are stored."""
        with faults():
            stored = self._client.redis.hgetall(self._keys.tracking_serials)
        return {field.decode(): text.decode() for field, text in stored.items()}
