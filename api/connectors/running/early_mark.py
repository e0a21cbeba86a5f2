"""Which messages are taken over again by themselves, as they came before what they are about, as a cancellation before
its order: a few times within a day, later and later; then a person does.
"""

from dataclasses import dataclass
from pathlib import Path
from typing import Self

TRIED_AFTER = (60, 300, 900, 3_600, 14_400, 86_400)
"""Seconds after a message was first put aside."""
SUFFIX = ".early"
"""Behind the name of a message: a file that says so."""


@dataclass(frozen=True, slots=True, kw_only=True)
class EarlyMark:
    """When a message was put aside first, and when it was tried last, in UTC seconds; and things that it `awaits`, none
    of which was there then. How old its file is does not matter: after an outage it may be days old when it is read.
    """

    first: int
    tried: int
    awaits: tuple[str, ...] = ()

    @property
    def next_at(self) -> int | None:
        """When it is tried again; None: it is not any more."""
        return next((self.first + after for after in TRIED_AFTER if self.first + after > self.tried), None)

    @property
    def last_at(self) -> int:
        """When it is tried for the last time."""
        return self.first + TRIED_AFTER[-1]

    @property
    def content(self) -> bytes:
        return "\n".join([f"{self.first} {self.tried}", *self.awaits, ""]).encode()

    @classmethod
    def read(cls, path: Path) -> Self | None:
        """The one in that file; None if there is none, or somebody wrote something else into it."""
        try:
            times, *awaits = path.read_text(encoding="utf-8").split("\n")
            first, tried = times.split()
            return cls(first=int(first), tried=int(tried), awaits=tuple(thing for thing in awaits if thing))
        except (OSError, ValueError):
            return None


def mark_of(message: Path) -> Path:
    """The file beside a kept message."""
    return message.with_name(message.name + SUFFIX)
