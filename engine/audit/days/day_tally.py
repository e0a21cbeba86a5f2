"""What came of the orders that were first decided on one day."""

import datetime
import zoneinfo
from collections import Counter
from collections.abc import Mapping
from collections.abc import Set as AbstractSet
from dataclasses import dataclass, field, fields

import msgspec
from msgspec import Struct

from engine.decide.decision import Status


class _Line(Struct):
    sku: str
    quantity: int


class _Shipment(Struct):
    node: str
    lines: list[_Line]
    late: bool | None = None


class _Order(Struct):
    lines: list[_Line]


class _Rules(Struct):
    fired: dict[str, int]


class TalliedDecision(Struct):
    """The fields of a decision's record that are added up; all others are skipped. `follows` is there if it is not the
    first of its order.
    """

    status: Status
    decided_at: str
    policy_version: str
    order: _Order
    shipments: list[_Shipment]
    cost_micros: int
    co2_mg: int
    rules: _Rules
    waiting: bool = False
    follows: dict[str, object] | None = None

    @property
    def shipped_skus(self) -> frozenset[str]:
        return frozenset(line.sku for shipment in self.shipments for line in shipment.lines)


read_decision = msgspec.json.Decoder(TalliedDecision).decode


@dataclass(slots=True, kw_only=True)
class VersionTally:
    """Of orders, by their first decision, those that one policy version decided."""

    orders: int = 0
    late: int = 0
    shipments: int = 0
    units_ordered: int = 0
    units_shipped: int = 0
    end_of_line_units: int = 0
    cost: int = 0
    co2: int = 0

    def add(self, decision: TalliedDecision, *, end_of_line: AbstractSet[str]) -> None:
        """`end_of_line` are the SKUs that are at the end of their line."""
        shipped = [line for shipment in decision.shipments for line in shipment.lines]
        self.orders += 1
        self.late += any(shipment.late for shipment in decision.shipments)
        self.shipments += len(decision.shipments)
        self.units_ordered += sum(line.quantity for line in decision.order.lines)
        self.units_shipped += sum(line.quantity for line in shipped)
        self.end_of_line_units += sum(line.quantity for line in shipped if line.sku in end_of_line)
        self.cost += decision.cost_micros
        self.co2 += decision.co2_mg

    def __add__(self, other: "VersionTally") -> "VersionTally":
        return VersionTally(**{its.name: getattr(self, its.name) + getattr(other, its.name) for its in fields(self)})


@dataclass(slots=True, kw_only=True)
class DayTally:
    """Of orders, by their first decision; `rerouted` are the decisions of that day that follow another. `shipments` and
    `units` are by node, `versions` by the policy version that decided.
    """

    statuses: Counter[str] = field(default_factory=Counter)
    waiting: int = 0
    rerouted: int = 0
    shipments: Counter[str] = field(default_factory=Counter)
    units: Counter[str] = field(default_factory=Counter)
    fired: Counter[str] = field(default_factory=Counter)
    versions: dict[str, VersionTally] = field(default_factory=dict)

    def add(self, decision: TalliedDecision, *, end_of_line: AbstractSet[str]) -> None:
        """`end_of_line` are the SKUs that are at the end of their line."""
        if decision.follows is not None:
            self.rerouted += 1
            return
        self.versions.setdefault(decision.policy_version, VersionTally()).add(decision, end_of_line=end_of_line)
        self.statuses[decision.status] += 1
        self.waiting += decision.waiting
        self.fired.update(decision.rules.fired.keys())
        for shipment in decision.shipments:
            self.shipments[shipment.node] += 1
            self.units[shipment.node] += sum(line.quantity for line in shipment.lines)

    @property
    def total(self) -> VersionTally:
        """Of all versions."""
        return sum(self.versions.values(), VersionTally())


def day_of(decision: TalliedDecision, zone: zoneinfo.ZoneInfo) -> datetime.date:
    """On the clock of the network."""
    return datetime.datetime.fromisoformat(decision.decided_at).astimezone(zone).date()


def by_version(days: Mapping[datetime.date, DayTally]) -> dict[str, VersionTally]:
    """What came of the orders of all these days, by the policy version that decided them first."""
    versions: dict[str, VersionTally] = {}
    for tally in days.values():
        for version, its in tally.versions.items():
            versions[version] = versions.get(version, VersionTally()) + its
    return versions


def newest(days: Mapping[datetime.date, DayTally]) -> datetime.date | None:
    """The last day on which anything was decided."""
    return max(days, default=None)
