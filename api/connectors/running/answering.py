"""Answers EDI that was read: a CONTRL or 997 for each interchange, in the folder that the connector names."""

import datetime
from collections.abc import Sequence
from dataclasses import dataclass

from api.connectors.formats.edi.acknowledgements import acknowledgement
from api.connectors.formats.edi.edi_format import all_envelopes
from api.connectors.formats.edi.envelopes import Interchange
from api.connectors.formats.edi.segments import NotEdi
from api.connectors.formats.format import BadRow, seekable
from api.connectors.language.connector import Connector
from api.connectors.running.problems import Problem
from api.connectors.running.reading import MessageReader
from api.connectors.sending.delivery import Delivery
from api.connectors.sending.outgoing import OutgoingMessage
from api.connectors.sources.message import Message


@dataclass(frozen=True, slots=True, kw_only=True)
class Answering:
    """Of one connector. Files are named by their control number: `CONTRL-12.edi`."""

    connector: Connector
    reader: MessageReader
    delivery: Delivery

    def answer(self, message: Message, problems: Sequence[Problem], *, first: int, at: int) -> int:
        """Write an answer to each interchange of the message, the first with the control number `first`; how many there
        are. A file that is no EDI, or whose interchange does not end, has none. Done again, the same is written. Raises
        NotDelivered.
        """
        bad = self._bad(message, problems)
        instant = datetime.datetime.fromtimestamp(at, tz=datetime.UTC)
        interchanges = self._interchanges(message)
        for number, interchange in enumerate(interchanges, start=first):
            body = acknowledgement(
                interchange, bad, number=number, at=instant, whole=self.connector.quarantine == "file"
            )
            name = f"{self.connector.answers}-{number}.edi"
            self.delivery.deliver(
                OutgoingMessage(key=name, name=name, body=body, content_type="application/octet-stream")
            )
        return len(interchanges)

    def _interchanges(self, message: Message) -> list[Interchange]:
        with message.open() as stream, seekable(stream) as source:
            try:
                return all_envelopes(source, self.connector.format)
            except NotEdi:
                return []

    def _bad(self, message: Message, problems: Sequence[Problem]) -> list[BadRow]:
        """Rows that could not be read, each with its segment, and those that were refused later."""
        with self.reader.reading(message) as items:
            bad = [row for item in items if isinstance(item, tuple) for row in item]
        known = {row.row for row in bad}
        return bad + [
            BadRow(row=item.row, place=item.place, path=item.path, message=item.message, raw=item.raw)
            for item in problems
            if item.row not in known
        ]
