"""Cursors and types of events, and webhooks, as they are sent."""

from typing import Any

from marshmallow import ValidationError, fields, validate

from api.shapes.base import Strict
from api.shapes.fields import Literal, Note, QueryNumber, TrueOrFalse
from engine.events.event import EVENT_TYPES, START, Position
from engine.events.webhooks.endpoint_url import MOST_LETTERS
from rules.syntax import literals

MOST_EVENTS = 1_000
"""At once."""
MOST_SECONDS = 30
"""That a request may wait for events."""
LONGEST_OVERLAP = 7 * 24 * 60
"""Minutes that a former secret may go on signing."""
DEFAULT_OVERLAP = 24 * 60
NOW = "now"


class EventCursor(fields.String):
    """The id of an event, a cursor, `start`, or `now`, which is None."""

    def _deserialize(self, value: Any, *_: Any, **__: Any) -> Any:
        return read_cursor(value)


class PositionCursor(fields.String):
    """The id of an event."""

    def _deserialize(self, value: Any, *_: Any, **__: Any) -> Any:
        position = Position.parse(value) if isinstance(value, str) else None
        if position is None:
            raise ValidationError("this is no id of an event")
        return position


def read_cursor(text: Any) -> Position | None:
    """Raises ValidationError."""
    if text == NOW:
        return None
    cursor = START if text == "start" else Position.parse(text) if isinstance(text, str) else None
    if cursor is None:
        raise ValidationError("this is no id of an event, and no cursor; 'start' and 'now' are, too")
    return cursor


def _types(**options: Any) -> fields.List:
    known = validate.OneOf(list(EVENT_TYPES), error="there is no event type '{input}'; there are {choices}")
    return fields.List(fields.String(validate=known), load_default=list, **options)


class EventsQuery(Strict):
    since = EventCursor(
        required=True,
        error_messages={"required": "say since when: 'start' for all that there are, 'now', or a cursor"},
        metadata={
            "description": "the id of the last event that was read, or the cursor of the answer before; `start`: all"
            " that there are; `now`: those from now on",
            "example": "start",
        },
    )
    type = _types(metadata={"description": "only events of this type; repeat it"})
    limit = QueryNumber(1, MOST_EVENTS, load_default=100)
    wait = QueryNumber(
        0, MOST_SECONDS, load_default=0, metadata={"description": "seconds to wait for an event, if there is none"}
    )


class WebhookRequest(Strict):
    url = fields.String(
        required=True,
        validate=validate.Length(min=1, max=MOST_LETTERS),
        metadata={"description": "where to send events", "example": "https://shop.example/pointsman"},
    )
    types = _types(metadata={"description": "only events of these types; none: all"})
    since = EventCursor(load_default=None, metadata={"description": "from this cursor on; by default from now on"})
    note = Note(load_default="", metadata={"description": "whose it is, and what for"})


class ReplayRequest(Strict):
    """From a cursor on, or the dead letters alone, or one of these."""

    since = EventCursor(load_default=None, metadata={"description": "everything after this cursor again"})
    dead = TrueOrFalse(load_default=False, metadata={"description": "the events that are not sent any more, again"})
    event = PositionCursor(load_default=None, metadata={"description": "this event, which is not sent any more, again"})


class RotateRequest(Strict):
    overlap = Literal(
        literals.duration,
        most=LONGEST_OVERLAP,
        load_default=DEFAULT_OVERLAP,
        metadata={"description": "how long the former secret signs, too", "example": "1d"},
    )
