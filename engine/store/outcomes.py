"""What became of a write: one class for each answer that a script can give."""

from collections.abc import Sequence
from dataclasses import dataclass
from typing import Literal, Self, TypeAlias

UnitState: TypeAlias = Literal["held", "confirmed", "released", "expired", "rejected", "cancelled", "amended"]
"""Where a unit of a shipment is: held, or how it ended. Amended: by an amendment of the order it is no longer ordered,
or was decided again.
"""


@dataclass(frozen=True, slots=True, kw_only=True)
class Ending:
    """How a shipment's hold ended, and when, in UTC seconds."""

    kind: UnitState
    at: int


# Of several kinds of write.


@dataclass(frozen=True, slots=True)
class NetworkChanged:
    """Nothing was written: the network was loaded anew, or is being loaded, since it was read."""


@dataclass(frozen=True, slots=True)
class OperationReused:
    """Nothing was written: the operation's name was used before, for another request."""


# Of a commit.


@dataclass(frozen=True, slots=True)
class Committed:
    """The decision is in the log, and its units are held."""


@dataclass(frozen=True, slots=True, kw_only=True)
class AnsweredBefore:
    """Nothing was written: this request, known by its idempotency key or operation, was answered by `decision`."""

    decision: str


@dataclass(frozen=True, slots=True, kw_only=True)
class OrderTaken:
    """Nothing was written: the order's id is that of the order whose first decision is `first`."""

    first: str


@dataclass(frozen=True, slots=True, kw_only=True)
class StockChanged:
    """Nothing was written: since the snapshot, stock or the day's load changed at `node`, or it began to rest."""

    node: str


@dataclass(frozen=True, slots=True)
class PoliciesChanged:
    """Nothing was written: another policy version is active by now."""


@dataclass(frozen=True, slots=True, kw_only=True)
class OfferedFirst:
    """Nothing was written: units of `sku` are first to be offered to orders that wait for it. None: some orders are due
    to be offered stock from now on.
    """

    sku: str | None


@dataclass(frozen=True, slots=True, kw_only=True)
class QuotaReached:
    """Nothing was written: the caller has so many open holds already, and may have no more."""

    open_holds: int


# Of a commit that writes more than a decision (commit_follow_up.lua).


@dataclass(frozen=True, slots=True)
class BacklogFull:
    """Nothing was written: no more decisions may wait for stock."""


@dataclass(frozen=True, slots=True)
class ChainChanged:
    """Nothing was written: the order was decided again since its chain of decisions was read."""


@dataclass(frozen=True, slots=True)
class HoldChanged:
    """Nothing was written: the hold with the rejected units has changed or ended since it was read."""


@dataclass(frozen=True, slots=True, kw_only=True)
class UnitsOnBackorder:
    """Nothing was written: units of `sku` on backorder were to leave `node`, which has only these on hand; or units
    that stand on a `receipt`, which is expected at that instant in UTC seconds.
    """

    sku: str
    node: str
    on_hand: int = 0
    receipt: str | None = None
    expected_at: int = 0

    @classmethod
    def of(cls, answer: Sequence[bytes], skus: Sequence[str]) -> Self:
        """As `units_not_there` of parts/hold_changes.lua answers it; `skus` are those that it numbers."""
        word, node, index, *more = answer
        sku, place = skus[int(index) - 1], node.decode()
        if word == b"backorder":
            return cls(sku=sku, node=place, on_hand=int(more[0]))
        return cls(sku=sku, node=place, receipt=more[0].decode(), expected_at=int(more[1]))


@dataclass(frozen=True, slots=True)
class NoLongerWaiting:
    """Nothing was written: the waiting units were decided or withdrawn meanwhile, or others wait with them now."""


CommitOutcome: TypeAlias = (
    Committed
    | AnsweredBefore
    | OrderTaken
    | StockChanged
    | NetworkChanged
    | PoliciesChanged
    | OfferedFirst
    | QuotaReached
    | BacklogFull
    | ChainChanged
    | HoldChanged
    | UnitsOnBackorder
    | NoLongerWaiting
    | OperationReused
)


# Of a request to extend a hold.


@dataclass(frozen=True, slots=True, kw_only=True)
class HoldExtended:
    """The hold lasts until then, in UTC seconds, now or when the request came before."""

    until: int


@dataclass(frozen=True, slots=True)
class NotHeld:
    """Nothing was written: nothing is held any more, or the hold's time is over."""


ExtendOutcome: TypeAlias = HoldExtended | NotHeld | OperationReused


# Of a change of units of holds. HoldChanged, UnitsOnBackorder and OperationReused, too.


