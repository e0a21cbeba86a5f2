"""Works out which units of an order are cancelled: unfilled ones and those that need no stock first, then waiting ones,
then held ones. Pure.
"""

import dataclasses
from collections import Counter
from collections.abc import Iterator, Mapping, Sequence
from dataclasses import dataclass, field
from typing import Literal, TypeAlias

import orjson

from engine.errors import HoldEnded, InputInvalid, Mistake
from engine.inventory.hold_requests import ending_phrases, verify_shipments
from engine.inventory.unit_choice import QuantityText
from engine.orders.cancellation.cheapest_cancellation import CancellableShipment, cheapest_cancellation
from engine.store.backlog import BacklogEntry
from engine.store.hold_changes.hold_change import HoldChange, moved_units
from engine.store.hold_changes.order_units import OrderUnits
from engine.store.hold_changes.shipment_units import LineUnits, ShipmentUnits
from engine.store.hold_changes.stored_holds import StoredHold
from engine.store.log.entry_bodies import UnitsBody

ShipmentOfOrder: TypeAlias = tuple[StoredHold, ShipmentUnits]


@dataclass(frozen=True, slots=True, kw_only=True)
class CancelRequest:
    """A customer cancels so many units of each line or SKU in `lines`, or all that have not left. With `shipments`, as
    (node, service), only units that these hold.
    """

    order: str
    lines: Mapping[str, int] = field(default_factory=dict)
    shipments: Sequence[tuple[str, str]] = ()
    op: str | None = None

    @property
    def fingerprint(self) -> str:
        """Tells another request under the same `op`."""
        parts = [sorted(self.lines.items()), sorted(set(self.shipments))]
        return f"cancelled {orjson.dumps(parts).decode()}"


@dataclass(frozen=True, slots=True, kw_only=True)
class CancelledUnits:
    """Units of a line that were cancelled, and where they were: a shipment of `decision` held them, they waited under
    it, no decision had them, or they needed no stock.
    """

    line: str
    sku: str
    quantity: int
    was: Literal["unfilled", "not_counted", "waiting", "held"]
    decision: str | None = None
    node: str | None = None
    service: str | None = None


@dataclass(frozen=True, slots=True, kw_only=True)
class Cancellation:
    """The answer: what was cancelled, and how many units of each line are now, in all."""

    order: str
    units: tuple[CancelledUnits, ...]
    cancelled: dict[str, int]


@dataclass(frozen=True, slots=True, kw_only=True)
class PlannedCancellation:
    """What is written: changes of holds, backlog entries before and after, and the log entry's body."""

    answer: Cancellation
    changes: Sequence[HoldChange]
    waiting: Sequence[tuple[BacklogEntry, BacklogEntry | None]]
    body: UnitsBody


UnitCost: TypeAlias = Mapping[tuple[str, str, str], int]
"""What a unit costs in micros, by node, service and SKU."""


@dataclass(frozen=True, slots=True, kw_only=True)
class _Asked:
    """So many units of some lines: of one line, or of all lines of a SKU."""

    name: str
    units: int
    lines: tuple[str, ...]


def plan_cancellation(
    request: CancelRequest, order: OrderUnits, unit_costs: UnitCost, *, now: int, text: QuantityText
) -> PlannedCancellation:
    """Raises InputInvalid for lines, shipments and units that there are not; HoldEnded for units that have left, and
    for shipments whose units all ended otherwise.
    """
    shipments = _shipments(request, order)
    asked = _asked(request, order, shipments, text)
    units = [] if request.shipments else list(_unfilled_and_waiting(asked, order))
    name_of = {line: item.name for item in asked for line in item.lines}
    found = Counter[str]()
    for item in units:
        found[name_of[item.line]] += item.quantity
    missing = {item.name: item.units - found[item.name] for item in asked}
    units += held_units(missing, name_of, shipments, unit_costs)
    if not units and request.shipments:
        _verify_cancelled(request, order)
    elif not units and order.in_state("confirmed"):
        left = _left(order, [line.id for line in order.reading.order.lines], text)
        raise HoldEnded(f"nothing of order {request.order} is left to be cancelled: {left}")
    return _planned(request, order, units, now=now)


