"""What look-ahead prices would have brought, as JSON."""

from typing import Annotated

from msgspec import Meta

from engine.decide.order_record import Record
from engine.lookahead.comparison import TableComparison, Totals


class LookaheadTotalsRecord(Record, frozen=True):
    """Of all orders together."""

    units_shipped: int
    units_unfilled: int
    shipments: int
    cost_micros: int

    @classmethod
    def of(cls, totals: Totals) -> "LookaheadTotalsRecord":
        return cls(
            units_shipped=totals.shipped,
            units_unfilled=totals.unfilled,
            shipments=totals.shipments,
            cost_micros=totals.cost,
        )


class LookaheadComparisonRecord(Record, frozen=True):
    """The same orders without a table and with it."""

    table: str
    baseline_table: Annotated[str | None, Meta(description="null: without prices")]
    currency: str
    orders: int
    left_out: Annotated[int, Meta(description="that could not be decided again")]
    changed: Annotated[int, Meta(description="of the orders, that ship otherwise with the table")]
    baseline: LookaheadTotalsRecord
    achieved: LookaheadTotalsRecord
    bound_micros: Annotated[int | None, Meta(description="what the orders cost at least, had all been known")]
    captured_percent: Annotated[
        int | None,
        Meta(description="how much of what was possible the table saves; null if it can't be told"),
    ]

    @classmethod
    def of(cls, made: TableComparison, *, table: str, baseline: str | None) -> "LookaheadComparisonRecord":
        return cls(
            table=table,
            baseline_table=baseline,
            currency=made.currency,
            orders=made.orders,
            left_out=made.left_out,
            changed=made.changed,
            baseline=LookaheadTotalsRecord.of(made.baseline),
            achieved=LookaheadTotalsRecord.of(made.achieved),
            bound_micros=made.bound,
            captured_percent=None if made.captured is None else made.captured.share,
        )
