"""Which orders took the units that another order lacks, among orders that were decided together.

An order that stays unfilled is decided a second time as if the orders before it had taken nothing. The units of a node
that it would have had in addition were taken by them: first of all by the last one before it that took units there,
because that one was only just ahead. Where none of them took units of a SKU that it lacks, nor the last shipment of a
node that has some, it lacks nothing because of them, and is not decided a second time.
"""

import dataclasses
from collections import Counter
from collections.abc import Collection, Iterator, Mapping, Sequence
from dataclasses import dataclass
from typing import Literal

from engine.decide.decide import decide
from engine.decide.decision import Decision
from engine.decide.evaluation.evaluation import Evaluation
from engine.decide.evaluation.judgements import judged_positions
from engine.decide.evaluation.snapshot_columns import SnapshotColumns
from engine.decide.matching.judge import PolicyJudge
from engine.decide.record import DecisionRecord
from engine.decide.record_parts import LackedRecord
from engine.model.facts import Snapshot, StockPosition
from engine.model.lots import Lot
from engine.model.node_loads import output


@dataclass(frozen=True, slots=True, kw_only=True)
class Taking:
    """What an order that was decided before took: units by (SKU, node), shipments by node."""

    order: str
    decision: str
    priority: int
    units: Mapping[tuple[str, str], int]
    shipments: Mapping[str, int]
    """Of the day, by field of the loads: with units and grams, where these count."""

    @classmethod
    def of(cls, decision: Decision | DecisionRecord, decision_id: str, priority: int) -> "Taking":
        """What the decision took."""
        units: Counter[tuple[str, str]] = Counter()
        for shipment in decision.shipments:
            for line in shipment.lines:
                units[line.sku, shipment.node] += line.quantity
        shipments = Counter(shipment.node for shipment in decision.shipments)
        weights = decision.weights or None  # of a record, it may be unset
        for shipment in decision.shipments:
            sold = [(line.sku, line.quantity) for line in shipment.lines]
            shipments += output(shipment.node, sold, weights)
        return cls(order=decision.order.id, decision=decision_id, priority=priority, units=units, shipments=shipments)


class Takings:
    """What all orders decided before took, in the order they were decided."""

    def __init__(self) -> None:
        self.each: list[Taking] = []
        self.units: Counter[tuple[str, str]] = Counter()
        self.shipments: Counter[str] = Counter()
        self.skus: set[str] = set()

    def add(self, taking: Taking) -> None:
        self.each.append(taking)
        self.units.update(taking.units)
        self.shipments.update(taking.shipments)
        self.skus.update(sku for sku, _ in taking.units)


@dataclass(frozen=True, slots=True, kw_only=True)
class Lacked:
    """Units of a SKU at a node that an order lacks because another order took them, or (`took` is "room") because the
    other order took the node's last shipments of the day.
    """

    sku: str
    node: str
    units: int
    took: Literal["units", "room"]
    by: Taking

    @property
    def record(self) -> LackedRecord:
        return LackedRecord(
            sku=self.sku,
            node=self.node,
            units=self.units,
            took=self.took,
            order=self.by.order,
            decision=self.by.decision,
            priority=self.by.priority,
        )


def lacked(
    decision: Decision, snapshot: Snapshot, matcher: PolicyJudge, now: int, before: Takings
) -> tuple[Lacked, ...]:
    """What the orders `before` took of the units that `decision` leaves unfilled."""
    if not decision.unfilled or not before.each:
        return ()
    columns = SnapshotColumns(snapshot, matcher, now)
    if not _may_have_taken(before, {item.sku for item in decision.unfilled}, columns):
        return ()
    return by_second_decision(decision, columns, matcher, now, before)


