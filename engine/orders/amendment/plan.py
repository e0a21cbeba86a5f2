"""Works out what an amendment changes: which units stay held, which are let go, and which are to be decided. Pure."""

import dataclasses
import hashlib
from collections import Counter
from collections.abc import Iterator, Mapping, Sequence
from collections.abc import Set as AbstractSet
from dataclasses import dataclass

import msgspec

from engine.decide.order_record import OrderRecord, order_of
from engine.decide.record import lines_not_counted
from engine.errors import AlreadyShipped, InputInvalid, Mistake
from engine.inventory.unit_choice import QuantityText
from engine.model.facts import Line, Order
from engine.orders.cancellation.plan import CancelledUnits, UnitCost, held_units
from engine.store.hold_changes.hold_change import HoldChange, Shipments, moved_units
from engine.store.hold_changes.order_change import OrderChange
from engine.store.hold_changes.order_units import OrderUnits
from engine.store.hold_changes.shipment_units import LineUnits, ShipmentUnits
from engine.store.hold_changes.stored_holds import StoredHold
from engine.store.log.entry_bodies import UnitsBody


@dataclass(frozen=True, slots=True, kw_only=True)
class AmendRequest:
    """`order` is the whole order as it is to be. `waits`: units that stay unfilled wait for stock. `revision`: that of
    the order which is to be amended, as `revision_of` has it; None: whatever it is.
    """

    order: Order
    waits: bool = False
    op: str | None = None
    revision: str | None = None

    @property
    def fingerprint(self) -> str:
        """Tells another request under the same `op`."""
        body = msgspec.json.encode([OrderRecord.of(self.order), self.waits])
        return f"amended {hashlib.blake2b(body, digest_size=12).hexdigest()}"


@dataclass(frozen=True, slots=True, kw_only=True)
class LineChange:
    """A line of which so many units were ordered `before`, and are `after`; 0: it was, or is, no line of the order."""

    line: str
    sku: str
    before: int
    after: int


@dataclass(frozen=True, slots=True, kw_only=True)
class UnitsAtNode:
    """Units of a line that a shipment of `decision` holds, or held."""

    decision: str
    node: str
    service: str
    line: str
    sku: str
    quantity: int


@dataclass(frozen=True, slots=True, kw_only=True)
class OrderAmendment:
    """What changed: the order's `fields`, by name, and its `lines`; the units that stay held where they are (`kept`),
    and those that are not held there any more (`released`): they are not ordered any more, or decided again.
    """

    order: str
    fields: tuple[str, ...]
    lines: tuple[LineChange, ...]
    kept: tuple[UnitsAtNode, ...]
    released: tuple[UnitsAtNode, ...]


@dataclass(frozen=True, slots=True, kw_only=True)
class PlannedAmendment:
    """What is written, and what is decided with it: so many units by line (`undecided`) of an order of which
    `standing` shipments stand. `promised`: some of these units are held now.
    """

    answer: OrderAmendment
    changes: Sequence[HoldChange]
    order: OrderChange
    body: UnitsBody
    undecided: LineUnits
    standing: int
    promised: bool

    def parking(self) -> "PlannedAmendment":
        """The same, after which a person is to approve the order."""
        return dataclasses.replace(
            self,
            order=dataclasses.replace(self.order, parks=True),
            body=msgspec.structs.replace(self.body, parks=True),
        )


def plan_amendment(
    request: AmendRequest, order: OrderUnits, unit_costs: UnitCost, *, now: int, text: QuantityText
) -> PlannedAmendment | OrderAmendment:
    """The plan; only the answer if the order is as requested, and so are its shipments: a confirm that was undone may
    have brought back others. Raises InputInvalid, AlreadyShipped.
    """
    left = order.in_state("confirmed")
    _verify(request.order, order, left, text)
    cancelled = _still_cancelled(request.order, order)
    wanted = +Counter({line.id: line.quantity - cancelled[line.id] - left[line.id] for line in request.order.lines})
    shipments = _kept_shipments(request.order, wanted, order, unit_costs, now=now)
    answer = _answer(request.order, order, shipments)
    changes = [
        HoldChange(before=hold, after=shipments[hold.decision])
        for hold in order.holds
        if shipments[hold.decision] != hold.shipments
    ]
    if not answer.fields and not changes:
        return answer
    for item in answer.kept:
        wanted[item.line] -= item.quantity
    not_counted = lines_not_counted(entry.record for entry in order.reading.entries)
    decided = {line.id for line in request.order.lines if (line.id, line.sku) in not_counted}
    undecided = {line: count for line, count in wanted.items() if count > 0 and line not in decided}
    amended = OrderRecord.of(request.order)
    return PlannedAmendment(
        answer=answer,
        changes=changes,
        order=OrderChange(
            reading=order.reading,
            cancelled=dict(cancelled) if cancelled != Counter(order.reading.cancelled) else None,
            waiting=[(entry, None) for entry in order.reading.waiting],
            amended=amended,
        ),
        body=_body(changes, order, amended, cancelled),
        undecided=undecided,
        standing=sum(shipment.counts for its_shipments in shipments.values() for shipment in its_shipments),
        promised=any(item.line in undecided for item in answer.released),
    )