@dataclass(frozen=True, slots=True, kw_only=True)
class UnitsChanged:
    """The change was made, now or when the request came before; `answer` is what it was answered then."""

    answer: bytes


@dataclass(frozen=True, slots=True, kw_only=True)
class UnitsLacking:
    """Nothing was written: `node` has only `free` units of `sku` that nobody holds."""

    sku: str
    node: str
    free: int


ChangeOutcome: TypeAlias = UnitsChanged | UnitsLacking | UnitsOnBackorder | HoldChanged | OperationReused


# Of a count of stock. `on_hand` and `held` are the position's units after it.


@dataclass(frozen=True, slots=True, kw_only=True)
class CountSet:
    """The count is now what is on hand."""

    on_hand: int
    held: int


@dataclass(frozen=True, slots=True, kw_only=True)
class CountRepeated:
    """Nothing was written: the same message was the last one before."""

    on_hand: int
    held: int


@dataclass(frozen=True, slots=True, kw_only=True)
class CountOlder:
    """Nothing was written: a newer count came before, or the network was loaded later."""

    on_hand: int
    held: int


@dataclass(frozen=True, slots=True, kw_only=True)
class CountContradicts:
    """Nothing was written: the last message has the same stamp and another number of units."""

    on_hand: int
    held: int


@dataclass(frozen=True, slots=True, kw_only=True)
class StampKindDiffers:
    """Nothing was written: this position is counted by time and the message by sequence, or the other way round."""

    on_hand: int
    held: int


@dataclass(frozen=True, slots=True, kw_only=True)
class CountForgotten:
    """Nothing was written: what came and left of the SKU is remembered only from `since` on, in UTC microseconds, so
    that nobody can tell what is on hand by this count.
    """

    on_hand: int
    held: int
    since: int


CountOutcome: TypeAlias = CountSet | CountRepeated | CountOlder | CountContradicts | StampKindDiffers | CountForgotten


# Of a stock movement. `on_hand` and `blocked` are what is there after it.


@dataclass(frozen=True, slots=True, kw_only=True)
class MovementApplied:
    """The units were added to what is there, or taken from it."""

    on_hand: int
    blocked: int


@dataclass(frozen=True, slots=True, kw_only=True)
class MovementCounted:
    """The movement is logged, and changed nothing on hand: the count or load that stands is of a later instant, and has
    it already.
    """

    on_hand: int
    blocked: int


@dataclass(frozen=True, slots=True, kw_only=True)
class MovementRepeated:
    """Nothing was written: this movement was applied before."""

    on_hand: int
    blocked: int


@dataclass(frozen=True, slots=True, kw_only=True)
class MovementIdReused:
    """Nothing was written: the operation id was used before, for another movement."""

    on_hand: int
    blocked: int


@dataclass(frozen=True, slots=True, kw_only=True)
class StockTooLow:
    """Nothing was written: fewer units are on hand than the movement takes."""

    on_hand: int
    blocked: int


@dataclass(frozen=True, slots=True, kw_only=True)
class BlockedTooLow:
    """Nothing was written: fewer units are blocked than the movement takes."""

    on_hand: int
    blocked: int


@dataclass(frozen=True, slots=True, kw_only=True)
class LotTooLow:
    """Nothing was written: fewer units of the lot are on hand than the movement takes."""

    on_hand: int
    blocked: int


@dataclass(frozen=True, slots=True, kw_only=True)
class LotDateDiffers:
    """Nothing was written: the lot of that name there expires on another date."""

    on_hand: int
    blocked: int


@dataclass(frozen=True, slots=True, kw_only=True)
class LotUnknown:
    """Nothing was written: no lot of that name is there, and the movement does not say when it expires."""

    on_hand: int
    blocked: int


MovementOutcome: TypeAlias = (
    MovementApplied
    | MovementCounted
    | MovementRepeated
    | MovementIdReused
    | StockTooLow
    | BlockedTooLow
    | LotTooLow
    | LotDateDiffers
    | LotUnknown
)


# Of a change of the policy timeline.


@dataclass(frozen=True, slots=True)
class TimelineChanged:
    """The version was activated, scheduled or rolled back to, now or when the operation came before."""


@dataclass(frozen=True, slots=True)
class ActiveChanged:
    """Nothing was written: another version is active than when the version's gate was looked at."""


@dataclass(frozen=True, slots=True)
class ActiveAlready:
    """Nothing was written: the version that is to be activated is active."""


TimelineOutcome: TypeAlias = TimelineChanged | NetworkChanged | ActiveChanged | ActiveAlready