def by_second_decision(
    decision: Decision, columns: SnapshotColumns, matcher: PolicyJudge, now: int, before: Takings
) -> tuple[Lacked, ...]:
    """As `lacked` says, on the snapshot of the columns, of any decision."""
    snapshot = columns.snapshot
    evaluation = Evaluation(order=decision.order, snapshot=snapshot, matcher=matcher, now=now, columns=columns)
    if_first = decide(decision.order, _as_if_first(snapshot, before), matcher, now)
    missing = _unfilled(decision)
    missing.subtract(_unfilled(if_first))
    remaining, additional = _free(evaluation), _units(if_first)
    remaining.subtract(_units(decision))
    additional.subtract(_units(decision))
    lacked_units: list[Lacked] = []
    for (sku, node), units in sorted(additional.items()):
        lacking = max(0, min(units, missing[sku]))
        taken = max(0, lacking - remaining[sku, node])
        parts = [
            *_taken_units(sku, node, taken, before.each),
            *_taken_room(evaluation, sku, node, lacking - taken, before.each),
        ]
        missing[sku] -= sum(item.units for item in parts)
        lacked_units += parts
    return tuple(lacked_units)


def _may_have_taken(before: Takings, skus: Collection[str], columns: SnapshotColumns) -> bool:
    """Whether orders took units of one of the SKUs, or shipments of a node that has none left and has such units, or
    expects some.
    """
    if not before.skus.isdisjoint(skus):
        return True
    if not before.shipments:
        return False
    snapshot, rooms = columns.snapshot, columns.rooms
    places = {node for stock in (snapshot.positions, snapshot.receipts) for sku in skus for node in stock.get(sku, ())}
    numbers = (columns.ways.node_index.get(node) for node in places if before.shipments[node])
    return any(number is not None and rooms[number] == 0 for number in numbers)


def _taken_units(sku: str, node: str, taken: int, before: Sequence[Taking]) -> Iterator[Lacked]:
    """Which orders took the `taken` units that the node no longer has, the last order first."""
    for taking in reversed(before):
        units = min(taken, taking.units.get((sku, node), 0))
        if units:
            taken -= units
            yield Lacked(sku=sku, node=node, units=units, took="units", by=taking)


def _taken_room(evaluation: Evaluation, sku: str, node: str, units: int, before: Sequence[Taking]) -> Iterator[Lacked]:
    """Which order took the last shipment of the day of a node that still has so many units."""
    last = next((taking for taking in reversed(before) if taking.shipments.get(node)), None)
    if units and last and evaluation.room(node) == 0:
        yield Lacked(sku=sku, node=node, units=units, took="room", by=last)


def _free(evaluation: Evaluation) -> Counter[tuple[str, str]]:
    return Counter(
        {
            (line.sku, position.node): position.free
            for index, line in enumerate(evaluation.order.lines)
            for position in judged_positions(evaluation, index)
        }
    )


def _as_if_first(snapshot: Snapshot, before: Takings) -> Snapshot:
    """The snapshot as if the orders `before` had taken nothing; units that have been shipped since stay taken."""
    positions = {
        sku: {node: _less_held(position, before.units[sku, node]) for node, position in nodes.items()}
        for sku, nodes in snapshot.positions.items()
    }
    loads, hourly_loads = (
        {node: max(0, load - before.shipments[node]) for node, load in counted.items()}
        for counted in (snapshot.loads, snapshot.hourly_loads)
    )
    lots = {
        sku: {node: _lots_less_held(of_node, before.units[sku, node]) for node, of_node in nodes.items()}
        for sku, nodes in snapshot.lots.items()
    }
    return dataclasses.replace(snapshot, positions=positions, lots=lots, loads=loads, hourly_loads=hourly_loads)


def _lots_less_held(lots: Sequence[Lot], units: int) -> list[Lot]:
    """With so many units fewer held, of those that expire first."""
    less = []
    for lot in lots:
        freed = min(units, lot.held)
        units -= freed
        less.append(lot._replace(held=lot.held - freed))
    return less


def _less_held(position: StockPosition, units: int) -> StockPosition:
    return position._replace(held=max(0, position.held - units)) if units else position


def _units(decision: Decision) -> Counter[tuple[str, str]]:
    units: Counter[tuple[str, str]] = Counter()
    for shipment in decision.shipments:
        for parcel in shipment.lines:
            units[parcel.sku, shipment.node] += parcel.quantity
    return units


def _unfilled(decision: Decision) -> Counter[str]:
    units: Counter[str] = Counter()
    for item in decision.unfilled:
        units[item.sku] += item.quantity
    return units
