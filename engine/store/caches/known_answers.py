"""Keeps what durable-rules has answered beside the policies, so that a process that starts does not ask it all again.

It is a cache: whatever is stored and does not fit (another release, policies, damaged) counts as nothing.
"""

import contextlib
import functools
import hashlib
import importlib.metadata
import zlib

from engine.decide.matching.known_answers import answers, meaning, take_over
from engine.decide.matching.matcher import Matcher
from engine.errors import StoreUnavailable
from engine.store.connection.client import Client, faults
from engine.store.keys import Keys
from engine.version import VERSION

_SEAL = 32
"""Bytes before what is stored: the hash of what it means and of itself."""


class KnownAnswers:
    """A matcher whose answers are kept. Server faults are ignored: what is not kept is asked again."""

    def __init__(self, client: Client, keys: Keys, matcher: Matcher) -> None:
        """Begins with what is stored."""
        self.matcher = matcher
        self._client = client
        self._keys = keys
        with contextlib.suppress(StoreUnavailable), faults():
            self._take_over()
        self._next_save = _grown(matcher.answered)

    def save_if_grown(self) -> None:
        """Store the answers if there are a quarter more than before, together with what other processes stored."""
        matcher = self.matcher
        # an answer that differed from the reference is to be noticed again by the next process
        if matcher.answered < self._next_save or matcher.incidents:
            return
        self._next_save = _grown(matcher.answered)
        with contextlib.suppress(StoreUnavailable), faults():
            self._take_over()
            known = zlib.compress(answers(matcher))
            self._client.redis.hset(self._keys.known_answers, matcher.policies.version, self._seal(known) + known)

    def _take_over(self) -> None:
        stored = self._client.redis.hget(self._keys.known_answers, self.matcher.policies.version) or b""
        seal, known = stored[:_SEAL], stored[_SEAL:]
        if seal == self._seal(known):
            take_over(self.matcher, zlib.decompress(known))

    def _seal(self, known: bytes) -> bytes:
        return hashlib.sha256(self._meaning + known).digest()

    @functools.cached_property
    def _meaning(self) -> bytes:
        releases = f"{VERSION} {importlib.metadata.version('durable-rules')}"
        return hashlib.sha256(releases.encode() + meaning(self.matcher)).digest()


def _grown(answered: int) -> int:
    return answered + answered // 4 + 1
