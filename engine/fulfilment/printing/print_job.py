"""A print job: which paper is to be printed where. It names what is to be printed, and is drawn when it is sent, so
nothing personal lies in a queue.
"""

from dataclasses import dataclass
from typing import Literal, Self, TypeAlias

import msgspec

Paper: TypeAlias = Literal["label", "note", "manifest", "return_label"]
PAPERS: tuple[Paper, ...] = ("label", "note", "manifest", "return_label")
LABELS = frozenset[Paper]({"label", "return_label"})
"""Those that label printers print; the others are A4."""
JobState: TypeAlias = Literal["queued", "printed", "dead"]


@dataclass(frozen=True, slots=True, kw_only=True)
class PaperSubject:
    """What a paper is about: the `id` of a decision, a manifest or a return; `order` is whose it is, empty: of several,
    or not known.
    """

    id: str
    order: str = ""


class PrintJob(msgspec.Struct, frozen=True, kw_only=True, omit_defaults=True):
    """`of` is what is printed: of a label or a note `DECISION/NUMBER/PARCEL`, of a manifest or a return its id. A dead
    job is not tried again by itself. `queued_at` and `printed_at` are in UTC seconds; `error` is why the last of its
    `tries` failed.
    """

    id: str
    node: str
    paper: Paper
    of: str
    queued_at: int
    state: JobState = "queued"
    tries: int = 0
    error: str = ""
    printed_at: int | None = None

    @classmethod
    def of_text(cls, text: bytes | str) -> Self:
        """As it is stored."""
        return msgspec.json.decode(text, type=cls)

    @property
    def text(self) -> str:
        """As it is stored."""
        return msgspec.json.encode(self).decode()
