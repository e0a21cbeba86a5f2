"""The events of promises that an entry of the log tells."""

from collections.abc import Iterator

from msgspec import UNSET

from engine.decide.order_record import Record, timestamp
from engine.decide.record import DecisionRecord
from engine.events.known_decision import KnownDecision, links_of
from engine.events.payloads import PromiseAtRiskEventRecord, PromiseMovedRecord, ShipmentProgressedRecord
from engine.model.milestones import RECEIPT_CAUSES, Cause
from engine.store.log.entry import Entry


def promise_events(entry: Entry, decision: KnownDecision) -> list[tuple[str, Record]]:
    """Type and data of each event of an entry of one of these kinds; `decision` is the one that it names."""
    match entry.kind:
        case "progressed":
            return [("shipment.progressed", _progressed(entry, decision))]
        case "promise_at_risk":
            return [("promise.at_risk", _at_risk(entry, decision))]
    return [("promise.moved", data) for data in _later(entry, decision)]


def moved(record: DecisionRecord) -> Iterator[PromiseMovedRecord]:
    """Of a decision, if by it something ships from elsewhere that would have come too late."""
    follows = record.follows
    if follows is UNSET or follows.late is UNSET:
        return
    late, decision = follows.late, record.id or ""
    yield PromiseMovedRecord(
        order=record.order.id,
        was=follows.decision,
        shipment=late.shipment,
        decision=decision,
        cause=late.cause,
        promised_by=late.promised_by,
        arrived_by=late.expected_at,
        arrives_by=max(shipment.arrives_by for shipment in record.shipments),
        links=links_of(record.order.id, decision),
    )


def _progressed(entry: Entry, decision: KnownDecision) -> ShipmentProgressedRecord:
    details = entry.details
    return ShipmentProgressedRecord(
        order=decision.order,
        decision=decision.id,
        shipment=details["shipment"],
        milestone=details["milestone"],
        at=timestamp(details["passed_at"]),
        links=decision.links,
    )


def _at_risk(entry: Entry, decision: KnownDecision) -> PromiseAtRiskEventRecord:
    details = entry.details
    return PromiseAtRiskEventRecord(
        order=decision.order,
        decision=decision.id,
        shipment=details["shipment"],
        node=details["node"],
        service=details["service"],
        cause=details["cause"],
        due=timestamp(details["due"]),
        promised_by=timestamp(details["promised"]),
        expected_at=_timestamp(details["expected"]),
        links=decision.links,
    )


def _later(entry: Entry, decision: KnownDecision) -> Iterator[PromiseMovedRecord]:
    """What stays, and arrives at another instant because its receipt does."""
    details = entry.details
    cause: Cause = details["cause"]
    if cause in RECEIPT_CAUSES and details["expected"] != details["planned"]:
        yield PromiseMovedRecord(
            order=decision.order,
            was=decision.id,
            shipment=details["shipment"],
            decision=decision.id,
            cause=cause,
            promised_by=timestamp(details["promised"]),
            arrived_by=timestamp(details["planned"]),
            arrives_by=_timestamp(details["expected"]),
            links=decision.links,
        )


def _timestamp(instant: int | None) -> str | None:
    return None if instant is None else timestamp(instant)
