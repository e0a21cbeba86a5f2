"""What came of a day of orders, counted, and as JSON."""

from collections import Counter
from dataclasses import dataclass, field
from typing import Annotated

from msgspec import Meta

from api.records.orders.batch import JointRecord
from engine.decide.order_record import Record
from engine.decide.record import DecisionRecord
from engine.orders.batch.batch import JointSummary


@dataclass(slots=True, kw_only=True)
class DayFigures:
    """What came of the orders. `decided` counts, by rule, the weighed orders that would have gone otherwise without
    it.
    """

    currency: str
    orders: int = 0
    before: int = 0
    """Orders that had been decided already."""
    statuses: Counter[str] = field(default_factory=Counter)
    units: int = 0
    shipped: int = 0
    clearance: int = 0
    """Units shipped of products at the end of their line."""
    shipments: int = 0
    cost: int = 0
    co2: int = 0
    promised: int = 0
    """Shipments of orders that had a promise."""
    on_time: int = 0
    rules: frozenset[str] = frozenset()
    """Those that might have fired."""
    fired: Counter[str] = field(default_factory=Counter)
    lacking: int = 0
    """Orders that lacked units which an order of higher rank took."""
    joint: JointSummary | None = None
    """What was planned, if the orders were decided together."""
    weighed: int = 0
    decided: Counter[str] = field(default_factory=Counter)

    @property
    def never_fired(self) -> list[str]:
        return sorted(self.rules - self.fired.keys())

    def add(self, record: DecisionRecord, clearance: frozenset[str]) -> None:
        """Count one decision in; `clearance` are the SKUs at the end of their line."""
        self.orders += 1
        self.statuses[record.status] += 1
        self.units += sum(line.quantity for line in record.order.lines)
        self.shipments += len(record.shipments)
        self.shipped += record.units_shipped
        self.cost += record.cost_micros
        self.co2 += record.co2_mg
        self.fired.update(record.rules.fired.keys())
        for shipment in record.shipments:
            self.promised += shipment.late is not None
            self.on_time += shipment.late is False
            self.clearance += sum(line.quantity for line in shipment.lines if line.sku in clearance)


class DayRuleRecord(Record, frozen=True):
    """In how many orders a rule fired, and in how many of those weighed it decided."""

    fired: int
    decided_of_weighed: int


class DayRecord(Record, frozen=True):
    """The day for programs; amounts in the unit their name ends in."""

    orders: int
    decided_before: int
    filled: int
    partial: int
    unfilled: int
    scheduled: Annotated[int, Meta(description="to ship later, for a nominated day")]
    units_ordered: int
    units_shipped: int
    units_from_clearance: int
    shipments: int
    cost_micros: int
    currency: str
    co2_mg: int
    shipments_promised: int
    shipments_on_time: int
    orders_outranked: int
    orders_weighed: int
    joint: JointRecord | None
    rules: dict[str, DayRuleRecord]
    never_fired: Annotated[list[str], Meta(description="the active rules that fired in none of the orders")]

    @classmethod
    def of(cls, day: DayFigures) -> "DayRecord":
        return cls(
            orders=day.orders,
            decided_before=day.before,
            filled=day.statuses["filled"],
            partial=day.statuses["partial"],
            unfilled=day.statuses["unfilled"],
            scheduled=day.statuses["scheduled"],
            units_ordered=day.units,
            units_shipped=day.shipped,
            units_from_clearance=day.clearance,
            shipments=day.shipments,
            cost_micros=day.cost,
            currency=day.currency,
            co2_mg=day.co2,
            shipments_promised=day.promised,
            shipments_on_time=day.on_time,
            orders_outranked=day.lacking,
            orders_weighed=day.weighed,
            joint=None if day.joint is None else JointRecord.of(day.joint),
            rules={
                rule: DayRuleRecord(fired=day.fired[rule], decided_of_weighed=day.decided[rule])
                for rule in sorted(day.fired.keys() | day.decided.keys())
            },
            never_fired=day.never_fired,
        )
