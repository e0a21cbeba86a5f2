"""What became of a stock movement, as a line of JSON."""

from typing import Annotated, Literal

from msgspec import UNSET, Meta, UnsetType

from engine.decide.order_record import Record


class MovementRecord(Record, frozen=True):
    """A line of the answer. After `stopped` nothing was read: send that line and those after it again."""

    line: Annotated[int, Meta(description="of the request, from 1")]
    op: str | None
    result: Literal["applied", "seen", "refused", "stopped"]
    on_hand: Annotated[int | UnsetType, Meta(description="units there after it")] = UNSET
    message: Annotated[str | UnsetType, Meta(description="why it was refused or stopped")] = UNSET
