"""What became of a stock movement, as a line of JSON."""

from collections.abc import Callable, Mapping
from decimal import Decimal
from typing import Annotated, Literal, TypeAlias

from msgspec import UNSET, Meta, UnsetType

from engine.decide.order_record import Record
from engine.store.outcomes import (
    BlockedTooLow,
    LotDateDiffers,
    LotTooLow,
    LotUnknown,
    MovementApplied,
    MovementCounted,
    MovementIdReused,
    MovementOutcome,
    MovementRepeated,
    StockTooLow,
)
from engine.store.stock import Movement

MovementResult: TypeAlias = Literal["applied", "counted", "seen", "refused", "stopped"]
_RESULTS: Mapping[type[MovementOutcome], MovementResult] = {
    MovementApplied: "applied",
    MovementCounted: "counted",
    MovementRepeated: "seen",
}
_REFUSALS: Mapping[type[MovementOutcome], str] = {
    MovementIdReused: "this operation id was used for another movement before; use a new one for each",
    StockTooLow: "units on hand: {on_hand}; fewer than none can't be left",
    BlockedTooLow: "units blocked: {blocked}; fewer than none can't be left",
    LotTooLow: "of this lot, fewer units are on hand than the movement takes; fewer than none can't be left",
    LotDateDiffers: "the lot of this name there expires on another date; leave out 'expires', or name another lot",
    LotUnknown: "no lot of this name is there; say when it expires ('expires')",
}


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

    @classmethod
    def of(
        cls, line: int, movement: Movement, outcome: MovementOutcome, shown: Callable[[int], int | Decimal]
    ) -> "MovementRecord":
        """Units as they are `shown`."""
        refusal = _REFUSALS.get(type(outcome))
        on_hand, blocked = shown(outcome.on_hand), shown(outcome.blocked)
        return cls(
            line=line,
            op=movement.op,
            result=_RESULTS.get(type(outcome), "refused"),
            on_hand=on_hand,
            blocked=blocked if movement.blocked else UNSET,
            message=UNSET if refusal is None else refusal.format(on_hand=on_hand, blocked=blocked),
        )
