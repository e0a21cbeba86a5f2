"""Where parcels are, as carriers say it in files: in any order and however often."""

from collections.abc import Sequence

from api.connectors.applying.incoming import (
    APPLIED,
    UNCHANGED,
    IncomingRow,
    Outcome,
    Place,
    Refused,
    guarded,
    loaded,
    together,
)
from api.shapes.fulfilment.tracking import TrackingEventRequest
from engine.model.tracking import TrackingEvent

_EVENT = TrackingEventRequest()


def apply_tracking(place: Place, rows: Sequence[IncomingRow]) -> list[Outcome]:
    """An event of a number that no parcel has yet is kept for some days, as over HTTP."""
    read: list[TrackingEvent | Refused] = [guarded(lambda row=row: loaded(_EVENT, row.fields)) for row in rows]
    events = [item for item in read if isinstance(item, TrackingEvent)]

    def take(events: Sequence[TrackingEvent]) -> list[Outcome]:
        results = place.pointsman.fulfilment.tracking.take(events, place.caller)
        return [UNCHANGED if result == "known" else APPLIED for result in results]

    outcomes = iter(together(events, take))
    return [next(outcomes) if isinstance(item, TrackingEvent) else item for item in read]
