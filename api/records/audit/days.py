"""What came of the orders of a day, as JSON."""

import datetime
from collections.abc import Mapping, Sequence
from typing import Annotated, Self

from msgspec import Meta

from engine.audit.days.day_tally import DayTally, VersionTally, by_version
from engine.audit.days.live_days import RanLow
from engine.decide.order_record import Record, Timestamp, timestamp
from engine.model.facts import MICRODEGREES, Network


class DayFiguresRecord(Record, frozen=True):
    """Orders that were first decided that day, by that decision; amounts in the unit their name ends in."""

    day: Annotated[str, Meta(extra_json_schema={"format": "date"})]
    orders: int
    filled: int
    partial: int
    unfilled: int
    scheduled: int
    waiting: Annotated[int, Meta(description="orders with units that wait for stock, as they were decided")]
    late: Annotated[int, Meta(description="orders with a shipment that arrives after its promise")]
    rerouted: Annotated[int, Meta(description="decisions of that day that follow another of their order")]
    shipments: int
    units_ordered: int
    units_shipped: int
    units_from_clearance: Annotated[int, Meta(description="of products at the end of their line")]
    cost_micros: int
    co2_mg: int

    @classmethod
    def of(cls, day: datetime.date, tally: DayTally) -> Self:
        total = tally.total
        return cls(
            day=day.isoformat(),
            orders=total.orders,
            filled=tally.statuses["filled"],
            partial=tally.statuses["partial"],
            unfilled=tally.statuses["unfilled"],
            scheduled=tally.statuses["scheduled"],
            waiting=tally.waiting,
            late=total.late,
            rerouted=tally.rerouted,
            shipments=total.shipments,
            units_ordered=total.units_ordered,
            units_shipped=total.units_shipped,
            units_from_clearance=total.end_of_line_units,
            cost_micros=total.cost,
            co2_mg=total.co2,
        )


class VersionFiguresRecord(Record, frozen=True):
    """Orders that a policy version was the first to decide; amounts in the unit their name ends in."""

    version: str
    orders: int
    late: Annotated[int, Meta(description="orders with a shipment that arrives after its promise")]
    shipments: int
    units_ordered: int
    units_shipped: int
    units_from_clearance: Annotated[int, Meta(description="of products at the end of their line")]
    cost_micros: int
    co2_mg: int

    @classmethod
    def of(cls, version: str, tally: VersionTally) -> Self:
        return cls(
            version=version,
            orders=tally.orders,
            late=tally.late,
            shipments=tally.shipments,
            units_ordered=tally.units_ordered,
            units_shipped=tally.units_shipped,
            units_from_clearance=tally.end_of_line_units,
            cost_micros=tally.cost,
            co2_mg=tally.co2,
        )


class DayNodeRecord(Record, frozen=True):
    """What a node was given by the decisions of that day."""

    node: str
    shipments: int
    units: int
    most_shipments: Annotated[int | None, Meta(description="that it may be given a day; null: any number")]
    latitude: float | None
    longitude: float | None


class RanLowRecord(Record, frozen=True):
    """A position whose available units fell to what is low, as the event `stock.low` has it."""

    sku: str
    node: str
    available: int
    at: Timestamp

    @classmethod
    def of(cls, low: RanLow) -> Self:
        return cls(sku=low.sku, node=low.node, available=low.available, at=timestamp(low.at))


class DaysRecord(Record, frozen=True):
    """A day, held against the day before and that of a week before. Days further back than nine are not known."""

    currency: str
    time_zone: str
    complete: Annotated[
        bool, Meta(description="false: the beginning of the log is added up by now; ask again, and there is more of it")
    ]
    newest: Annotated[str | None, Meta(description="the last day on which something was decided; null: none is known")]
    day: DayFiguresRecord
    day_before: DayFiguresRecord
    week_before: DayFiguresRecord
    nodes: Annotated[list[DayNodeRecord], Meta(description="those that ship something, the most shipments first")]
    ran_low: Annotated[list[RanLowRecord], Meta(description="positions that ran low of late, up to 50, the last first")]
    fired: Annotated[dict[str, int], Meta(description="by rule, the orders of that day in which it fired")]
    versions: Annotated[
        list[VersionFiguresRecord], Meta(description="by policy version, the orders of all days that are known")
    ]

    @classmethod
    def of(
        cls,
        days: Mapping[datetime.date, DayTally],
        *,
        day: datetime.date,
        newest: datetime.date | None,
        ran_low: Sequence[RanLow],
        complete: bool,
        network: Network,
    ) -> Self:
        tally = days.get(day, DayTally())
        before, week = (day - datetime.timedelta(days=number) for number in (1, 7))
        return cls(
            currency=network.currency,
            time_zone=network.time_zone,
            complete=complete,
            newest=None if newest is None else newest.isoformat(),
            day=DayFiguresRecord.of(day, tally),
            day_before=DayFiguresRecord.of(before, days.get(before, DayTally())),
            week_before=DayFiguresRecord.of(week, days.get(week, DayTally())),
            nodes=[_node(name, count, tally, network) for name, count in tally.shipments.most_common()],
            ran_low=list(map(RanLowRecord.of, ran_low)),
            fired=dict(tally.fired.most_common()),
            versions=[VersionFiguresRecord.of(version, its) for version, its in sorted(by_version(days).items())],
        )


def _node(name: str, shipments: int, tally: DayTally, network: Network) -> DayNodeRecord:
    node = network.nodes.get(name)
    place = None if node is None else node.place
    return DayNodeRecord(
        node=name,
        shipments=shipments,
        units=tally.units[name],
        most_shipments=None if node is None else node.daily_orders,
        latitude=None if place is None else place.latitude / MICRODEGREES,
        longitude=None if place is None else place.longitude / MICRODEGREES,
    )
