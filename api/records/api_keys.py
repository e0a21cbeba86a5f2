"""API keys as JSON; their secrets are in none but a new one."""

from collections.abc import Sequence
from typing import Annotated, Literal

from msgspec import UNSET, Meta, UnsetType

from engine.access.api_keys import ListedKey, NewKey
from engine.decide.order_record import Record, Timestamp, timestamp
from engine.model.scopes import Role


class NewKeyRecord(Record, frozen=True):
    """A key that was made, with its text, which nobody can see again."""

    id: str
    client: str
    role: Role
    networks: list[str]
    expires_at: Timestamp | None
    key: Annotated[
        str | UnsetType,
        Meta(description="what callers send; it is stored nowhere, so that the same request sent again is not told it"),
    ] = UNSET

    @classmethod
    def of(cls, made: NewKey) -> "NewKeyRecord":
        stored = made.stored
        return cls(
            key=made.text.reveal(),
            id=stored.id,
            client=stored.client,
            role=stored.role,
            networks=list(stored.networks),
            expires_at=_shown(stored.expires_at),
        )


class KeyRecord(Record, frozen=True):
    """A key as it is listed. `last_used` is right to the minute."""

    id: str
    state: Literal["valid", "expired", "revoked"]
    client: str
    role: Role
    networks: list[str]
    created_at: Timestamp
    created_by: str
    expires_at: Timestamp | None
    last_used: Timestamp | None
    revoked_at: Timestamp | UnsetType = UNSET
    revoked_by: str | UnsetType = UNSET
    replaced_by: Annotated[str | UnsetType, Meta(description="the key that takes its place")] = UNSET

    @classmethod
    def of(cls, listed: ListedKey, now: int, networks: Sequence[str] | None = None) -> "KeyRecord":
        """`networks`: those that whoever asks may know of; by default all of the key."""
        stored = listed.stored
        return cls(
            id=stored.id,
            state="revoked" if stored.revoked_at is not None else "expired" if stored.ended(now) else "valid",
            client=stored.client,
            role=stored.role,
            networks=list(stored.networks if networks is None else networks),
            created_at=timestamp(stored.created_at),
            created_by=stored.created_by,
            expires_at=_shown(stored.expires_at),
            last_used=_shown(listed.last_used),
            revoked_at=_shown(stored.revoked_at) or UNSET,
            revoked_by=stored.revoked_by or UNSET,
            replaced_by=stored.replaced_by or UNSET,
        )


class KeyListRecord(Record, frozen=True):
    """The oldest first."""

    keys: list[KeyRecord]
    next: str | None


def _shown(instant: int | None) -> Timestamp | None:
    return None if instant is None else timestamp(instant)
