"""Answers what is asked of a connector: each row is a question, and all their answers are one document."""

import io
from collections.abc import Callable, Mapping
from types import MappingProxyType
from typing import Any

from marshmallow import ValidationError

from api.connectors.answering.node_rankings import rank_nodes
from api.connectors.applying.incoming import Place
from api.connectors.fields.mapper import Mapper
from api.connectors.fields.merging import merged
from api.connectors.formats.format import FormatOptions, Row
from api.connectors.language.connector import Connector
from api.connectors.running.opening import open_reader
from api.connectors.running.reading import MessageReader, ReadRow, words_of
from api.connectors.sources.message import Message
from api.shapes.mistakes import mistakes_of
from api.shapes.quantities import encode
from engine.errors import InputInvalid, Mistake
from engine.service import Pointsman

ANSWERED_BY: Mapping[str, Callable[[Place, Mapping[str, Any]], Mapping[str, Any]]] = MappingProxyType(
    {"node_rankings": rank_nodes}
)
"""By the name of the kind, what answers a row with a record."""
_JSON = FormatOptions(format="json")


class Questions:
    """Of one connector whose kind is one of ANSWERED_BY."""

    def __init__(self, pointsman: Pointsman, connector: Connector) -> None:
        """Raises InputInvalid if a table of the connector is wrong."""
        reader = open_reader(connector)
        self._place = Place(pointsman=pointsman, connector=connector.name)
        self._connector = connector
        self._reader: MessageReader = reader
        self._mapper = Mapper(connector.answer, _JSON, reader.tables, outbound=True)

    def answer(self, body: bytes, headers: Mapping[str, str]) -> bytes:
        """JSON, as the connector's file says. Raises InputInvalid with what is wrong with the questions, and
        OrderInvalid.
        """
        now = self._place.pointsman.now
        message = Message(
            id="question", name="question", received_at=now, open=lambda: io.BytesIO(body), headers=headers
        )
        words = words_of(message, self._connector.name)
        documents = [self._document(row, words) for row in self._rows(message)]
        return encode(merged(documents) if documents else {})

    def _rows(self, message: Message) -> list[ReadRow]:
        """Those that count. Raises InputInvalid."""
        with self._reader.reading(message) as items:
            read = list(items)
        mistakes = [
            Mistake(where=bad.place, field=bad.path, message=bad.message)
            for item in read
            if isinstance(item, tuple)
            for bad in item
        ]
        if mistakes:
            raise InputInvalid(mistakes)
        return [item for item in read if isinstance(item, ReadRow)]

    def _document(self, row: ReadRow, words: Mapping[str, str]) -> dict[str, Any]:
        try:
            record = ANSWERED_BY[self._connector.kind](self._place, row.fields)
        except ValidationError as error:
            found = mistakes_of(error.messages)
            raise InputInvalid(
                [Mistake(where=row.place, field=item.field, message=item.message) for item in found]
            ) from None
        answered = Row(number=row.number, place=row.place, values=record)
        document = self._mapper.map(answered, words, [answered])
        if isinstance(document, tuple):
            raise InputInvalid([Mistake(where=bad.place, field=bad.path, message=bad.message) for bad in document])
        return document
