"""How fast articles sell, and what that was learnt from."""

from collections.abc import Mapping
from decimal import Decimal
from typing import Annotated

from msgspec import UNSET, Meta, UnsetType

from engine.decide.order_record import Record
from engine.demand.demand import NodeDemand, SkuDemand
from engine.demand.learnt_paces import Learning, LearntFrom, PaceChange
from engine.model.demand import DemandMethod, DemandSource, LearntPace, UsedMethod

DailySales = Annotated[str, Meta(description="units sold a day", examples=["0.714"])]


class LearntPaceRecord(Record, frozen=True):
    """What a learnt pace was made of."""

    method: UsedMethod
    units: Annotated[int, Meta(description="that were sold on these days")]
    days: Annotated[int, Meta(description="that count: those with some stock or a sale")]
    given: Annotated[DailySales | None, Meta(description="the pace of stock.csv whose place it took")]

    @classmethod
    def of(cls, learnt: LearntPace, decimals: int) -> "LearntPaceRecord":
        given = None if learnt.given is None else daily_sales(learnt.given, decimals)
        return cls(method=learnt.method, units=learnt.units, days=learnt.days, given=given)


class NodeDemandRecord(Record, frozen=True):
    """The pace of sale in force at a node."""

    node: str
    daily_sales: DailySales
    learnt: Annotated[LearntPaceRecord | UnsetType, Meta(description="left out if it is that of stock.csv")] = UNSET

    @classmethod
    def of(cls, demand: NodeDemand, decimals: int) -> "NodeDemandRecord":
        learnt = UNSET if demand.learnt is None else LearntPaceRecord.of(demand.learnt, decimals)
        return cls(node=demand.node, daily_sales=daily_sales(demand.pace, decimals), learnt=learnt)


class LearntFromRecord(Record, frozen=True):
    """What paces were learnt from."""

    first: Annotated[str, Meta(description="the first day, of the installation")]
    last: str
    window_days: int
    method: DemandMethod
    first_entry: Annotated[str, Meta(description="of the log, that was read")]
    last_entry: str
    positions: Annotated[int, Meta(description="that were learnt")]
    seldom: Annotated[int, Meta(description="of these, by TSB")]
    changed: Annotated[int, Meta(description="of these, with another pace than before")]
    too_few: Annotated[int, Meta(description="positions left as they were: too few of their days count")]
    damaged: Annotated[int, Meta(description="entries that could not be read")]

    @classmethod
    def of(cls, learnt: LearntFrom) -> "LearntFromRecord":
        return cls(
            first=learnt.first,
            last=learnt.last,
            window_days=learnt.window,
            method=learnt.method,
            first_entry=learnt.entries[0],
            last_entry=learnt.entries[1],
            positions=learnt.positions,
            seldom=learnt.seldom,
            changed=learnt.changed,
            too_few=learnt.too_few,
            damaged=learnt.damaged,
        )


class DemandRecord(Record, frozen=True):
    """How fast a SKU sells at each node where that is known."""

    sku: str
    source: Annotated[DemandSource, Meta(description="where the network has its paces from")]
    nodes: list[NodeDemandRecord]
    learnt_from: Annotated[LearntFromRecord | UnsetType, Meta(description="the last time that any were learnt")] = UNSET

    @classmethod
    def of(cls, demand: SkuDemand) -> "DemandRecord":
        learnt_from = UNSET if demand.learnt_from is None else LearntFromRecord.of(demand.learnt_from)
        nodes = [NodeDemandRecord.of(node, demand.decimals) for node in demand.nodes]
        return cls(sku=demand.sku, source=demand.terms.source, nodes=nodes, learnt_from=learnt_from)


class PaceChangeRecord(Record, frozen=True):
    """A position whose pace changed."""

    sku: str
    node: str
    daily_sales: DailySales
    former: Annotated[DailySales | None, Meta(description="null: it was not known")]
    learnt: LearntPaceRecord

    @classmethod
    def of(cls, change: PaceChange, decimals: int) -> "PaceChangeRecord":
        return cls(
            sku=change.sku,
            node=change.node,
            daily_sales=daily_sales(change.after, decimals),
            former=None if change.before is None else daily_sales(change.before, decimals),
            learnt=LearntPaceRecord.of(change.learnt, decimals),
        )


class LearningRecord(Record, frozen=True):
    """What was learnt, or would be."""

    learnt_from: LearntFromRecord
    network_version: Annotated[
        str | None, Meta(description="that has it; null: nothing was stored, as it was a dry run or nothing changed")
    ]
    changes: Annotated[list[PaceChangeRecord], Meta(description="the 100 largest, the largest first")]

    @classmethod
    def of(cls, learning: Learning, decimals: Mapping[str, int]) -> "LearningRecord":
        """`decimals` are those of the SKUs that have any."""
        return cls(
            learnt_from=LearntFromRecord.of(learning.learnt_from),
            network_version=learning.network_version,
            changes=[PaceChangeRecord.of(change, decimals.get(change.sku, 0)) for change in learning.changes],
        )


def daily_sales(pace: int, decimals: int) -> str:
    """A pace as stock.csv has it, of thousandths of the smallest unit."""
    return f"{Decimal(pace).scaleb(-3 - decimals):f}"
