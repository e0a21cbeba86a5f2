"""The events of what is to come in that an entry of the log tells."""

from collections.abc import Iterator, Sequence
from urllib.parse import quote

from msgspec import UNSET, UnsetType

from engine.decide.order_record import Record, timestamp
from engine.events.payloads import (
    EventLinksRecord,
    EventPromiseRecord,
    InboundChangedRecord,
    InboundLateRecord,
    InboundReceivedRecord,
)
from engine.store.log.entry import Entry


def inbound_events(entry: Entry) -> Iterator[tuple[str, str, Record]]:
    """Type, subject and data."""
    name = entry.decision
    links = EventLinksRecord(receipt=f"/v1/inbound/{quote(name, safe='')}")
    if entry.kind == "expected":
        yield "inbound.changed", name, _changed(entry, links)
    elif entry.kind == "received":
        yield "inbound.received", name, _received(entry, links)
    elif entry.kind == "overdue":
        sku, expected_at = str(entry.details["sku"]), int(entry.details["expected_at"])
        yield (
            "inbound.late",
            name,
            InboundLateRecord(receipt=name, sku=sku, expected_at=timestamp(expected_at), links=links),
        )


def _changed(entry: Entry, links: EventLinksRecord) -> InboundChangedRecord:
    body = entry.receipt
    moved = body.before is not None and body.before != body.expected_at
    return InboundChangedRecord(
        receipt=entry.decision,
        source=body.source,
        sku=body.sku,
        node=body.node,
        status=body.status,
        quantity=body.quantity,
        received=body.received,
        expected_at=timestamp(body.expected_at),
        expected_before=timestamp(body.before or 0) if moved else UNSET,
        first=body.first,
        lost=_promises(body.lost),
        links=links,
    )


def _received(entry: Entry, links: EventLinksRecord) -> InboundReceivedRecord:
    body = entry.receipt
    return InboundReceivedRecord(
        receipt=entry.decision,
        source=body.source,
        sku=body.sku,
        node=body.node,
        status=body.status,
        quantity=body.units,
        over=body.over,
        received=body.received,
        announced=body.quantity,
        arrived=_promises(body.arrived),
        lost=_promises(body.lost),
        links=links,
    )


def _promises(units: Sequence[tuple[str, int, int]]) -> list[EventPromiseRecord] | UnsetType:
    return [
        EventPromiseRecord(decision=hold, shipment=number, quantity=count) for hold, number, count in units
    ] or UNSET
