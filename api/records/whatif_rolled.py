"""What a what-if that was rolled forward knows at the end, as JSON: the stock of the baseline and of the draft."""

from collections.abc import Mapping
from typing import Annotated

from msgspec import UNSET, Meta, UnsetType

from api.records.whatif_amounts import WhatIfSidesRecord
from engine.decide.order_record import Record, Timestamp, timestamp
from engine.simulation.network_change import Closure, NetworkChange
from engine.simulation.rolled.end_stock import EndStock, KindOfStock, StockOut
from engine.simulation.rolled.hindsight import Hindsight
from engine.simulation.rolled.rolling import RolledFigures, StretchFigures

_MOST_STOCK_OUTS = 500


class WhatIfStockKindRecord(Record, frozen=True):
    """Articles of a lifecycle or a category, of those that were ordered."""

    shipped: Annotated[int, Meta(description="units")]
    available: Annotated[int, Meta(description="units on hand at the end that are held for nobody")]
    sell_through_basis_points: Annotated[int | None, Meta(description="shipped, of both; null: there was nothing")]
    days_of_cover: Annotated[int | None, Meta(description="null: no pace of sale is known, or nothing sells")]

    @classmethod
    def of(cls, kind: KindOfStock) -> "WhatIfStockKindRecord":
        return cls(
            shipped=kind.shipped,
            available=kind.available,
            sell_through_basis_points=kind.sell_through,
            days_of_cover=kind.days_of_cover,
        )


class WhatIfStockOutRecord(Record, frozen=True):
    """A place that ran out of an article, and has none at the end that is free."""

    sku: str
    node: str
    since: Timestamp

    @classmethod
    def of(cls, out: StockOut) -> "WhatIfStockOutRecord":
        return cls(sku=out.sku, node=out.node, since=timestamp(out.since))


class WhatIfEndStockRecord(Record, frozen=True):
    """The stock at the end, of the articles that were ordered."""

    on_hand: int
    shortfall: Annotated[
        int, Meta(description="units that the log counted or moved out and that this side had shipped before")
    ]
    lifecycles: dict[str, WhatIfStockKindRecord]
    categories: dict[str, WhatIfStockKindRecord]
    stock_outs: Annotated[int, Meta(description="positions that ran out")]
    first_stock_outs: Annotated[list[WhatIfStockOutRecord], Meta(description="the first 500 of them, by SKU and node")]
    units_cancelled: int

    @classmethod
    def of(cls, stock: EndStock, cancelled: int) -> "WhatIfEndStockRecord":
        return cls(
            on_hand=stock.on_hand,
            shortfall=stock.shortfall,
            lifecycles=_kinds(stock.lifecycles),
            categories=_kinds(stock.categories),
            stock_outs=len(stock.stock_outs),
            first_stock_outs=[WhatIfStockOutRecord.of(out) for out in stock.stock_outs[:_MOST_STOCK_OUTS]],
            units_cancelled=cancelled,
        )


class WhatIfHindsightRecord(Record, frozen=True):
    """What orders cost without the draft and with it, and at least: of those of which both ship the same units."""

    orders: int
    baseline_micros: int
    draft_micros: int
    bound_micros: Annotated[int, Meta(description="no plan that ships the same units costs less")]
    captured_percent: Annotated[
        int | None,
        Meta(description="of what was possible; below 0 if the draft costs more; null: nothing was possible"),
    ]

    @classmethod
    def of(cls, hindsight: Hindsight) -> "WhatIfHindsightRecord":
        captured = hindsight.captured
        return cls(
            orders=hindsight.orders,
            baseline_micros=captured.baseline,
            draft_micros=captured.achieved,
            bound_micros=captured.bound,
            captured_percent=captured.share,
        )


