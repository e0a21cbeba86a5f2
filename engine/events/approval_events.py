"""The events of entries about approvals of policy versions: who asked for one, and who answered."""

from collections.abc import Iterator, Mapping
from typing import Annotated, Literal, TypeAlias
from urllib.parse import quote

from msgspec import Meta

from engine.decide.order_record import Record, Timestamp, timestamp
from engine.events.payloads import EventLinksRecord
from engine.store.log.entry import Entry

ApprovalChange: TypeAlias = Literal["asked", "taken_back", "approved", "declined"]
_CHANGES: Mapping[str, ApprovalChange] = {
    "policy_approval_asked": "asked",
    "policy_approval_taken_back": "taken_back",
    "policy_approved": "approved",
    "policy_approval_declined": "declined",
}
"""By kind of entry."""


class PolicyApprovalChangedRecord(Record, frozen=True, kw_only=True):
    """Of `policy.approval_changed`."""

    version: str
    change: ApprovalChange
    by: str
    note: str
    activate_at: Annotated[
        Timestamp | None, Meta(description="from when on who asks would have it decide; null: not said")
    ]
    links: EventLinksRecord


def approval_events(entry: Entry) -> Iterator[tuple[str, str, Record]]:
    """Type, subject and data of the event of such an entry; nothing of others."""
    change = _CHANGES.get(entry.kind)
    if change is None:
        return
    version, instant = entry.decision, entry.details.get("activate_at")
    data = PolicyApprovalChangedRecord(
        version=version,
        change=change,
        by=entry.caller or entry.by,
        note=entry.details["note"],
        activate_at=None if instant is None else timestamp(instant),
        links=EventLinksRecord(policy=f"/v1/policies/{quote(version, safe='')}"),
    )
    yield "policy.approval_changed", version, data
