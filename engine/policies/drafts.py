"""Drafts of policies: texts that people work on until one is published. Whoever changes one says which state of it he
read, so that of two people who edit one draft neither overwrites what the other did.

Drafts decide nothing, and are in no log: what is published of them is.
"""

import datetime
import secrets
from collections.abc import Callable, Mapping

from engine.errors import DraftChanged, InputInvalid, Mistake, NotFound
from engine.store.policy_drafts import StoredDraft, StoredDrafts, TaggedDraft

MOST_DRAFTS = 200
MOST_BYTES = 2 << 20
"""Of all files of a draft."""
_TAG_BYTES = 12


class Drafts:
    """Those of one network. `clock` answers UTC seconds."""

    def __init__(self, stored: StoredDrafts, *, clock: Callable[[], int]) -> None:
        self._stored = stored
        self._clock = clock

    def all(self) -> list[TaggedDraft]:
        """By name."""
        return self._stored.all()

    def show(self, name: str) -> TaggedDraft:
        """Raises NotFound."""
        found = self._stored.get(name)
        if found is None:
            raise NotFound(f"there is no draft '{name}'")
        return found

    def save(self, name: str, files: Mapping[str, str], *, base: str | None, before: str, who: str) -> TaggedDraft:
        """Store its files if its tag is the one `before`; empty: it is begun. Without a `base` it keeps the one that it
        has. Saved again by the same person as it stands, nothing changes. Raises DraftChanged, InputInvalid.
        """
        if sum(len(text.encode()) for text in files.values()) > MOST_BYTES:
            raise InputInvalid([Mistake(field="files", message=f"the files have more than {MOST_BYTES:,} bytes")])
        found, now = self._stored.get(name), self._clock()
        if found is not None and found.draft.changed_by == who and found.draft.files == dict(files):
            return found
        draft = StoredDraft(
            owner=found.draft.owner if found else who,
            created_at=found.draft.created_at if found else now,
            changed_by=who,
            changed_at=now,
            base=base if base is not None else found.draft.base if found else "",
            files=dict(files),
        )
        made = TaggedDraft(name=name, tag=secrets.token_hex(_TAG_BYTES), draft=draft)
        self._change(name, draft, before=before, tag=made.tag)
        return made

    def remove(self, name: str, *, before: str) -> None:
        """Raises NotFound, DraftChanged."""
        self.show(name)
        self._change(name, None, before=before, tag="")

    def _change(self, name: str, draft: StoredDraft | None, *, before: str, tag: str) -> None:
        outcome = self._stored.change(name, draft, before=before, tag=tag, most=MOST_DRAFTS)
        if outcome == "full":
            message = f"there are {MOST_DRAFTS} drafts; delete one that nobody needs"
            raise InputInvalid([Mistake(field="draft", message=message)])
        if outcome == "changed":
            raise _changed(name, self._stored.get(name))


def _changed(name: str, found: TaggedDraft | None) -> DraftChanged:
    if found is None:
        return DraftChanged(
            f"somebody deleted the draft '{name}' meanwhile; save it under another name, or begin it anew"
        )
    at = datetime.datetime.fromtimestamp(found.draft.changed_at, tz=datetime.UTC).isoformat().replace("+00:00", "Z")
    return DraftChanged(
        f"{found.draft.changed_by} changed the draft '{name}' at {at}; read it again, and send its ETag as If-Match"
    )