class WhatIfStretchRecord(Record, frozen=True):
    """A day, week or month that began again from the stock of the log."""

    since: Timestamp
    until: Annotated[Timestamp, Meta(description="before this instant")]
    decisions: Annotated[int, Meta(description="of the log")]
    as_logged: Annotated[int, Meta(description="of these, that come out as they were logged")]
    total: WhatIfSidesRecord
    stock_outs_baseline: Annotated[int, Meta(description="positions that ran out by its end")]
    stock_outs_draft: int

    @classmethod
    def of(cls, figures: StretchFigures) -> "WhatIfStretchRecord":
        return cls(
            since=timestamp(figures.since),
            until=timestamp(figures.until),
            decisions=figures.decisions,
            as_logged=figures.as_logged,
            total=WhatIfSidesRecord.of(figures.sides),
            stock_outs_baseline=len(figures.baseline.stock_outs),
            stock_outs_draft=len(figures.draft.stock_outs),
        )


class WhatIfRolledRecord(Record, frozen=True):
    """What is known at the end of a draft that was rolled forward. If stretches began again, the stock is that at the
    end of the last one; its shortfall is of all.
    """

    as_logged: Annotated[int, Meta(description="decisions that come out as they were logged")]
    orders: Annotated[int, Meta(description="that came in: repeated ones each time, and none of those left out")]
    baseline: WhatIfEndStockRecord
    draft: WhatIfEndStockRecord
    hindsight: Annotated[
        WhatIfHindsightRecord | UnsetType, Meta(description="of a draft that looks ahead on the logged network")
    ] = UNSET
    stretches: Annotated[
        list[WhatIfStretchRecord] | UnsetType, Meta(description="each by itself, if they began again")
    ] = UNSET

    @classmethod
    def of(cls, figures: RolledFigures) -> "WhatIfRolledRecord":
        return cls(
            as_logged=figures.as_logged,
            orders=figures.orders,
            baseline=WhatIfEndStockRecord.of(figures.baseline, figures.cancelled_baseline),
            draft=WhatIfEndStockRecord.of(figures.draft, figures.cancelled_draft),
            hindsight=UNSET if figures.hindsight is None else WhatIfHindsightRecord.of(figures.hindsight),
            stretches=[WhatIfStretchRecord.of(its) for its in figures.stretches] or UNSET,
        )


class WhatIfClosureRecord(Record, frozen=True):
    """A place from which nothing leaves that is decided in this time; null: without an end."""

    node: str
    since: Timestamp | None
    until: Timestamp | None

    @classmethod
    def of(cls, closure: Closure) -> "WhatIfClosureRecord":
        since, until = (None if at is None else timestamp(at) for at in (closure.since, closure.until))
        return cls(node=closure.node, since=since, until=until)


class WhatIfChangeRecord(Record, frozen=True, omit_defaults=True):
    """What a draft changes beside the policies."""

    network: Annotated[str | UnsetType, Meta(description="the folder of another network")] = UNSET
    closed: list[WhatIfClosureRecord] | UnsetType = UNSET
    cut_offs: Annotated[dict[str, int] | UnsetType, Meta(description="minutes of the day, by node")] = UNSET
    strikes: Annotated[list[str] | UnsetType, Meta(description="services, and carriers with all of theirs")] = UNSET
    volume_percent: int | UnsetType = UNSET

    @classmethod
    def of(cls, change: NetworkChange) -> "WhatIfChangeRecord | UnsetType":
        if change.changes_nothing:
            return UNSET
        return cls(
            network=change.other.name if change.other else UNSET,
            closed=[WhatIfClosureRecord.of(item) for item in change.closures] or UNSET,
            cut_offs=dict(change.cut_offs) or UNSET,
            strikes=list(change.strikes) or UNSET,
            volume_percent=UNSET if change.volume == NetworkChange().volume else change.volume,
        )


def _kinds(kinds: Mapping[str, KindOfStock]) -> dict[str, WhatIfStockKindRecord]:
    return {name: WhatIfStockKindRecord.of(kind) for name, kind in kinds.items()}
