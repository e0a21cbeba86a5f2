"""Whether a person did what an entry of the log says, or the machine: Pointsman itself, a connector, a carrier, or a
program that calls HTTP.
"""

from typing import Final, Literal, TypeAlias

DoneBy: TypeAlias = Literal["people", "machine"]
BY_HAND: Final = frozenset({"repaired", "approved", "woken", "withdrawn"})
"""Kinds of what is always done by a person, or for one, wherever it comes from."""
WAYS_OF_PEOPLE: Final = frozenset({"cli", "console"})
"""Ways by which people act: what comes through them is theirs."""
_OF_PEOPLE: Final = BY_HAND | {
    *("published", "activated", "policy_approved", "scheduled", "unscheduled"),
    *("policy_approval_asked", "policy_approval_taken_back", "policy_approval_declined"),
    *("gate_run", "shadow_started", "shadow_ended", "canary_started", "canary_grown", "canary_ended"),
    *("loaded", "webhook_added", "webhook_changed", "webhook_removed", "message_dropped", "message_replayed"),
    *("key_created", "key_rotated", "key_revoked", "audit_key_rotated", "reset"),
    *("backed_up", "restored", "exported", "archived", "erased", "transfer_approved"),
}
"""Kinds of what people do over HTTP, too: what decides, who may call, and the log; but no orders and no stock."""
_OF_SYSTEMS: Final = ("connector:", "carrier ")
"""What the names begin with under which Pointsman acts for other systems."""


def is_by_people(kind: str, by: str, through: str) -> bool:
    """Of an entry of this kind, by that name, which came by that way."""
    if not by or by.startswith(_OF_SYSTEMS):
        return False
    return through in WAYS_OF_PEOPLE or kind in _OF_PEOPLE
