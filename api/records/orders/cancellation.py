"""What was cancelled of an order, as JSON."""

from typing import Annotated, Literal

from msgspec import UNSET, Meta, UnsetType

from engine.decide.order_record import Record
from engine.orders.cancellation.plan import Cancellation, CancelledUnits


class CancelledUnitsRecord(Record, frozen=True):
    """Units that were cancelled, and where they were: held by a shipment of a decision, waiting under it, unfilled, or
    filled without stock because their product is not counted.
    """

    line: str
    sku: str
    quantity: int
    was: Literal["unfilled", "not_counted", "waiting", "held"]
    decision: str | UnsetType = UNSET
    node: str | UnsetType = UNSET
    service: str | UnsetType = UNSET

    @classmethod
    def of(cls, item: CancelledUnits) -> "CancelledUnitsRecord":
        return cls(
            line=item.line,
            sku=item.sku,
            quantity=item.quantity,
            was=item.was,
            decision=item.decision or UNSET,
            node=item.node or UNSET,
            service=item.service or UNSET,
        )


class CancellationRecord(Record, frozen=True):
    order: str
    units: Annotated[list[CancelledUnitsRecord], Meta(description="cancelled by this request")]
    cancelled: Annotated[dict[str, int], Meta(description="units by line that are cancelled now, in all")]

    @classmethod
    def of(cls, cancellation: Cancellation) -> "CancellationRecord":
        return cls(
            order=cancellation.order,
            units=[CancelledUnitsRecord.of(item) for item in cancellation.units],
            cancelled=cancellation.cancelled,
        )
