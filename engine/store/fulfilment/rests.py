"""Who could not do what was asked, printers and carriers, and when each is asked again."""

from typing import Self

import msgspec

from engine.store.connection.client import Client, faults


class Rest(msgspec.Struct, frozen=True, kw_only=True):
    """It failed `failures` times in a row, last because of `error`, and is not asked `until` that UTC second."""

    failures: int
    until: int
    error: str

    @classmethod
    def of_text(cls, text: bytes) -> Self:
        """As it is stored."""
        return msgspec.json.decode(text, type=cls)


class Rests:
    """Those of a hash of the store, by the address of a printer, or a carrier's id. Methods raise StoreUnavailable."""

    def __init__(self, client: Client, key: str) -> None:
        self._client = client
        self._key = key

    def all(self) -> dict[str, Rest]:
        with faults():
            texts = self._client.redis.hgetall(self._key)
        return {name.decode(): Rest.of_text(text) for name, text in texts.items()}

    def begin(self, name: str, rest: Rest) -> None:
        with faults():
            self._client.redis.hset(self._key, name, msgspec.json.encode(rest))

    def end(self, name: str) -> None:
        with faults():
            self._client.redis.hdel(self._key, name)
