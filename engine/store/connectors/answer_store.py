"""What interchanges of EDI were answered, and under which control numbers."""

import zlib
from collections.abc import Mapping
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
    """Of one network. Methods raise StoreUnavailable."""

    def __init__(self, client: Client, keys: Keys) -> None:
        self._client = client
        self._keys = keys

    def reserve(self, connector: str, digest: str, *, partners: str, now: int, seconds: int) -> StoredAnswer:
        """The answer to the interchange with that digest, if it had one in the last `seconds`, or else a number that no
        answer between these partners ever had. Of two who ask at once, both get the number of the first.
        """
        key = self._keys.edi_answer(connector, digest)
        stored = self._stored(key)
        if stored is not None:
            return stored
        number = self._next_number(partners)
        stored = self._store(key, {"at": now, "number": number}, seconds)
        return StoredAnswer(number=number, at=now, body=None) if stored is None else stored

    def keep(self, connector: str, digest: str, body: bytes, *, seconds: int) -> bytes:
        """What is written as the answer, now and whenever the interchange comes again: this, unless another process
        stored one before.
        """
        stored = self._store(self._keys.edi_answer(connector, digest), {"body": zlib.compress(body)}, seconds)
        return body if stored is None or stored.body is None else stored.body

    def _stored(self, key: str) -> StoredAnswer | None:
        with faults():
            return _answer_of(self._client.redis.hgetall(key))

    def _next_number(self, partners: str) -> int:
        """Of the installation, as two networks may answer into one folder. Who dies now leaves a number out."""
        key = Keys(INSTALLATION).edi_numbers
        with faults(), self._client.one_connection(key) as pipe:
            pipe.hincrby(key, partners, 1)
            (number,) = pipe.execute()
        self._client.verify_replicated(key)
        return int(number)

    def _store(self, key: str, fields: dict[str, int | bytes], seconds: int) -> StoredAnswer | None:
        """Store those of the fields that are not there; what stands there then."""
        with faults(), self._client.one_connection(key) as pipe:
            for name, value in fields.items():
                pipe.hsetnx(key, name, value)
            pipe.expire(key, seconds)
            pipe.hgetall(key)
            stored = pipe.execute()[-1]
        self._client.verify_replicated(key)
        return _answer_of(stored)


def _answer_of(stored: Mapping[bytes, bytes]) -> StoredAnswer | None:
    if b"number" not in stored:  # which is stored behind the instant
        return None
    body = zlib.decompress(stored[b"body"]) if b"body" in stored else None
    return StoredAnswer(number=int(stored[b"number"]), at=int(stored[b"at"]), body=body)
