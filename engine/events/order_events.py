"""The events of an order that an entry of the log tells."""

from typing import Any

from msgspec import UNSET

from engine.decide.order_record import Record, timestamp
from engine.decide.record import DecisionRecord
from engine.events.event import Event, Position, order_lane
from engine.events.fulfilment.tracking_events import tracking_events
from engine.events.known_decision import KnownDecision, links_of
from engine.events.payloads import (
    EventLineRecord,
    EventShipmentRecord,
    EventUnfilledRecord,
    HoldExpiredRecord,
    NodeRestingRecord,
    OrderChangedRecord,
    OrderDecidedRecord,
    OrderFilledRecord,
    OrderWaitingRecord,
    ShipmentConfirmedRecord,
    ShipmentRejectedRecord,
)
from engine.events.promise_events import moved, promise_events
from engine.inventory.stated_instants import MICROSECONDS
from engine.store.flows.promise_state import PROMISE_KINDS
from engine.store.log.entry import Entry
from engine.store.log.entry_bodies import UnitsBody


def decided(entry: Entry) -> list[tuple[str, Record]]:
    """Type and data of each event of a decision."""
    record = entry.record
    events: list[tuple[str, Record]] = [("order.decided", _decided(record))]
    if record.waiting is True:
        events.append(("order.waiting", _waiting(record)))
    if record.follows is not UNSET and record.follows.because == "stock" and record.status == "filled":
        filled = OrderFilledRecord(
            order=record.order.id,
            decision=entry.decision,
            waited_under=record.follows.decision,
            links=links_of(record.order.id, entry.decision),
        )
        events.append(("order.filled", filled))
    events += [("promise.moved", data) for data in moved(record)]
    return events


def changed(entry: Entry, decision: KnownDecision) -> list[tuple[str, Record]]:
    """Type and data of each event of another entry about an order; `decision` is the one that it names."""
    match entry.kind:
        case "expired":
            data: Record = HoldExpiredRecord(
                order=decision.order, decision=decision.id, shipments=decision.ended(entry), links=decision.links
            )
            return [("hold.expired", data)]
        case "confirmed":
            return [("shipment.confirmed", _confirmed(entry, decision))]
        case "rejected":
            return [("shipment.rejected", _rejected(entry, decision))]
        case "queued":
            return [("order.waiting", _queued(entry, decision))]
        case kind if kind in PROMISE_KINDS:
            return promise_events(entry, decision)
        case "tracked":
            return list(tracking_events(entry, decision))
    return [("order.changed", _changed(entry, decision))]


def placed(entry: Entry, order: str, events: list[tuple[str, Record]]) -> list[Event]:
    """The events of an entry about an order, the first ones of the entry."""
    return [
        Event(
            position=Position(*entry.id, number),
            type=kind,
            subject=order,
            at=entry.at,
            lane=order_lane(order),
            data=data,
        )
        for number, (kind, data) in enumerate(events, start=1)
    ]


def rest_begun(entry: Entry) -> NodeRestingRecord | None:
    """If a rejection began a rest of its node."""
    rejection = entry.rejection
    if rejection.rest is UNSET:
        return None
    until = timestamp(rejection.rest.until)
    return NodeRestingRecord(node=rejection.node, resting=True, until=until, reason=rejection.reason)


def _decided(record: DecisionRecord) -> OrderDecidedRecord:
    return OrderDecidedRecord(
        order=record.order.id,
        decision=record.id or "",
        channel=record.order.channel,
        status=record.status,
        because=UNSET if record.follows is UNSET else record.follows.because,
        policy_version=record.policy_version,
        shipments=[
            EventShipmentRecord(
                shipment=number,
                node=shipment.node,
                service=shipment.service,
                lines=shipment.lines,
                ships_at=shipment.ships_at,
                arrives_by=shipment.arrives_by,
                late=shipment.late,
            )
            for number, shipment in enumerate(record.shipments)
        ],
        unfilled=[
            EventUnfilledRecord(
                line=item.line,
                sku=item.sku,
                quantity=item.quantity,
                reasons=[reason.code for reason in item.reasons],
            )
            for item in record.unfilled
        ],
        hold_until=None if record.hold is None else record.hold.expires_at,
        waiting=record.waiting is True,
        awaiting_approval=record.awaiting_approval is True,
        links=links_of(record.order.id, record.id or ""),
    )


def _waiting(record: DecisionRecord) -> OrderWaitingRecord:
    scheduled = [] if record.scheduled is UNSET else record.scheduled.shipments
    placed_lines = [line for shipment in scheduled for line in shipment.lines]
    lines = [EventLineRecord(line=item.line, sku=item.sku, quantity=item.quantity) for item in record.unfilled]
    lines += [EventLineRecord(line=item.line, sku=item.sku, quantity=item.quantity) for item in placed_lines]
    order, decision = record.order.id, record.id or ""
    return OrderWaitingRecord(order=order, decision=decision, lines=lines, links=links_of(order, decision))


def _queued(entry: Entry, decision: KnownDecision) -> OrderWaitingRecord:
    lines = decision.lines(entry.queued_lines)
    return OrderWaitingRecord(order=decision.order, decision=decision.id, lines=lines, links=decision.links)


def _confirmed(entry: Entry, decision: KnownDecision) -> ShipmentConfirmedRecord:
    return ShipmentConfirmedRecord(
        order=decision.order,
        decision=decision.id,
        shipments=decision.ended(entry),
        left_at=timestamp(entry.instant() // MICROSECONDS),
        late=entry.units is not None and entry.units.late,
        links=decision.links,
    )


def _rejected(entry: Entry, decision: KnownDecision) -> ShipmentRejectedRecord:
    rejection = entry.rejection
    return ShipmentRejectedRecord(
        order=decision.order,
        decision=decision.id,
        node=rejection.node,
        reason=rejection.reason,
        shipments=[decision.units(number, units) for number, units in rejection.parts],
        blocked=rejection.blocks is True,
        links=decision.links,
    )


def _changed(entry: Entry, decision: KnownDecision) -> OrderChangedRecord:
    more: dict[str, Any] = {}
    match entry.kind:
        case "cancelled" | "amended":
            body = entry.units or UnitsBody()
            if body.amended is not UNSET:
                ordered = body.amended.lines
                more["lines"] = [
                    EventLineRecord(line=item.id, sku=item.sku, quantity=item.quantity) for item in ordered
                ]
            else:
                more["cancelled"] = decision.lines(body.cancelled)
            more["released"] = [item for hold in body.holds for item in decision.parts(hold)] or UNSET
        case "released":
            more["released"] = decision.ended(entry)
        case "undone":
            more["returned"] = decision.ended(entry)
    if entry.until is not None:
        more["hold_until"] = timestamp(entry.until)
    return OrderChangedRecord(
        order=decision.order,
        decision=decision.id,
        change=entry.kind,  # type: ignore[arg-type]  # `ORDER_KINDS` has no others
        by=entry.caller or entry.by or None,
        links=decision.links,
        **more,
    )
