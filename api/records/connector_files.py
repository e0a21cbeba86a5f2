"""Files of connectors that wait for a person, as JSON."""

from pathlib import Path
from typing import Annotated, Any, Self

from msgspec import UNSET, Meta, UnsetType

from api.connectors.running.early_mark import EarlyMark, mark_of
from api.connectors.running.problems import SUFFIX
from api.connectors.sources.names import instant_and_name
from engine.decide.order_record import Record, Timestamp, timestamp

MOST_SHOWN = 1 << 16
"""Bytes of a file."""


class KeptFileRecord(Record, frozen=True):
    """A file that waits for a person."""

    file: str
    bytes: int
    came_at: Annotated[Timestamp | UnsetType, Meta(description="when its message first came, as its name says")]
    early_next: Annotated[
        Timestamp | UnsetType, Meta(description="when it is taken over again by itself; nobody need do anything")
    ]

    @classmethod
    def of(cls, path: Path) -> Self:
        return cls(**_facts(path))


class KeptFileListRecord(Record, frozen=True):
    files: list[KeptFileRecord]


class ShownFileRecord(Record, frozen=True):
    """A file that waits for a person, with what is wrong with it, in the language of the installation."""

    file: str
    bytes: int
    came_at: Annotated[Timestamp | UnsetType, Meta(description="when its message first came, as its name says")]
    early_next: Annotated[
        Timestamp | UnsetType, Meta(description="when it is taken over again by itself; nobody need do anything")
    ]
    problems: Annotated[str, Meta(description="what the file beside it says; empty if there is none")]
    content: Annotated[str, Meta(description="its first 65,536 bytes, as UTF-8; what is none is replaced")]
    cut: Annotated[bool, Meta(description="there is more of it")]

    @classmethod
    def of(cls, path: Path) -> Self:
        """Raises FileNotFoundError."""
        with path.open("rb") as opened:
            content = opened.read(MOST_SHOWN)
        facts = _facts(path)
        beside = path.with_name(path.name + SUFFIX)
        problems = beside.read_text(encoding="utf-8", errors="replace") if beside.is_file() else ""
        text = content.decode(errors="replace")
        return cls(**facts, problems=problems, content=text, cut=facts["bytes"] > len(content))


def _facts(path: Path) -> dict[str, Any]:
    came, _ = instant_and_name(path.name)
    mark = EarlyMark.read(mark_of(path))
    due = None if mark is None else mark.next_at
    return {
        "file": path.name,
        "bytes": path.stat().st_size,
        "came_at": UNSET if came is None else timestamp(came),
        "early_next": UNSET if due is None else timestamp(due),
    }
