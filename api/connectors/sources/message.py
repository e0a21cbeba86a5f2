"""A message that a source has, and what is asked of every source."""

from collections.abc import Callable, Iterable, Mapping
from dataclasses import dataclass, field
from typing import BinaryIO, Protocol, runtime_checkable

from api.connectors.sources.files_read import FilesRead
from engine.errors import PointsmanError

READING, OVER = "message", "over"
"""Fields of a connector's place: the ids of the message that is being read, and of the last one that is over."""


class SourceUnavailable(PointsmanError):
    """The source can't be read now; it is tried again at the next turn. The message says what was tried."""


class StillWritten(SourceUnavailable):
    """The message grew while it was read; as it is now, it is another one, which a later turn reads."""


@dataclass(frozen=True, slots=True, kw_only=True)
class Message:
    """`id` is the same whenever the same message is found again, and another of any other message. `received_at` is
    when its source says that it was written, or else when it came, in UTC seconds. `after` are the fields of the
    source's place once it is over; an empty one is deleted. `verify` raises StillWritten if it has grown since it was
    found.
    """

    id: str
    name: str
    received_at: int
    open: Callable[[], BinaryIO]
    headers: Mapping[str, str] = field(default_factory=dict)
    after: Mapping[str, str] = field(default_factory=dict)
    verify: Callable[[], None] = lambda: None


@runtime_checkable
class Settling(Protocol):
    """A source that leaves messages alone for a while, as they may still be written: how many there were when it was
    last looked, and for how many seconds they must not have changed.
    """

    settling: int
    settled: int


@runtime_checkable
class OfFiles(Protocol):
    """A source whose messages are files, of which some are still there once they were read: as nobody may move them, or
    as the connector leaves them. `trouble` says why files could not be put away when it was last looked.
    """

    read: FilesRead
    trouble: str


@runtime_checkable
class Waiting(Protocol):
    """A source that waits for another system: it calls `hold` before each time that it does, and now and then while it
    does, so that no other process begins to read meanwhile. What that raises ends the turn.
    """

    hold: Callable[[], None]


@runtime_checkable
class BeginsAgain(Protocol):
    """A source that finds when it is looked whether what it reads was made anew. `began_again` says so, empty: it was
    not; and `fields_of_beginning` are what the connector's place has of it from then on.
    """

    began_again: str
    fields_of_beginning: Mapping[str, str]


@runtime_checkable
class Backlog(Protocol):
    """A source that answers its messages some at a time, and is asked again until none is left: how many are behind
    those that it answered last.
    """

    behind: int


def nothing() -> None:
    """What a source holds that nobody runs."""


class Source(Protocol):
    """Methods raise SourceUnavailable."""

    def messages(self, place: Mapping[str, str]) -> Iterable[Message]:
        """What is to be read, in the order in which it is to be read; `place` are the fields that the last one left. A
        list, where it is known beforehand how many wait.
        """

    def put_away(self, message: Message, *, quarantined: bool) -> None:
        """The message is over. Called again after a crash; what was done is left as it is. A file that can't be put
        away now is known from then on, and is none of the messages any more.
        """

    def close(self) -> None: ...
