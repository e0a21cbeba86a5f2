"""/v1/connectors: how connectors are, and what other systems push to one."""

from collections.abc import Callable, Mapping
from http import HTTPStatus
from pathlib import Path
from typing import BinaryIO

from flask import Response, request

from api.connectors.answering.questions import Questions
from api.connectors.applying.incoming import acting_as
from api.connectors.language.connector import Connector
from api.connectors.language.kinds import INBOUND
from api.connectors.language.places import Push
from api.connectors.running.answer_in_response import EDI_CONTENT_TYPES, AnswersInResponse
from api.connectors.running.book import ConnectorBook
from api.connectors.running.kept_files import kept_by
from api.connectors.running.opening import open_answering, open_reader
from api.connectors.running.quarantine import Keeping
from api.connectors.running.receiving import Receiver, verify_signature
from api.connectors.running.settings import ConnectorSettings, SecretMissing
from api.connectors.running.wording import Wording
from api.connectors.sources.spooled import spooled
from api.http.access.caller import caller
from api.http.access.gate import verify_scope
from api.http.blueprint import Blueprint, answer
from api.http.connector_files import add_kept_files
from api.records.connectors import ConnectorListRecord, ConnectorRecord, MessageRecord
from engine.errors import NotFound, NotReady
from engine.service import Pointsman

MOST_BYTES = 64 << 20
"""Of a message: it lies on the disk while it is taken over, a part of it at a time."""
MOST_BYTES_OF_QUESTION = 1 << 20
_BYTES = {"type": "string", "format": "binary"}


def blueprint(pointsman: Pointsman, settings: Callable[[], ConnectorSettings], wording: Wording) -> Blueprint:
    """The connectors of one Pointsman that are pushed to; `settings` are read once a request comes. Problem files are
    in the `wording`.
    """
    connectors = Blueprint("connectors", __name__, url_prefix="/v1/connectors", description="Other systems, by data")
    folder = _Folder(settings)

    def is_signed() -> bool:
        known = folder.pushed_to((request.view_args or {}).get("name", ""))
        return known is not None and known[1].secret is not None

    @connectors.get("", scope=("admin", "audit:read", "orders"))
    @connectors.response(HTTPStatus.OK, ConnectorListRecord)
    def listed() -> Response:
        """Every connector, how far it is, and its last error"""
        files = settings().files
        records = [
            ConnectorRecord.of(item, pointsman.connectors.status(item.name), kept_by(item, files), now=pointsman.now)
            for item in folder.connectors().values()
        ]
        return answer(ConnectorListRecord(connectors=records))

    @connectors.post("/<string:name>", scope=("stock", "orders"), signed=is_signed)
    @connectors.doc(
        requestBody={
            "required": True,
            "content": {"application/octet-stream": {"schema": {"type": "string", "format": "binary"}}},
        }
    )
    @connectors.response(HTTPStatus.OK, MessageRecord)
    @connectors.alt_response(
        HTTPStatus.ACCEPTED, schema=MessageRecord, description="Some of it could not be used, and is kept for a person"
    )
    def push(name: str) -> Response:
        """Take over a message, in the form that the connector's file says

        A question is answered in the words that the file says, and nothing is taken over. Who sends a message has an
        API key or, where the connector's file says so, signs the body. What is answered 200 or 202 need not be sent
        again; sent again, it counts once. EDI is answered by CONTRL or 997 (`application/EDIFACT`,
        `application/EDI-X12`) where the connector's file says so and names no folder for that.
        """
        known = folder.pushed_to(name)
        if known is None:
            raise NotFound(f"no connector '{name}' is pushed to here")
        connector, source = known
        if source.secret is None:  # before a body is read that nobody may send
            verify_scope(caller(), (INBOUND[connector.kind].scope,))
        is_question = INBOUND[connector.kind].question
        request.max_content_length = MOST_BYTES_OF_QUESTION if is_question else MOST_BYTES
        headers = dict(request.headers.items())
        with spooled(request.stream) as body:
            if source.secret is not None:
                _verify_signature(connector, source, headers, body)
            if is_question:
                answered = Questions(pointsman, connector).answer(body.read(), headers)
                return Response(answered, content_type="application/json")
            response = AnswersInResponse()
            receiver = _receiver(pointsman, connector, settings().files, wording, response)
            with acting_as(connector.name):
                report = receiver.receive(body, headers)
        status = HTTPStatus.OK if report.kept is None else HTTPStatus.ACCEPTED
        if response.body and connector.answers is not None:
            return Response(response.body, status, content_type=EDI_CONTENT_TYPES[connector.answers])
        return answer(MessageRecord.of(report), status)

    add_kept_files(connectors, pointsman, folder.connectors, lambda: settings().files, wording)
    return connectors


class _Folder:
    """The connectors in the folder that the settings name by then."""

    def __init__(self, settings: Callable[[], ConnectorSettings]) -> None:
        self._settings = settings
        self._books: dict[Path | None, ConnectorBook] = {}

    def connectors(self) -> Mapping[str, Connector]:
        folder = self._settings().folder
        return self._books.setdefault(folder, ConnectorBook(folder)).connectors()

    def pushed_to(self, name: str) -> tuple[Connector, Push] | None:
        """The connector of that name, if messages are pushed to it."""
        connector = self.connectors().get(name)
        source = connector.reads.source if connector and connector.reads else None
        return (connector, source) if connector is not None and isinstance(source, Push) else None


def _receiver(
    pointsman: Pointsman, connector: Connector, files: Path, wording: Wording, response: AnswersInResponse
) -> Receiver:
    reader = open_reader(connector)
    answering = open_answering(pointsman, connector, reader, files, response)
    keeping = Keeping(connector, files, wording)
    return Receiver(pointsman, connector, reader=reader, keeping=keeping, answering=answering)


def _verify_signature(connector: Connector, source: Push, headers: Mapping[str, str], body: BinaryIO) -> None:
    """Raises Unauthenticated; NotReady if nobody has set the secret, so that the sender tries again."""
    try:
        verify_signature(connector, source, headers, body)
    except SecretMissing as error:
        raise NotReady(str(error)) from error
