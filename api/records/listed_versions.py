"""A policy version as it is listed, with what was asked of its approval, as JSON."""

from typing import Annotated

from msgspec import UNSET, Meta, UnsetType

from engine.decide.order_record import Record, Timestamp, timestamp
from engine.policies.approval_requests import ApprovalRequest, Declined
from engine.policies.version_list import Version


class DeclinedRecord(Record, frozen=True):
    """Who declined to approve a version, when and why."""

    by: str
    at: Timestamp
    note: str

    @classmethod
    def of(cls, declined: Declined) -> "DeclinedRecord":
        return cls(by=declined.who, at=timestamp(declined.at), note=declined.note)


class ApprovalRequestRecord(Record, frozen=True):
    """Who asks that a version be approved, when and why."""

    by: str
    at: Timestamp
    note: str
    activate_at: Annotated[
        Timestamp | UnsetType, Meta(description="from when on it should decide; left out if that was not said")
    ] = UNSET
    declined: Annotated[DeclinedRecord | UnsetType, Meta(description="left out while it waits for an answer")] = UNSET

    @classmethod
    def of(cls, request: ApprovalRequest) -> "ApprovalRequestRecord":
        return cls(
            by=request.who,
            at=timestamp(request.at),
            note=request.note,
            activate_at=UNSET if request.activate_at is None else timestamp(request.activate_at),
            declined=UNSET if request.declined is None else DeclinedRecord.of(request.declined),
        )


class ListedVersionRecord(Record, frozen=True):
    version: str
    rules: int | None
    published_at: Timestamp | None
    published_by: str
    note: str
    active: bool
    scheduled: list[Timestamp]
    needs_approval: Annotated[
        bool, Meta(description="another person than its publisher has to approve it before it may be activated")
    ]
    approved_by: Annotated[list[str] | UnsetType, Meta(description="left out if nobody approved it")] = UNSET
    also_published_by: Annotated[
        list[str] | UnsetType, Meta(description="who published the same files later; left out if nobody did")
    ] = UNSET
    approval_request: Annotated[
        ApprovalRequestRecord | UnsetType,
        Meta(description="left out if nobody asks for an approval that is still needed"),
    ] = UNSET

    @classmethod
    def of(cls, version: Version) -> "ListedVersionRecord":
        return cls(
            version=version.version,
            rules=version.rules,
            published_at=timestamp(version.at) if version.at else None,
            published_by=version.who,
            note=version.note,
            active=version.active,
            scheduled=[timestamp(instant) for instant in version.scheduled],
            needs_approval=version.needs_approval,
            approved_by=list(version.approvers) or UNSET,
            also_published_by=list(version.other_publishers) or UNSET,
            approval_request=UNSET if version.request is None else ApprovalRequestRecord.of(version.request),
        )
