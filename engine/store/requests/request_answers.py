"""Which requests were answered how, by their idempotency keys, so that one that is sent again is not carried out again.

An attempt keeps the others out for LEASE_SECONDS at most: a worker that dies, or takes longer, lets the next one act.
That is safe, because what a request changes is remembered beside the change itself, under a name made of its key.
"""

import uuid
from dataclasses import dataclass
from typing import Literal

from engine.store.connection.client import Client, faults
from engine.store.keys import Keys
from engine.store.script_keys import CLAIM_REQUEST, SETTLE_REQUEST

LEASE_SECONDS = 60

Settled = Literal["undone", "unknown"]
"""What became of an attempt without an answer to keep: it changed nothing, or nobody knows whether it did."""


@dataclass(frozen=True, slots=True, kw_only=True)
class Claimed:
    """The request is to be carried out, as this attempt."""

    attempt: str


@dataclass(frozen=True, slots=True)
class InProgress:
    """Another attempt is being carried out."""


@dataclass(frozen=True, slots=True, kw_only=True)
class AnsweredAlready:
    """The request was answered so."""

    answer: bytes


@dataclass(frozen=True, slots=True)
class OtherRequest:
    """The key was used before, for another request."""


ClaimOutcome = Claimed | InProgress | AnsweredAlready | OtherRequest


class RequestAnswers:
    """The answers of one network, each kept for `seconds`."""

    def __init__(self, client: Client, keys: Keys, *, seconds: int) -> None:
        self._client = client
        self._keys = keys
        self._seconds = seconds
        # what happens to them needs no replica: without them, a request is only carried out once more
        self._claim = client.script("requests/claim", writes=False)
        self._settle = client.script("requests/settle", writes=False)

    def claim(self, name: str, fingerprint: str) -> ClaimOutcome:
        """Begin a request. `name` is made of its caller, operation and key; `fingerprint` of what it asks for. Raises
        StoreUnavailable.
        """
        attempt = uuid.uuid4().hex
        script_keys = CLAIM_REQUEST.keys(self._keys, request=self._keys.request(name))
        with faults():
            answer = self._claim(keys=script_keys, args=[fingerprint, attempt, 1_000 * LEASE_SECONDS, self._seconds])
        match answer:
            case b"answered", stored:
                return AnsweredAlready(answer=stored)
            case (b"claimed",):
                return Claimed(attempt=attempt)
            case (b"running",):
                return InProgress()
            case _:
                return OtherRequest()

    def keep(self, name: str, attempt: str, answer: bytes, *, personal: bool = False) -> None:
        """Answer the same request so from now on; `personal`: an order is in the answer. Raises StoreUnavailable."""
        if personal:
            now = self._client.milliseconds(self._keys.personal_answers) // 1_000
            with faults(), self._client.redis.pipeline(transaction=False) as write:
                write.zadd(self._keys.personal_answers, {name: now + self._seconds + LEASE_SECONDS})
                write.zremrangebyscore(self._keys.personal_answers, "-inf", now)
                write.execute()
        self._note(name, attempt, "answered", answer)

    def forget_personal(self) -> None:
        """Keep no answer any more that has an order in it: whoever sends its request again is told what was done, as
        the ledger knows it. Raises StoreUnavailable.
        """
        keys = self._keys
        with faults():
            names = [name.decode() for name in self._client.redis.zrange(keys.personal_answers, 0, -1)]
            if names:
                self._client.redis.delete(*map(keys.request, names), keys.personal_answers)

    def give_back(self, name: str, attempt: str, settled: Settled) -> None:
        """Let the request be carried out again; if it is `undone`, its key may become another's. Raises
        StoreUnavailable.
        """
        self._note(name, attempt, settled, b"")

    def _note(self, name: str, attempt: str, what: str, answer: bytes) -> None:
        with faults():
            self._settle(
                keys=SETTLE_REQUEST.keys(self._keys, request=self._keys.request(name)), args=[attempt, what, answer]
            )