def _shipments(request: CancelRequest, order: OrderUnits) -> list[ShipmentOfOrder]:
    """Those with held units, of which some may be cancelled; raises InputInvalid for a name that none has."""
    names = [shipment.name for hold in order.holds for shipment in hold.shipments]
    verify_shipments("order", names, request.shipments)
    asked = request.shipments or names
    return [(hold, shipment) for hold in order.holds for shipment in hold.held if shipment.name in asked]


def _verify_cancelled(request: CancelRequest, order: OrderUnits) -> None:
    """Raises HoldEnded unless the named shipments, which hold nothing, were cancelled before."""
    named = [item for hold in order.holds for item in hold.shipments if item.name in request.shipments]
    ended = [item for item in named if item.ending and item.ending.kind != "cancelled"]
    if ended:
        raise HoldEnded(f"these shipments hold nothing that could be cancelled: {'; '.join(ending_phrases(ended))}")


def _asked(
    request: CancelRequest, order: OrderUnits, shipments: Sequence[ShipmentOfOrder], text: QuantityText
) -> list[_Asked]:
    """What is asked for; without lines, of each line all that there is."""
    there = _in_shipments(shipments)
    if not request.shipments:
        there += Counter(order.unfilled) + Counter(order.not_counted) + order.waiting
    lines = order.reading.order.lines
    if not request.lines:
        return [_Asked(name=line.id, units=there[line.id], lines=(line.id,)) for line in lines if there[line.id]]
    asked: list[_Asked] = []
    mistakes: list[Mistake] = []
    too_late: list[str] = []
    for name, units in request.lines.items():
        named = tuple(line.id for line in lines if line.id == name)
        named = named or tuple(line.id for line in lines if line.sku == name)
        if not named or any(line in item.lines for item in asked for line in named):
            which = "comes twice, by its id and its SKU" if named else f"is no line of order {request.order}"
            mistakes.append(Mistake(field=f"lines.{name}", message=f"'{name}' {which}"))
        elif units > (count := sum(there[line] for line in named)):
            sku = next((line.sku for line in lines if line.id == name), name)
            message = f"{text(sku, units)} x '{name}' can't be cancelled: {text(sku, count)} can"
            if units <= count + sum(order.in_state("confirmed")[line] for line in named):
                too_late.append(f"{message}; {_left(order, named, text)}")
            else:
                mistakes.append(Mistake(field=f"lines.{name}", message=message))
        else:
            asked.append(_Asked(name=name, units=units, lines=named))
    if mistakes:
        raise InputInvalid(mistakes)
    if too_late:
        raise HoldEnded("\n".join(too_late))
    return asked


def _left(order: OrderUnits, lines: Sequence[str], text: QuantityText) -> str:
    """A phrase on what has left."""
    parts = (
        f"{text(sku, count)} x {sku} (line {line}) by {shipment.node}/{shipment.service}"
        for hold in order.holds
        for shipment in hold.shipments
        for line, count in shipment.lines("confirmed").items()
        if line in lines
        for sku in [shipment.skus[line]]
    )
    return f"{', '.join(parts)} left already"


def _unfilled_and_waiting(asked: Sequence[_Asked], order: OrderUnits) -> Iterator[CancelledUnits]:
    unfilled, not_counted = order.unfilled, order.not_counted
    for item in asked:
        missing = item.units
        for line in item.lines:
            # a line has some of one kind at most
            units = min(missing, unfilled[line] + not_counted[line])
            if units:
                missing -= units
                yield _cancelled(order, line, units, "unfilled" if unfilled[line] else "not_counted")
        for entry in order.reading.waiting:
            for line in item.lines:
                units = min(missing, entry.units.get(line, 0))
                if units:
                    missing -= units
                    yield _cancelled(order, line, units, "waiting", entry.decision)


