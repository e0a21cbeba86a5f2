"""Drafts of policies as they are stored: texts that people work on, of which nothing decides."""

from dataclasses import dataclass
from typing import Literal

import msgspec

from engine.decide.order_record import Record
from engine.store.connection.client import Client, faults
from engine.store.keys import Keys
from engine.store.script_keys import CHANGE_DRAFT


class StoredDraft(Record, frozen=True):
    """`owner` began it, and `changed_by` changed it last; instants are UTC seconds. `base` is the version that it was
    begun from, empty if it was begun from nothing.
    """

    owner: str
    created_at: int
    changed_by: str
    changed_at: int
    base: str
    files: dict[str, str]


@dataclass(frozen=True, slots=True, kw_only=True)
class TaggedDraft:
    """`tag` is another one after each change."""

    name: str
    tag: str
    draft: StoredDraft


class StoredDrafts:
    """Those of one network. Methods raise StoreUnavailable."""

    def __init__(self, client: Client, keys: Keys) -> None:
        self._client = client
        self._keys = keys

    def all(self) -> list[TaggedDraft]:
        """By name."""
        with faults():
            stored = self._client.redis.hgetall(self._keys.policy_drafts)
        return [_tagged(name.decode(), text) for name, text in sorted(stored.items())]

    def get(self, name: str) -> TaggedDraft | None:
        with faults():
            text = self._client.redis.hget(self._keys.policy_drafts, name)
        return None if text is None else _tagged(name, text)

    def change(
        self, name: str, draft: StoredDraft | None, *, before: str, tag: str, most: int
    ) -> Literal["done", "full", "changed"]:
        """Store it under its new `tag` if its tag is still the one `before`, empty if there is to be none; without a
        draft, take it away.
        """
        with faults():
            state = self._client.script("policies/change_draft")(
                keys=CHANGE_DRAFT.keys(self._keys),
                args=[name, before, tag, b"" if draft is None else msgspec.json.encode(draft), most],
            )
        match state:
            case b"done":
                return "done"
            case b"full":
                return "full"
        return "changed"


def _tagged(name: str, text: bytes) -> TaggedDraft:
    tag, _, body = text.partition(b" ")
    return TaggedDraft(name=name, tag=tag.decode(), draft=msgspec.json.decode(body, type=StoredDraft))
