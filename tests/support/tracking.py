"""What a carrier says of parcels, and what follows of it."""

import msgspec

from engine.events.event import START
from engine.model.tracking import TrackingEvent
from engine.store.log.decision_log import entries


def said(number, state, at, *, event_id="", town="", country=""):
    return TrackingEvent(tracking_number=number, id=event_id, state=state, at=at, town=town, country=country)


def tell(shop, *events, source="test"):
    return shop.fulfilment.tracking.take(events, source)


def tracked(shop):
    """The details of the log's entries about it."""
    return [entry.details for entry in entries(shop._client, shop._keys) if entry.kind == "tracked"]


def told(shop):
    """Type and data of each event about it."""
    types = {f"shipment.{name}" for name in ("tracked", "delivered", "late", "lost")}
    events = shop.events.read(START, limit=1_000, types=types).events
    return [(event.type.removeprefix("shipment."), msgspec.to_builtins(event.data)) for event in events]