def only_fewer_units(before: Order, after: Order) -> bool:
    """Whether an order became another one by nothing but lower quantities, or lines that it has no more."""
    lines = {line.id: line for line in before.lines}
    return dataclasses.replace(before, lines=()) == dataclasses.replace(after, lines=()) and all(
        (was := lines.get(line.id)) is not None
        and line.quantity <= was.quantity
        and line == dataclasses.replace(was, quantity=line.quantity)
        for line in after.lines
    )


def _answer(order: Order, units: OrderUnits, shipments: Mapping[str, Shipments]) -> OrderAmendment:
    """What changes if the order becomes this one, and its decisions' shipments these."""
    before, after = OrderRecord.of(units.reading.order), OrderRecord.of(order)
    kept = [item for hold in units.holds for item in _held(hold, shipments[hold.decision])]
    staying = Counter({dataclasses.replace(item, quantity=0): item.quantity for item in kept})
    held = (item for hold in units.holds for item in _held(hold, hold.shipments))
    released = ((item, item.quantity - staying[dataclasses.replace(item, quantity=0)]) for item in held)
    return OrderAmendment(
        order=order.id,
        fields=tuple(name for name in OrderRecord.__struct_fields__ if getattr(before, name) != getattr(after, name)),
        lines=tuple(_line_changes(units.reading.order, order)),
        kept=tuple(kept),
        released=tuple(dataclasses.replace(item, quantity=count) for item, count in released if count),
    )


def _verify(order: Order, units: OrderUnits, left: Mapping[str, int], text: QuantityText) -> None:
    """Raises InputInvalid if the order is said to have been placed at another time, AlreadyShipped if units have left
    that it does not have any more.
    """
    if order.placed_at != units.reading.order.placed_at:
        message = "an order can't be amended to have been placed at another time; send the instant that it has"
        raise InputInvalid([Mistake(field="placed_at", message=message)])
    lines = {line.id: line for line in order.lines}
    too_late = [
        f"{text(line.sku, count)} x {line.sku} (line {line.id}) left already, so keep this line with its SKU and a"
        f" quantity of {text(line.sku, count)} or more"
        for line in units.reading.order.lines
        if (count := left[line.id]) and not (_same(line, lines.get(line.id)) and lines[line.id].quantity >= count)
    ]
    if too_late:
        raise AlreadyShipped("\n".join(too_late))


def _same(line: Line, other: Line | None) -> bool:
    return other is not None and other.sku == line.sku


def _still_cancelled(order: Order, units: OrderUnits) -> Counter[str]:
    """Units by line that stay cancelled: of units that are not ordered any more, cancelled ones go first."""
    before = {line.id: line for line in units.reading.order.lines}
    cancelled = units.reading.cancelled
    return +Counter(
        {
            line.id: cancelled.get(line.id, 0) - max(0, before[line.id].quantity - line.quantity)
            for line in order.lines
            if _same(line, before.get(line.id))
        }
    )


