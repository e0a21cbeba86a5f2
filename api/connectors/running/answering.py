"""Answers EDI that was read: a CONTRL or 997 for each interchange, in the folder that the connector names."""

import datetime
import hashlib
import logging
from collections import Counter
from collections.abc import Sequence
from dataclasses import dataclass, replace

from api.connectors.formats.edi.acknowledgements import MOST_IN_ERROR, acknowledgement, partners_of
from api.connectors.formats.edi.edi_format import all_envelopes
from api.connectors.formats.edi.envelopes import Interchange
from api.connectors.formats.edi.segments import NotEdi
from api.connectors.formats.format import BadRow, seekable
from api.connectors.formats.not_writable import NotWritable
from api.connectors.language.connector import Connector
from api.connectors.running.problems import Problem
from api.connectors.running.reading import MessageReader
from api.connectors.sending.delivery import Delivery
from api.connectors.sending.outgoing import OutgoingMessage
from api.connectors.sources.message import Message
from api.connectors.sources.names import UNSAFE
from engine.store.connectors.answer_store import AnswerStore

_TAG_LETTERS = 3
"""By which a row's first segment is told."""

logger = logging.getLogger("pointsman")


@dataclass(frozen=True, slots=True, kw_only=True)
class Answering:
    """Of one connector. Files have its name, that of the partner, and their control number, which two connectors and
    two networks that write into one folder share: `wms-945-997-LYONWMS-12.edi`.
    """

    connector: Connector
    reader: MessageReader
    delivery: Delivery
    store: AnswerStore

    def answer(self, message: Message, problems: Sequence[Problem], *, at: int) -> str:
        """Write an answer to each interchange of the message; why one that needs one has none, or nothing. A file that
        is no EDI, or whose interchange does not end, needs none. An interchange that comes again, and of which the same
        is true, is answered as it was, under the same number. Raises NotDelivered.
        """
        bad, unanswered = self._bad(message, problems), ""
        for interchange in self._interchanges(message):
            try:
                number, body = self._stored(interchange, bad, at)
            except NotWritable as error:
                unanswered = (
                    f"interchange {interchange.reference} of {message.name} was read, and is not answered:"
                    f" {error.message}; tell its sender"
                )
                logger.warning("connector %s: %s", self.connector.name, unanswered)
                continue
            partner = UNSAFE.sub("_", partners_of(interchange)[0].rpartition(":")[2])
            name = f"{self.connector.name}-{self.connector.answers}-{partner}-{number}.edi"
            self.delivery.deliver(
                OutgoingMessage(key=name, name=name, body=body, content_type="application/octet-stream")
            )
        return unanswered

    def _stored(self, interchange: Interchange, bad: Sequence[BadRow], at: int) -> tuple[int, bytes]:
        """The number of the answer, and the answer, which is stored before anybody sees it."""
        name, seconds = self.connector.name, self.connector.remember
        partners = " ".join(sorted(partners_of(interchange)))
        # all that an answer tells, but for its own number and instant
        outcome = hashlib.sha256(self._body(interchange, bad, number=1, at=0)).hexdigest()
        stored = self.store.reserve(
            name, interchange.digest, outcome=outcome, partners=partners, now=at, seconds=seconds
        )
        if stored.body is not None:
            return stored.number, stored.body
        body = self._body(interchange, bad, number=stored.number, at=stored.at)
        return stored.number, self.store.keep(name, interchange.digest, stored, body, seconds=seconds)

    def _body(self, interchange: Interchange, bad: Sequence[BadRow], *, number: int, at: int) -> bytes:
        """Raises NotWritable."""
        instant = datetime.datetime.fromtimestamp(at, tz=datetime.UTC)
        return acknowledgement(interchange, bad, number=number, at=instant, whole=self.connector.quarantine == "file")

    def _interchanges(self, message: Message) -> list[Interchange]:
        with message.open() as stream, seekable(stream) as source:
            try:
                return all_envelopes(source, self.connector.format)
            except NotEdi:
                return []

    def _bad(self, message: Message, problems: Sequence[Problem]) -> list[BadRow]:
        """Rows that could not be read, each with its segment, and those that were refused later: of each message of EDI
        so many as its answer tells.
        """
        bad, told = [], Counter[int | None]()
        of_problems, known = {item.row for item in problems}, set()
        with self.reader.reading(message) as items:
            for row in (row for item in items if isinstance(item, tuple) for row in item):
                if row.row in of_problems:
                    known.add(row.row)
                told[row.edi_message] += 1
                if row.whole or told[row.edi_message] <= MOST_IN_ERROR:
                    bad.append(replace(row, raw=row.raw[:_TAG_LETTERS]))
        return bad + [
            BadRow(row=item.row, place=item.place, path=item.path, message=item.message, raw=item.raw)
            for item in problems
            if item.row not in known
        ]
