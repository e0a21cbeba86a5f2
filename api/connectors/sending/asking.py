"""Asks the target about records before they are sent: how they are called there, and whether they are there."""

from collections.abc import Mapping, Sequence
from typing import Any

from api.connectors.fields.conversion import Tables
from api.connectors.fields.found import BadField
from api.connectors.fields.mapper import Mapper
from api.connectors.fields.paths import Path
from api.connectors.formats.format import FormatOptions, Row
from api.connectors.language.connector import Ask
from api.connectors.sending.http_delivery import HttpDelivery, fields_in
from api.connectors.sending.outgoing import OutgoingMessage, Refused
from api.connectors.sending.records.batch import Record
from api.shapes.quantities import encode

ANSWER = "answer"
_JSON = FormatOptions(format="json")


class Asking:
    """Of one connector. `tables` are its lookup tables."""

    def __init__(self, ask: Ask, delivery: HttpDelivery, tables: Tables) -> None:
        self._delivery = delivery
        self._mapper = Mapper(ask.fields, _JSON, tables, outbound=True)
        self._done = Path(ask.done, _JSON) if ask.done else None
        self._url_fields = fields_in(ask.call.url)
        self._has_body = ask.call.method != "GET"

    def answered(self, records: Sequence[Record], words: Mapping[str, str]) -> list[Record]:
        """The records with what was answered, without those that were sent before. Raises NotDelivered, Refused."""
        return self.with_answer(records, self._delivery.ask(self._message(self.question(records, words), words)))

    def question(self, records: Sequence[Record], words: Mapping[str, str]) -> dict[str, Any]:
        """Raises Refused."""
        question = self._mapper.map(self._row(records), words)
        if isinstance(question, tuple):
            raise Refused("; ".join(f"what is asked beforehand can't be written: {bad}" for bad in question))
        return question

    def with_answer(self, records: Sequence[Record], answer: Any) -> list[Record]:
        """Raises Refused."""
        known = [{**record, ANSWER: answer} for record in records]
        try:
            return [record for record in known if self._done is None or not self._done.find([record])]
        except BadField as error:
            raise Refused(f"what was answered does not say whether it was sent before: {error.message}") from None

    def _row(self, records: Sequence[Record]) -> Row:
        alone = records[0] if len(records) == 1 else {}
        return Row(number=1, place="the records", values={**alone, "records": list(records)})

    def _message(self, question: dict[str, Any], words: Mapping[str, str]) -> OutgoingMessage:
        url = {name: str(question.pop(name, "")) for name in self._url_fields}
        body = encode(question) if self._has_body else b""
        return OutgoingMessage(key=words["$key"], name="", body=body, content_type="application/json", url=url)
