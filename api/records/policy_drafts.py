"""Drafts of policies as JSON."""

from collections.abc import Sequence
from typing import Annotated

from msgspec import Meta

from engine.decide.order_record import Record, Timestamp, timestamp
from engine.store.policy_drafts import TaggedDraft


class ListedDraftRecord(Record, frozen=True):
    """A draft without its files."""

    name: str
    owner: Annotated[str, Meta(description="who began it")]
    created_at: Timestamp
    changed_by: str
    changed_at: Timestamp
    base: Annotated[str | None, Meta(description="the version that it was begun from")]

    @classmethod
    def of(cls, tagged: TaggedDraft) -> "ListedDraftRecord":
        draft = tagged.draft
        return cls(
            name=tagged.name,
            owner=draft.owner,
            created_at=timestamp(draft.created_at),
            changed_by=draft.changed_by,
            changed_at=timestamp(draft.changed_at),
            base=draft.base or None,
        )


class DraftListRecord(Record, frozen=True):
    """Drafts, by name."""

    drafts: list[ListedDraftRecord]
    next: str | None

    @classmethod
    def of(cls, drafts: Sequence[TaggedDraft], following: str | None) -> "DraftListRecord":
        return cls(drafts=[ListedDraftRecord.of(draft) for draft in drafts], next=following)


class DraftRecord(Record, frozen=True):
    """A draft: the texts of policy files and their tests, by name. Nothing of it decides."""

    name: str
    owner: Annotated[str, Meta(description="who began it")]
    created_at: Timestamp
    changed_by: str
    changed_at: Timestamp
    base: Annotated[str | None, Meta(description="the version that it was begun from")]
    files: dict[str, str]

    @classmethod
    def of(cls, tagged: TaggedDraft) -> "DraftRecord":
        listed = ListedDraftRecord.of(tagged)
        return cls(
            name=listed.name,
            owner=listed.owner,
            created_at=listed.created_at,
            changed_by=listed.changed_by,
            changed_at=listed.changed_at,
            base=listed.base,
            files=dict(tagged.draft.files),
        )
