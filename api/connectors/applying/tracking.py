"""Where parcels are, as carriers say it in files: in any order and however often."""

from collections.abc import Sequence

from marshmallow import ValidationError

from api.connectors.applying.incoming import APPLIED, UNCHANGED, IncomingRow, Outcome, Place, Refused, loaded
from api.shapes.fulfilment.tracking import TrackingEventRequest
from api.shapes.mistakes import mistakes_of
from engine.model.tracking import TrackingEvent

_EVENT = TrackingEventRequest()


def apply_tracking(place: Place, rows: Sequence[IncomingRow]) -> list[Outcome]:
    """An event of a number that no parcel has yet is kept for some days, as over HTTP."""
    read: list[TrackingEvent | Outcome] = []
    for row in rows:
        try:
            read.append(loaded(_EVENT, row.fields))
        except ValidationError as error:
            read.append(Refused(tuple(mistakes_of(error.messages))))
    events = [item for item in read if isinstance(item, TrackingEvent)]
    outcomes = iter(place.pointsman.fulfilment.tracking.take(events, place.caller) if events else ())
    return [
        (UNCHANGED if next(outcomes) == "known" else APPLIED) if isinstance(item, TrackingEvent) else item
        for item in read
    ]
