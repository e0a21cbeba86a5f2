"""What interchanges of EDI were answered, and under which control numbers."""

import zlib
from collections.abc import Mapping
from dataclasses import dataclass

from engine.store.connection.client import Client, faults
from engine.store.keys import INSTALLATION, Keys


@dataclass(frozen=True, slots=True, kw_only=True)
class StoredAnswer:
    """Of one interchange: its control number, the instant of UTC seconds at which it got that, and what was written;
    None, if whoever took the number died before. `ordinal`: which of its answers it is, from 1, as each time that
    another outcome is true of the interchange it gets another.
    """

    ordinal: int
    number: int
    at: int
    body: bytes | None


class AnswerStore:
    """Of one network. Methods raise StoreUnavailable."""

    def __init__(self, client: Client, keys: Keys) -> None:
        self._client = client
        self._keys = keys

    def reserve(
        self, connector: str, digest: str, *, outcome: str, partners: str, now: int, seconds: int
    ) -> StoredAnswer:
        """The last answer to the interchange with that digest, if it tells this outcome and is not older than
        `seconds`, or else a number that no answer between these partners ever had. Of two who ask at once and tell the
        same, both get the number of the first.
        """
        key = self._keys.edi_answer(connector, digest)
        ordinal, fields = self._ordinal(key, outcome, seconds)
        stored = _answer_of(fields, ordinal)
        if stored is not None:
            return stored
        number = self._next_number(partners)
        # the instant before the number, as an answer that has a number has both
        fields = self._store(key, {f"{ordinal} at": now, f"{ordinal} number": number}, seconds)
        stored = _answer_of(fields, ordinal)
        return StoredAnswer(ordinal=ordinal, number=number, at=now, body=None) if stored is None else stored

    def keep(self, connector: str, digest: str, answer: StoredAnswer, body: bytes, *, seconds: int) -> bytes:
        """What is written as that answer, now and whenever the interchange comes again: this, unless another process
        stored one before.
        """
        key = self._keys.edi_answer(connector, digest)
        fields = self._store(key, {f"{answer.ordinal} body": zlib.compress(body)}, seconds)
        stored = _answer_of(fields, answer.ordinal)
        return body if stored is None or stored.body is None else stored.body

    def _ordinal(self, key: str, outcome: str, seconds: int) -> tuple[int, Mapping[bytes, bytes]]:
        """Which answer tells this outcome: the last, or one behind it; and the fields of all of them."""
        with faults():
            fields = self._client.redis.hgetall(key)
        ordinal = max(1, sum(name.endswith(b" outcome") for name in fields))
        while fields.get(f"{ordinal} outcome".encode()) != outcome.encode():
            ordinal += f"{ordinal} outcome".encode() in fields
            fields = self._store(key, {f"{ordinal} outcome": outcome}, seconds)
        return ordinal, fields

    def _next_number(self, partners: str) -> int:
        """Of the installation, as two networks may answer into one folder. Who dies now leaves a number out."""
        key = Keys(INSTALLATION).edi_numbers
        with faults(), self._client.one_connection(key) as pipe:
            pipe.hincrby(key, partners, 1)
            (number,) = pipe.execute()
        self._client.verify_replicated(key)
        return int(number)

    def _store(self, key: str, fields: Mapping[str, int | str | bytes], seconds: int) -> Mapping[bytes, bytes]:
        """Store those of the fields that are not there; what stands there then."""
        with faults(), self._client.one_connection(key) as pipe:
            for name, value in fields.items():
                pipe.hsetnx(key, name, value)
            pipe.expire(key, seconds)
            pipe.hgetall(key)
            stored: Mapping[bytes, bytes] = pipe.execute()[-1]
        self._client.verify_replicated(key)
        return stored


def _answer_of(fields: Mapping[bytes, bytes], ordinal: int) -> StoredAnswer | None:
    number, body = fields.get(f"{ordinal} number".encode()), fields.get(f"{ordinal} body".encode())
    if number is None:
        return None
    return StoredAnswer(
        ordinal=ordinal,
        number=int(number),
        at=int(fields[f"{ordinal} at".encode()]),
        body=None if body is None else zlib.decompress(body),
    )
