"""What look-ahead prices would have brought, as JSON."""

from typing import Annotated

from msgspec import UNSET, Meta, UnsetType

from engine.decide.order_record import Record
from engine.lookahead.comparison import TableComparison, TableHindsight, Totals


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


class LookaheadHindsightRecord(Record, frozen=True):
    """How much was possible: what orders cost on both sides and at least, of those of which both ship the same units of
    each line.
    """

    orders: int
    networks: Annotated[
        int, Meta(description="on which they were decided; the bound is the sum of that of each by itself")
    ]
    baseline_micros: int
    achieved_micros: int
    bound_micros: Annotated[int, Meta(description="no plan that ships the same units costs less")]
    captured_percent: Annotated[
        int | None,
        Meta(description="of what was possible; below 0 if the table costs more; null: nothing was possible"),
    ]

    @classmethod
    def of(cls, hindsight: TableHindsight) -> "LookaheadHindsightRecord":
        captured = hindsight.captured
        return cls(
            orders=hindsight.orders,
            networks=hindsight.networks,
            baseline_micros=captured.baseline,
            achieved_micros=captured.achieved,
            bound_micros=captured.bound,
            captured_percent=captured.share,
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
    hindsight: Annotated[
        LookaheadHindsightRecord | UnsetType,
        Meta(description="left out if it was not asked for, or if no order ships the same units on both sides"),
    ] = UNSET

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
            hindsight=UNSET if made.hindsight is None else LookaheadHindsightRecord.of(made.hindsight),
        )
