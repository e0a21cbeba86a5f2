"""What became of a stock movement, as a line of JSON."""

from typing import Annotated, Literal, TypeAlias

from msgspec import UNSET, Meta, UnsetType

from engine.decide.order_record import Record

MovementResult: TypeAlias = Literal["applied", "counted", "seen", "refused", "stopped"]


class MovementRecord(Record, frozen=True):
    """A line of the answer. After `stopped` nothing was read: send that line and those after it again."""

    line: Annotated[int, Meta(description="of the request, from 1")]
    op: str | None
    result: Annotated[
        MovementResult,
        Meta(
            description="counted: it is logged, and the count or load that stands is of a later instant and has it"
            " already; seen: it was applied before"
        ),
    ]
    on_hand: Annotated[int | UnsetType, Meta(description="units there after it")] = UNSET
    blocked: Annotated[
        int | UnsetType, Meta(description="units there that may not be sold after it, if it changes those")
    ] = UNSET
    message: Annotated[str | UnsetType, Meta(description="why it was refused or stopped")] = UNSET
