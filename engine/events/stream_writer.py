"""Writes the events into a Redis stream, for readers that are inside."""

from collections.abc import Callable

from engine.events.event import START, Event, Position
from engine.events.outbox import Outbox
from engine.store.events.event_stream import EventStream

EVENTS_AT_ONCE = 100


class StreamWriter:
    """Each event is written once, in the step that notes how far that is. `render` makes its JSON."""

    def __init__(self, stream: EventStream, outbox: Outbox, *, render: Callable[[Event], bytes]) -> None:
        self._stream = stream
        self._outbox = outbox
        self._render = render

    def write(self) -> int:
        """Write what is not written yet; returns how many events that was. The first time all that there are."""
        written = 0
        while True:
            before = self._stream.cursor()
            cursor = Position.parse(before) or START
            page = self._outbox.read(cursor, limit=EVENTS_AT_ONCE)
            if page.cursor == cursor:
                return written
            events = [(event.id, event.type, event.subject, self._render(event)) for event in page.events]
            if self._stream.append(events, before=before, after=str(page.cursor)):
                written += len(events)
