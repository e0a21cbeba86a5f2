"""Which messages are taken over again by themselves, as they came before what they are about, as a cancellation before
its order: a few times within a day, later and later; then a person does.
"""

from dataclasses import dataclass
from pathlib import Path
from typing import Self

from api.connectors.applying.awaited import Awaited

TRIED_AFTER = (60, 300, 900, 3_600, 14_400, 86_400)
"""Seconds after a message was first put aside."""
SUFFIX = ".early"
"""Behind the name of a message: a file that says so."""
_AT_ONCE = " at once"
_UNANSWERED = " unanswered"


@dataclass(frozen=True, slots=True, kw_only=True)
class EarlyMark:
    """When a message was put aside first, and when it was tried last, in UTC seconds; and things that it `awaits`, none
    of which was there then. How old its file is does not matter: after an outage it may be days old when it is read.
    `at_once`: what one of its rows was refused for the lack of had come by then, so that it is due already; the next
    try is at a stated time again, as a row may be refused although all that it is about is there. `unanswered`: the
    EDI in it is answered once it is taken over, or is not tried any more.
    """

    first: int
    tried: int
    awaits: tuple[str, ...] = ()
    at_once: bool = False
    unanswered: bool = False

    @property
    def next_at(self) -> int | None:
        """When it is tried again; None: it is not any more."""
        stated = next((self.first + after for after in TRIED_AFTER if self.first + after > self.tried), None)
        return self.tried if self.at_once and stated is not None else stated

    @property
    def last_at(self) -> int:
        """When it is tried for the last time."""
        return self.first + TRIED_AFTER[-1]

    @property
    def content(self) -> bytes:
        at_once = _AT_ONCE if self.at_once else ""
        unanswered = _UNANSWERED if self.unanswered else ""
        return "\n".join([f"{self.first} {self.tried}{at_once}{unanswered}", *self.awaits, ""]).encode()

    @classmethod
    def read(cls, path: Path) -> Self | None:
        """The one in that file; None if there is none, or somebody wrote something else into it."""
        try:
            times, *awaits = path.read_text(encoding="utf-8").split("\n")
            without_answer = times.removesuffix(_UNANSWERED)
            first, tried = without_answer.removesuffix(_AT_ONCE).split()
            return cls(
                first=int(first),
                tried=int(tried),
                awaits=tuple(thing for thing in awaits if thing),
                at_once=without_answer.endswith(_AT_ONCE),
                unanswered=times != without_answer,
            )
        except (OSError, ValueError):
            return None


def mark_of_try(message: Path, *, at: int, awaits: Awaited, unanswered: bool) -> EarlyMark:
    """That a kept message was tried now, and all that is wrong with it is that something is not there yet."""
    before = EarlyMark.read(mark_of(message))
    first, again_by_itself = (at, False) if before is None else (before.first, before.at_once)
    at_once = awaits.came and not again_by_itself
    return EarlyMark(first=first, tried=at, awaits=awaits.missing, at_once=at_once, unanswered=unanswered)


def is_unanswered(message: Path) -> bool:
    """Whether the EDI in a kept message is still to be answered."""
    mark = EarlyMark.read(mark_of(message))
    return mark is not None and mark.unanswered


def mark_of(message: Path) -> Path:
    """The file beside a kept message."""
    return message.with_name(message.name + SUFFIX)
