"""Approvals of policy versions, and who asks for them, as the history has them."""

from dataclasses import dataclass
from typing import Literal, TypeAlias

from engine.errors import KeyReused, NotFound
from engine.store.connection.client import Client, faults
from engine.store.keys import Keys
from engine.store.policy_versions import HistoryEntry, PastChange, past_change
from engine.store.script_keys import APPROVE_POLICY, CHANGE_APPROVAL_REQUEST

RequestChange: TypeAlias = Literal["asked", "taken_back", "declined"]


@dataclass(frozen=True, slots=True, kw_only=True)
class HistoryRead:
    """The history, oldest first, and the id of its last entry, by which a change of it is noticed; empty if it has
    none.
    """

    changes: tuple[PastChange, ...]
    last_id: str


def read_history(client: Client, keys: Keys) -> HistoryRead:
    """The whole history; raises StoreUnavailable."""
    with faults():
        stored = client.redis.xrange(keys.policy_history)
    return HistoryRead(
        changes=tuple(past_change(fields) for _, fields in stored), last_id=stored[-1][0].decode() if stored else ""
    )


def approve(client: Client, keys: Keys, version: str, entry: HistoryEntry, *, last_id: str | None = None) -> bool:
    """Note that somebody approves a version, if the history still ends with `last_id`: False if it does not. None:
    however it ends. Raises NotFound, KeyReused.
    """
    arguments = [entry.operation, version, entry.who, entry.at, entry.note, "any" if last_id is None else last_id]
    with faults():
        state = client.script("approve_policy")(keys=APPROVE_POLICY.keys(keys), args=arguments)
    if state == b"changed":
        return False
    _verify_done(state, version)
    return True


def change_request(
    client: Client,
    keys: Keys,
    change: RequestChange,
    version: str,
    entry: HistoryEntry,
    *,
    last_id: str,
    activate_at: int | None = None,
    stands: bool = False,
) -> bool:
    """Note that somebody asks that a version be approved, takes that back, or declines it, if the history still ends
    with `last_id`: False if it does not. Of a request that `stands` already, only that it was made once more under the
    entry's operation is kept. Raises NotFound, KeyReused.
    """
    arguments = [entry.operation, version, change, entry.who, entry.at, entry.note]
    arguments += [last_id, "" if activate_at is None else activate_at, int(stands)]
    with faults():
        state = client.script("policies/change_approval_request")(
            keys=CHANGE_APPROVAL_REQUEST.keys(keys), args=arguments
        )
    if state == b"changed":
        return False
    _verify_done(state, version)
    return True


def _verify_done(state: bytes, version: str) -> None:
    if state == b"reused":
        raise KeyReused("this idempotency key was used before for something else; use a new one for each request")
    if state == b"missing":
        raise NotFound(f"no policy version {version} was published")
