"""Which printers could not print, and when each is tried again."""

from typing import Self

import msgspec

from engine.store.connection.client import Client, faults
from engine.store.keys import Keys


class PrinterRest(msgspec.Struct, frozen=True, kw_only=True):
    """It could not print `failures` times in a row, the last time because of `error`; it is not tried `until` that UTC
    second.
    """

    failures: int
    until: int
    error: str

    @classmethod
    def of_text(cls, text: bytes) -> Self:
        """As it is stored."""
        return msgspec.json.decode(text, type=cls)


class PrinterRests:
    """Of one network, by the address of the printer. Methods raise StoreUnavailable."""

    def __init__(self, client: Client, keys: Keys) -> None:
        self._client = client
        self._keys = keys

    def all(self) -> dict[str, PrinterRest]:
        with faults():
            texts = self._client.redis.hgetall(self._keys.print_rests)
        return {address.decode(): PrinterRest.of_text(text) for address, text in texts.items()}

    def begin(self, address: str, rest: PrinterRest) -> None:
        with faults():
            self._client.redis.hset(self._keys.print_rests, address, msgspec.json.encode(rest))

    def end(self, address: str) -> None:
        with faults():
            self._client.redis.hdel(self._keys.print_rests, address)
