"""What interchanges of EDI were answered, and under which control numbers."""

import zlib
from dataclasses import dataclass

from engine.store.connection.client import Client, faults
from engine.store.keys import INSTALLATION, Keys


@dataclass(frozen=True, slots=True, kw_only=True)
class StoredAnswer:
    """Of one interchange: its control number, the instant of UTC seconds at which it got that, and what was written;
    None, if whoever took the number died before.
    """

    number: int
    at: int
    body: bytes | None


class AnswerStore:
    """Of one network; whoever asks has the turn with the connector. Methods raise StoreUnavailable."""

    def __init__(self, client: Client, keys: Keys) -> None:
        self._client = client
        self._keys = keys

    def reserve(self, connector: str, digest: str, *, partners: str, now: int, seconds: int) -> StoredAnswer:
        """The answer to the interchange with that digest, if it had one in the last `seconds`, or else a number that no
        answer between these partners ever had.
        """
        key = self._keys.edi_answer(connector, digest)
        with faults():
            stored = self._client.redis.hgetall(key)
        if stored:
            body = zlib.decompress(stored[b"body"]) if b"body" in stored else None
            return StoredAnswer(number=int(stored[b"number"]), at=int(stored[b"at"]), body=body)
        number = self._next_number(partners)
        self._store(key, {"number": number, "at": now}, seconds)
        return StoredAnswer(number=number, at=now, body=None)

    def keep(self, connector: str, digest: str, body: bytes, *, seconds: int) -> None:
        """What is written as the answer, now and whenever the interchange comes again."""
        self._store(self._keys.edi_answer(connector, digest), {"body": zlib.compress(body)}, seconds)

    def _next_number(self, partners: str) -> int:
        """Of the installation, as two networks may answer into one folder. Who dies now leaves a number out."""
        key = Keys(INSTALLATION).edi_numbers
        with faults(), self._client.one_connection(key) as pipe:
            pipe.hincrby(key, partners, 1)
            (number,) = pipe.execute()
        self._client.verify_replicated(key)
        return int(number)

    def _store(self, key: str, fields: dict[str, int | bytes], seconds: int) -> None:
        with faults(), self._client.one_connection(key) as pipe:
            pipe.hset(key, mapping=fields)
            pipe.expire(key, seconds)
            pipe.execute()
        self._client.verify_replicated(key)