def _kept_shipments(
    order: Order, wanted: Mapping[str, int], units: OrderUnits, unit_costs: UnitCost, *, now: int
) -> dict[str, Shipments]:
    """By decision, its shipments without the units that are not right any more, and of the others without those beyond
    what is `wanted`: so that what stays costs least, as when units are cancelled.
    """
    anew = _lines_of_changed_sets(units.reading.order, order)
    right = {
        hold.decision: tuple(
            shipment.moved(wrong, "held", "amended", at=now)
            if shipment in hold.held and (wrong := _not_right(hold, shipment, order, anew))
            else shipment
            for shipment in hold.shipments
        )
        for hold in units.holds
    }
    there = [(hold, item) for hold in units.holds for item in right[hold.decision] if item.number in hold.bodies]
    surplus = sum((Counter(shipment.lines("held")) for _, shipment in there), Counter()) - Counter(wanted)
    chosen = list(held_units(surplus, {line: line for line in surplus}, there, unit_costs))
    return {
        decision: tuple(
            item.moved(gone, "held", "amended", at=now) if (gone := _chosen_of(chosen, decision, item)) else item
            for item in shipments
        )
        for decision, shipments in right.items()
    }


def _lines_of_changed_sets(before: Order, after: Order) -> frozenset[str]:
    """The lines of sets to which a line was added, or units of one. They travel together, so all of them are decided
    anew.
    """
    lines = {line.id: line for line in before.lines}
    changed = {
        line.set_name
        for line in after.lines
        if (was := lines.get(line.id)) is None or was.set_name != line.set_name or was.quantity < line.quantity
    }
    return frozenset(line.id for line in after.lines if line.set_name is not None and line.set_name in changed)


def _not_right(hold: StoredHold, shipment: ShipmentUnits, order: Order, anew: AbstractSet[str]) -> LineUnits:
    """The held units that the order does not have any more, that would not be shipped as it says, or are of lines that
    are decided `anew`.
    """
    let_go = anew | _lines_otherwise(order_of(hold.record.order), order)
    return {line: count for line, count in shipment.lines("held").items() if line in let_go}


def lines_let_go(before: Order, after: Order) -> frozenset[str]:
    """The lines of which nothing stays held where it is once the order becomes another."""
    return _lines_of_changed_sets(before, after) | _lines_otherwise(before, after)


def _lines_otherwise(before: Order, after: Order) -> frozenset[str]:
    """The lines that the order does not have any more, or not of that SKU, or that are to be shipped otherwise."""
    lines = {line.id: line for line in after.lines}
    return frozenset(
        line.id
        for line in before.lines
        if not _same(line, lines.get(line.id)) or _terms(before, line) != _terms(after, lines[line.id])
    )


def _terms(order: Order, line: Line) -> tuple[object, ...]:
    """What says where a unit of a line has to go, how and by when, and how long it must be usable then."""
    where = (order.place, order.collect_at, order.country, order.postcode, order.region)
    how = (order.channel, order.delivery, order.promise_by, order.deliver_on)
    return (*where, *how, line.delivery, line.collect_at, line.min_shelf_life)


def _chosen_of(chosen: Sequence[CancelledUnits], decision: str, shipment: ShipmentUnits) -> LineUnits:
    key = (decision, shipment.node, shipment.service)
    # two shipments of one name go to different places, and have no line in common
    return {
        item.line: item.quantity
        for item in chosen
        if (item.decision, item.node, item.service) == key and item.line in shipment.skus
    }


def _line_changes(before: Order, after: Order) -> Iterator[LineChange]:
    quantities = [{(line.id, line.sku): line.quantity for line in order.lines} for order in (before, after)]
    for line, sku in quantities[0] | quantities[1]:
        was, becomes = (units.get((line, sku), 0) for units in quantities)
        if was != becomes:
            yield LineChange(line=line, sku=sku, before=was, after=becomes)


def _held(hold: StoredHold, shipments: Shipments) -> Iterator[UnitsAtNode]:
    for shipment in shipments:
        for line, count in shipment.lines("held").items():
            yield UnitsAtNode(
                decision=hold.decision,
                node=shipment.node,
                service=shipment.service,
                line=line,
                sku=shipment.skus[line],
                quantity=count,
            )


def _body(
    changes: Sequence[HoldChange], order: OrderUnits, amended: OrderRecord, cancelled: Mapping[str, int]
) -> UnitsBody:
    """Of the log entry."""
    fewer = Counter(cancelled)
    fewer.subtract(order.reading.cancelled)
    return UnitsBody(
        holds=tuple(
            moved_units(change.before.decision, change.before.shipments, change.after, "amended") for change in changes
        ),
        order=amended.id,
        cancelled={line: count for line, count in fewer.items() if count},
        waiting=dict.fromkeys((entry.decision for entry in order.reading.waiting), 0),
        amended=amended,
    )
