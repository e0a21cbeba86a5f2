"""A message that goes out, and what can go wrong with it."""

from collections.abc import Mapping
from dataclasses import dataclass, field

from engine.errors import PointsmanError


@dataclass(frozen=True, slots=True, kw_only=True)
class OutgoingMessage:
    """`key` is the same when the message is sent again, and another of any other message; so is the `name` of its file.
    `url` are values that stand in the address, by their names in braces.
    """

    key: str
    name: str
    body: bytes
    content_type: str
    url: Mapping[str, str] = field(default_factory=dict)


class NotDelivered(PointsmanError):
    """The target can't be reached, or can't take anything now. The message is sent again, after at least `retry_after`
    seconds.
    """

    def __init__(self, message: str, *, retry_after: int | None = None) -> None:
        self.retry_after = retry_after
        super().__init__(message)


class Refused(PointsmanError):
    """The target takes others, but not this message; says what it answered."""
