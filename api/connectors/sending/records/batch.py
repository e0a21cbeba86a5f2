"""Records that are to be sent, and how far one has come with them."""

from collections.abc import Mapping, Sequence
from dataclasses import dataclass, field
from typing import Any, Protocol, TypeAlias

from engine.errors import PointsmanError

Record: TypeAlias = Mapping[str, Any]
"""JSON: quantities with the decimals of their SKU, instants in UTC."""

CURSOR = "cursor"
"""The field of a connector's place that says how far was sent."""


@dataclass(frozen=True, slots=True, kw_only=True)
class Batch:
    """Records of one message, and the cursor behind them. `more`: there may be others at once. `sent` are values by
    which an echo of them is known: positions, and what is said of them. `since` is when the oldest of what they say
    happened, in UTC seconds; 0: that is not known.
    """

    records: Sequence[Record]
    cursor: str
    more: bool = False
    sent: Mapping[str, str] = field(default_factory=dict)
    since: int = 0


class Outdated(PointsmanError):
    """What a record says is not so any more, and it is not to be sent; says why."""


class CursorUnreadable(PointsmanError):
    """How far the connector has come is no cursor of its kind of records."""

    def __init__(self, cursor: str) -> None:
        super().__init__(
            f"'{cursor}' is no place from where these records could go on; give the connector another name"
        )


class Records(Protocol):
    """One kind of records. Methods raise CursorUnreadable, CursorExpired, NotReady, StoreUnavailable."""

    def start(self) -> str:
        """The cursor of a connector that never sent anything."""

    def after(self, cursor: str, *, most: int, until: str = "") -> Batch:
        """At most so many records behind the cursor, but all of one event; none if there are none yet. With `until`,
        the batch that had this cursor when it was read before: what is new since then comes behind it.
        """

    def anew(self, record: Record) -> Record:
        """What is sent in place of a record that was put aside: as its file says it by now, with what is looked up
        anew. Raises Outdated too.
        """

    def state_of(self, record: Record) -> str | None:
        """Of what the record is the state, so that a newer one takes the place of it; None if it says what happened."""

    def echoes(self, records: Sequence[Record]) -> Mapping[str, str]:
        """Values by which an echo of the records is known (see `Batch.sent`)."""
