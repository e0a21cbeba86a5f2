"""The records of API keys. They belong to the installation, not to one network: they have a hash tag of their own."""

from collections.abc import Sequence
from typing import Any

import msgspec

from engine.decide.order_record import Record
from engine.model.scopes import Role
from engine.store.audit.acts import Act
from engine.store.connection.client import Client, faults
from engine.store.keys import INSTALLATION, Keys
from engine.store.script_keys import PUT_KEYS

API_KEYS = "{pointsman:access}:keys"
"""Hash: id of an API key to its record, JSON. No network's name has a colon, so none shares its hash tag."""
LAST_USES = "{pointsman:access}:used"
"""Hash: id of an API key to when it was last used, UTC seconds, to the minute."""


class StoredKey(Record, frozen=True, omit_defaults=True):
    """An API key as it is stored: instants in UTC seconds, and of its secret only the `digest`. `client` is the name
    that the log and quotas have. With `replaced_by`, another key takes its place, and it ends when it expires.
    """

    id: str
    digest: str
    role: Role
    client: str
    networks: tuple[str, ...]
    created_at: int
    created_by: str
    expires_at: int | None = None
    revoked_at: int | None = None
    revoked_by: str | None = None
    replaced_by: str | None = None

    def ended(self, now: int) -> bool:
        return self.revoked_at is not None or (self.expires_at is not None and self.expires_at <= now)


class StoredKeys:
    """Reads and writes them. Raises StoreUnavailable."""

    def __init__(self, client: Client) -> None:
        self._client = client
        self._put = client.script("access/put_keys")

    def find(self, key_id: str) -> StoredKey | None:
        with faults():
            record = self._client.redis.hget(API_KEYS, key_id)
        return None if record is None else _read(record)

    def all(self) -> list[StoredKey]:
        """The oldest first."""
        with faults():
            records = self._client.redis.hvals(API_KEYS)
        return sorted(map(_read, records), key=lambda stored: (stored.created_at, stored.id))

    def put(self, changes: Sequence[tuple[StoredKey | None, StoredKey]], *, kind: str, at: int) -> bool:
        """Write each second record in place of the first, None being none, and log the new ones as created and the
        others as of this `kind`; False, and nothing is written, if one of them is another one meanwhile.
        """
        arguments: list[str | bytes | int] = [at]
        for before, after in changes:
            act = Act(kind=kind if before else "key_created", subject=after.id, details=_details(after))
            arguments += [after.id, b"" if before is None else _write(before), _write(after), act.kind, act.body]
        keys = Keys(INSTALLATION)
        with faults():
            answer: bytes = self._put(keys=PUT_KEYS.keys(keys, api_keys=API_KEYS), args=arguments)
        return answer == b"done"

    def note_use(self, key_id: str, now: int) -> None:
        with faults():
            self._client.redis.hset(LAST_USES, key_id, now)

    def last_uses(self) -> dict[str, int]:
        with faults():
            uses = self._client.redis.hgetall(LAST_USES)
        return {key_id.decode(): int(instant) for key_id, instant in uses.items()}


def _details(stored: StoredKey) -> dict[str, Any]:
    """What the log says of a key: nothing of its secret."""
    details: dict[str, Any] = {"role": stored.role, "client": stored.client, "networks": stored.networks}
    more = {"expires_at": stored.expires_at, "replaced_by": stored.replaced_by}
    return details | {name: value for name, value in more.items() if value is not None}


def _read(record: bytes) -> StoredKey:
    return msgspec.json.decode(record, type=StoredKey)


def _write(stored: StoredKey) -> bytes:
    return msgspec.json.encode(stored)
