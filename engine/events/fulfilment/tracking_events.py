"""The events of where a shipment is that an entry of the log tells."""

from collections.abc import Iterator
from typing import Any

from engine.decide.order_record import Record, timestamp
from engine.events.fulfilment.payloads import (
    ShipmentDeliveredRecord,
    ShipmentLateRecord,
    ShipmentTrackedRecord,
    TrackedParcelRecord,
)
from engine.events.known_decision import KnownDecision
from engine.store.fulfilment.stored_tracking import TrackedChange
from engine.store.log.entry import Entry


def tracking_events(entry: Entry, decision: KnownDecision) -> Iterator[tuple[str, Record]]:
    """Type and data of each event of such an entry; `decision` is the one that it names."""
    change = TrackedChange.of_details(entry.details)
    shipment = decision.shipments[change.shipment]
    about: dict[str, Any] = {
        "order": decision.order,
        "decision": decision.id,
        "shipment": change.shipment,
        "node": shipment.node,
        "service": shipment.service,
        "links": decision.links,
    }
    since = _timestamp(change.since)
    if change.parcels or change.before != change.state:
        parcels = [
            TrackedParcelRecord(sscc=item.sscc, state=item.state, since=_timestamp(item.since))
            for item in change.parcels
        ]
        yield (
            "shipment.tracked",
            ShipmentTrackedRecord(before=change.before, state=change.state, since=since, parcels=parcels, **about),
        )
    promised = timestamp(change.promised)
    if change.state == "delivered" and change.before != "delivered" and change.since is not None:
        yield (
            "shipment.delivered",
            ShipmentDeliveredRecord(
                delivered_at=timestamp(change.since),
                promised_by=promised,
                late=change.since > change.promised,
                **about,
            ),
        )
    if change.raised in ("late", "lost"):
        data = ShipmentLateRecord(state=change.state, since=since, promised_by=promised, **about)
        yield f"shipment.{change.raised}", data


def _timestamp(instant: int | None) -> str | None:
    return None if instant is None else timestamp(instant)
