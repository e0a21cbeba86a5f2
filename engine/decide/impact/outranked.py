"""Who took what an order lacked, of orders that were decided together.

An order that stays unfilled is decided a second time as if those before it had taken nothing. What it would then have
had more of at a node, they took from it: of those that took from there the last before it first, for it came in just
ahead.
"""

import dataclasses
from collections import Counter
from collections.abc import Iterator, Mapping, Sequence
from dataclasses import dataclass
from typing import Any

from engine.decide.decide import decide
from engine.decide.decision import Decision
from engine.decide.evaluation import Case
from engine.decide.matching.judge import PolicyJudge
from engine.model.facts import Position, Snapshot


@dataclass(frozen=True, slots=True, kw_only=True)
class Taking:
    """What an order decided before took: units by (SKU, node), shipments by node."""

    order: str
    decision: str
    priority: int
    units: Mapping[tuple[str, str], int]
    shipments: Mapping[str, int]

    @classmethod
    def of(cls, record: Mapping[str, Any], priority: int) -> "Taking":
        """As the decision on record says."""
        units: Counter[tuple[str, str]] = Counter()
        for shipment in record["shipments"]:
            for line in shipment["lines"]:
                units[line["sku"], shipment["node"]] += line["quantity"]
        shipments = Counter(shipment["node"] for shipment in record["shipments"])
        found = record["order"]["id"], record["id"]
        return cls(order=found[0], decision=found[1], priority=priority, units=units, shipments=shipments)


@dataclass(frozen=True, slots=True, kw_only=True)
class Lacked:
    """Units of a SKU at a node that another order took, or (`took` is room) the node's last shipments of the day."""

    sku: str
    node: str
    units: int
    took: str
    by: Taking

    @property
    def record(self) -> dict[str, Any]:
        return {
            "sku": self.sku,
            "node": self.node,
            "units": self.units,
            "took": self.took,
            "order": self.by.order,
            "decision": self.by.decision,
            "priority": self.by.priority,
        }


def lacked(
    decision: Decision, snapshot: Snapshot, matcher: PolicyJudge, now: int, before: Sequence[Taking]
) -> tuple[Lacked, ...]:
    """What the orders `before`, in the order they were decided, took of what `decision` has unfilled."""
    if not decision.unfilled or not before:
        return ()
    case = Case(order=decision.order, snapshot=snapshot, matcher=matcher, now=now)
    first = decide(decision.order, _untaken(snapshot, before), matcher, now)
    missing = _unfilled(decision)
    missing.subtract(_unfilled(first))
    left, more = _free(case), _units(first)
    left.subtract(_units(decision))
    more.subtract(_units(decision))
    found: list[Lacked] = []
    for (sku, node), units in sorted(more.items()):
        wanted = max(0, min(units, missing[sku]))
        short = max(0, wanted - left[sku, node])
        takers = [*_takers(sku, node, short, before), *_crowders(case, sku, node, wanted - short, before)]
        missing[sku] -= sum(item.units for item in takers)
        found += takers
    return tuple(found)


def _takers(sku: str, node: str, short: int, before: Sequence[Taking]) -> Iterator[Lacked]:
    """Who took so many units that are there no more."""
    for taking in reversed(before):
        units = min(short, taking.units.get((sku, node), 0))
        if units:
            short -= units
            yield Lacked(sku=sku, node=node, units=units, took="units", by=taking)


def _crowders(case: Case, sku: str, node: str, units: int, before: Sequence[Taking]) -> Iterator[Lacked]:
    """Who took the last room of a node that has so many units yet."""
    last = next((taking for taking in reversed(before) if taking.shipments.get(node)), None)
    if units and last and case.room(node) == 0:
        yield Lacked(sku=sku, node=node, units=units, took="room", by=last)


def _free(case: Case) -> Counter[tuple[str, str]]:
    lines = zip(case.order.lines, case.stands, strict=True)
    return Counter({(line.sku, stand.node): stand.free for line, stands in lines for stand in stands})


def _untaken(snapshot: Snapshot, before: Sequence[Taking]) -> Snapshot:
    """The snapshot as if they had taken nothing. Of what has left meanwhile nothing is given back."""
    units: Counter[tuple[str, str]] = Counter()
    shipments: Counter[str] = Counter()
    for taking in before:
        units.update(taking.units)
        shipments.update(taking.shipments)
    positions = {
        sku: {node: _less_held(position, units[sku, node]) for node, position in nodes.items()}
        for sku, nodes in snapshot.positions.items()
    }
    loads = {node: max(0, load - shipments[node]) for node, load in snapshot.loads.items()}
    return dataclasses.replace(snapshot, positions=positions, loads=loads)


def _less_held(position: Position, units: int) -> Position:
    return dataclasses.replace(position, held=max(0, position.held - units)) if units else position


def _units(decision: Decision) -> Counter[tuple[str, str]]:
    found: Counter[tuple[str, str]] = Counter()
    for shipment in decision.shipments:
        for parcel in shipment.lines:
            found[parcel.sku, shipment.node] += parcel.quantity
    return found


def _unfilled(decision: Decision) -> Counter[str]:
    found: Counter[str] = Counter()
    for item in decision.unfilled:
        found[item.sku] += item.quantity
    return found