def held_units(
    missing: Mapping[str, int],
    name_of: Mapping[str, str],
    shipments: Sequence[ShipmentOfOrder],
    unit_costs: UnitCost,
) -> Iterator[CancelledUnits]:
    """Units of shipments, so that what is left costs least. All lines of a name have one SKU, so its units cost the
    same in one shipment.
    """
    costed = [_costed(hold, shipment, name_of, unit_costs) for hold, shipment in shipments]
    for (hold, shipment), chosen in zip(shipments, cheapest_cancellation(missing, costed), strict=True):
        left = dict(chosen)
        for line, held in shipment.lines("held").items():
            units = min(held, left.get(name_of.get(line, ""), 0))
            if units:
                left[name_of[line]] -= units
                yield CancelledUnits(
                    line=line,
                    sku=shipment.skus[line],
                    quantity=units,
                    was="held",
                    decision=hold.decision,
                    node=shipment.node,
                    service=shipment.service,
                )


def _costed(
    hold: StoredHold, shipment: ShipmentUnits, name_of: Mapping[str, str], unit_costs: UnitCost
) -> CancellableShipment:
    """What the shipment costs, by the decision that it is of. Its fixed cost can be saved if all of it can go."""
    record = hold.record.shipments[shipment.number]
    costs = {line: unit_costs.get((shipment.node, shipment.service, sku), 0) for line, sku in shipment.skus.items()}
    fixed = record.cost_micros - sum(line.quantity * costs[line.line] for line in record.lines)
    units: Counter[str] = Counter()
    for line, count in shipment.lines("held").items():
        if line in name_of:
            units[name_of[line]] += count
    stays = shipment.lines("confirmed") or any(line not in name_of for line in shipment.lines("held"))
    return CancellableShipment(
        units=units,
        unit_costs={name_of[line]: cost for line, cost in costs.items() if line in name_of},
        fixed=0 if stays else max(0, fixed),
    )


def _planned(
    request: CancelRequest, order: OrderUnits, units: Sequence[CancelledUnits], *, now: int
) -> PlannedCancellation:
    changes = [change for hold in order.holds if (change := _change(hold, units, now=now))]
    waiting = [
        (entry, _without(entry, units))
        for entry in order.reading.waiting
        if any(item.was == "waiting" and item.decision == entry.decision for item in units)
    ]
    now_cancelled = Counter[str]()
    for item in units:
        now_cancelled[item.line] += item.quantity
    return PlannedCancellation(
        answer=Cancellation(
            order=request.order,
            units=tuple(units),
            cancelled=dict(Counter(order.reading.cancelled) + now_cancelled),
        ),
        changes=changes,
        waiting=waiting,
        body=UnitsBody(
            holds=tuple(
                moved_units(change.before.decision, change.before.shipments, change.after, "cancelled")
                for change in changes
            ),
            order=request.order,
            cancelled=dict(now_cancelled),
            waiting={entry.decision: sum(after.units.values()) if after else 0 for entry, after in waiting},
        ),
    )


def _change(hold: StoredHold, units: Sequence[CancelledUnits], *, now: int) -> HoldChange | None:
    """What becomes of a hold; None if it stays as it is."""

    def lines(shipment: ShipmentUnits) -> LineUnits:
        key = (hold.decision, *shipment.name)
        return {
            item.line: item.quantity
            for item in units
            if (item.decision, item.node, item.service) == key and item.line in shipment.skus
        }

    after = tuple(
        shipment.moved(gone, "held", "cancelled", at=now) if (gone := lines(shipment)) else shipment
        for shipment in hold.shipments
    )
    return None if after == hold.shipments else HoldChange(before=hold, after=after)


def _without(entry: BacklogEntry, units: Sequence[CancelledUnits]) -> BacklogEntry | None:
    """The entry with what still waits; None if nothing does."""
    gone = Counter[str]()
    for item in units:
        if item.was == "waiting" and item.decision == entry.decision:
            gone[item.line] += item.quantity
    left = Counter(entry.units) - gone
    return dataclasses.replace(entry, units=dict(left)) if left else None


def _cancelled(
    order: OrderUnits,
    line: str,
    units: int,
    was: Literal["unfilled", "not_counted", "waiting"],
    decision: str | None = None,
) -> CancelledUnits:
    sku = next(item.sku for item in order.reading.order.lines if item.id == line)
    return CancelledUnits(line=line, sku=sku, quantity=units, was=was, decision=decision)


def _in_shipments(shipments: Sequence[ShipmentOfOrder]) -> Counter[str]:
    units: Counter[str] = Counter()
    for _, shipment in shipments:
        units.update(shipment.lines("held"))
    return units
