"""API keys: made, listed, rotated, revoked, and found by what a caller sends."""

import logging
import time
from collections.abc import Callable, Sequence
from dataclasses import dataclass

from msgspec import structs

from engine.access.secret import KeyText, new_key_text, read_key_text
from engine.actor import actor
from engine.errors import Contended, InputInvalid, Mistake, NotFound, StoreUnavailable
from engine.model.scopes import Role
from engine.store.api_keys import StoredKey, StoredKeys

logger = logging.getLogger("pointsman.access")

FRESH_SECONDS = 1.0
"""For so long a worker remembers a key's record: a key that is revoked is refused everywhere after that time."""
OUTAGE_SECONDS = 900.0
"""While the server does not answer, nobody can revoke a key either: for so long a worker goes by what it knew."""
USE_NOTED_SECONDS = 60
"""A key's last use is written at most so often by each worker."""
_MOST_REMEMBERED = 4_096
_ATTEMPTS = 5


@dataclass(frozen=True, slots=True, kw_only=True)
class NewKey:
    """A key that was made, and its text, which is stored nowhere."""

    stored: StoredKey
    text: KeyText


@dataclass(frozen=True, slots=True, kw_only=True)
class ListedKey:
    stored: StoredKey
    last_used: int | None


@dataclass(frozen=True, slots=True)
class _Remembered:
    stored: StoredKey
    checked: float
    """By the monotonic clock."""
    asked: float
    """When the server was last asked for it, whether it answered or not."""


class ApiKeys:
    """The API keys of one installation. `clock` answers UTC seconds, `elapsed` seconds of a clock that is never set."""

    def __init__(
        self, keys: StoredKeys, *, clock: Callable[[], int], elapsed: Callable[[], float] = time.monotonic
    ) -> None:
        self._keys = keys
        self._clock = clock
        self._elapsed = elapsed
        self._remembered: dict[str, _Remembered] = {}
        self._noted: dict[str, int] = {}

    def create(self, *, role: Role, client: str, networks: tuple[str, ...], expires_at: int | None = None) -> NewKey:
        """Raises InputInvalid if it would have expired already."""
        made = self.prepare(role=role, client=client, networks=networks, expires_at=expires_at)
        self.store([made])
        return made

    def store(self, made: Sequence[NewKey]) -> None:
        """From now on these keys are valid: all of them, or none if it fails."""
        self._keys.put([(None, key.stored) for key in made], kind="key_created", at=self._clock())

    def all(self) -> list[ListedKey]:
        """The oldest first, those that ended as well."""
        uses = self._keys.last_uses()
        return [ListedKey(stored=stored, last_used=uses.get(stored.id)) for stored in self._keys.all()]

    def find(self, key_id: str) -> StoredKey | None:
        """The key of that id, though it may have ended."""
        return self._keys.find(key_id)

    def last_use(self, key_id: str) -> int | None:
        return self._keys.last_uses().get(key_id)

    def revoke(self, key_id: str) -> StoredKey:
        """The key is refused from now on; again, nothing changes. Raises NotFound, Contended."""
        for _ in range(_ATTEMPTS):
            stored = self._find(key_id)
            if stored.revoked_at is not None:
                return stored
            revoked = structs.replace(stored, revoked_at=self._clock(), revoked_by=actor())
            if self._keys.put([(stored, revoked)], kind="key_revoked", at=self._clock()):
                self._remembered.pop(key_id, None)
                return revoked
        raise _contended(key_id)

    def rotate(self, key_id: str, *, overlap: int, expires_at: int | None = None) -> NewKey:
        """A new key with the same rights in place of this one, which goes on to work for `overlap` seconds. Raises
        NotFound, InputInvalid if it has ended or was rotated before, Contended.
        """
        for _ in range(_ATTEMPTS):
            stored, now = self._find(key_id), self._clock()
            if stored.ended(now) or stored.replaced_by is not None:
                ended = f"the key {key_id} has ended; create a new one"
                message = f"the key {key_id} has been rotated before; create a new one" if stored.replaced_by else ended
                raise InputInvalid([Mistake(field="key", message=message)])
            made = self.prepare(role=stored.role, client=stored.client, networks=stored.networks, expires_at=expires_at)
            ends = min(filter(None, (now + overlap, stored.expires_at)))
            left = structs.replace(stored, expires_at=ends, replaced_by=made.stored.id)
            if self._keys.put([(None, made.stored), (stored, left)], kind="key_rotated", at=now):
                self._remembered.pop(key_id, None)
                return made
        raise _contended(key_id)

    def authenticate(self, text: str) -> StoredKey | None:
        """The key whose text this is, if it is one and has not ended. Its use is noted. Raises StoreUnavailable."""
        sent = read_key_text(text)
        if sent is None:
            return None
        stored = self._recent(sent.id)
        if stored is None or not sent.matches(stored.digest) or stored.ended(self._clock()):
            return None
        self._note_use(stored.id)
        return stored

    def current(self, key_id: str) -> StoredKey | None:
        """The key of that id as it is now; None if there is none or it has ended. Whoever asks has verified before that
        a caller has the key. Raises StoreUnavailable.
        """
        stored = self._recent(key_id)
        return None if stored is None or stored.ended(self._clock()) else stored

    def prepare(self, *, role: Role, client: str, networks: tuple[str, ...], expires_at: int | None) -> NewKey:
        """A key that is not stored yet. Raises InputInvalid if it would have expired already."""
        now = self._clock()
        if expires_at is not None and expires_at <= now:
            raise InputInvalid([Mistake(field="expires", message="the key would have expired already")])
        text = new_key_text()
        stored = StoredKey(
            id=text.id,
            digest=text.digest,
            role=role,
            client=client,
            networks=networks,
            created_at=now,
            created_by=actor(),
            expires_at=expires_at,
        )
        return NewKey(stored=stored, text=text)

    def _find(self, key_id: str) -> StoredKey:
        stored = self._keys.find(key_id)
        if stored is None:
            raise NotFound(f"there is no API key '{key_id}'")
        return stored

    def _recent(self, key_id: str) -> StoredKey | None:
        """The key's record, at most FRESH_SECONDS old unless the server does not answer."""
        before, now = self._remembered.get(key_id), self._elapsed()
        if before is not None and now - before.asked < FRESH_SECONDS:
            return before.stored
        try:
            stored = self._keys.find(key_id)
        except StoreUnavailable:
            if before is None or now - before.checked > OUTAGE_SECONDS:
                raise
            self._remembered[key_id] = _Remembered(before.stored, before.checked, self._elapsed())
            return before.stored
        if stored is None:
            self._remembered.pop(key_id, None)
            return None
        if len(self._remembered) >= _MOST_REMEMBERED:
            self._remembered.clear()
        self._remembered[key_id] = _Remembered(stored, now, now)
        return stored

    def _note_use(self, key_id: str) -> None:
        now = self._clock()
        if abs(now - self._noted.get(key_id, 0)) < USE_NOTED_SECONDS:
            return
        self._noted[key_id] = now
        try:
            self._keys.note_use(key_id, now)
        except StoreUnavailable as error:
            logger.warning("the use of the API key %s was not noted: %s", key_id, error)


def _contended(key_id: str) -> Contended:
    return Contended(f"the API key {key_id} was changed by others at each attempt; try again")
