"""Entries of a Redis stream: each has one document. The place is the id of the last one that was read."""

import io
from collections.abc import Mapping

from api.connectors.language.places import Stream
from api.connectors.sources.message import Message, SourceUnavailable
from engine.errors import StoreUnavailable
from engine.store.connection.streams import Streams

MOST_AT_ONCE = 1_000
_ENTRY = "entry"


class StreamSource:
    """An entry that has no such field is a message without a byte, and so one with a mistake."""

    def __init__(self, stream: Stream, streams: Streams) -> None:
        self._stream = stream
        self._streams = streams

    def messages(self, place: Mapping[str, str]) -> list[Message]:
        """The oldest that were not read."""
        try:
            entries = self._streams.read(self._stream.name, after=place.get(_ENTRY, "0"), most=MOST_AT_ONCE)
        except StoreUnavailable as error:
            raise SourceUnavailable(f"the stream {self._stream.name} can't be read: {error}") from error
        field = self._stream.field.encode()
        return [self._message(entry, fields.get(field, b"")) for entry, fields in entries]

    def put_away(self, message: Message, *, quarantined: bool) -> None:
        """What was read is told by the place alone."""

    def close(self) -> None:
        pass

    def _message(self, entry: str, body: bytes) -> Message:
        return Message(
            id=entry,
            name=f"{self._stream.name}-{entry}",
            received_at=int(entry.partition("-")[0]) // 1_000,
            open=lambda: io.BytesIO(body),
            after={_ENTRY: entry},
        )
