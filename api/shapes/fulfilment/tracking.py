"""The shape of what a carrier says of a parcel."""

from typing import Any

from marshmallow import fields, post_load, validate

from api.shapes.base import Strict
from api.shapes.fields import Country, Instant, Word
from api.shapes.limits import MOST_TRACKING_EVENTS
from engine.model.tracking import TRACKING_STATES, TrackingEvent


class TrackingEventRequest(Strict):
    """An event of the parcel that goes by a tracking number or SSCC. `id` is the same whenever it is told again;
    without, one of the same state, instant and place is taken for the same.
    """

    number = Word(required=True, metadata={"example": "1Z999AA10123456784"})
    state = fields.String(required=True, validate=validate.OneOf(TRACKING_STATES))
    at = Instant(required=True, metadata={"example": "2026-11-27T16:40:00Z"})
    id = Word(load_default=None)
    town = Word(load_default=None, metadata={"description": "where it happened"})
    country = Country(load_default=None)

    @post_load
    def _event(self, data: dict[str, Any], **_: Any) -> TrackingEvent:
        texts = {name: data.pop(name) or "" for name in ("id", "town", "country")}
        return TrackingEvent(tracking_number=data["number"], state=data["state"], at=data["at"], **texts)


class TrackingEventsRequest(Strict):
    """Events, in any order."""

    events = fields.List(
        fields.Nested(TrackingEventRequest),
        required=True,
        validate=validate.Length(min=1, max=MOST_TRACKING_EVENTS),
    )
