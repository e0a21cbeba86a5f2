"""Takes over a message that is pushed to a connector, or answers the question in it."""

from collections.abc import Mapping
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
from api.connectors.running.opening import open_answering, open_reader
from api.connectors.running.quarantine import Keeping
from api.connectors.running.receiving import Receiver, verify_signature
from api.connectors.running.settings import SecretMissing
from api.connectors.running.wording import Wording
from api.connectors.sources.spooled import spooled
from api.http.access.caller import caller
from api.http.access.gate import verify_scope
from api.http.blueprint import answer
from api.records.connectors import MessageRecord
from engine.errors import NotReady
from engine.service import Pointsman

MOST_BYTES = 64 << 20
"""Of a message: it lies on the disk while it is taken over, a part of it at a time."""
MOST_BYTES_OF_QUESTION = 1 << 20


def take_over(pointsman: Pointsman, connector: Connector, source: Push, *, files: Path, wording: Wording) -> Response:
    """Take over the message in the body of the current request; returns the answer to it."""
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
        receiver = _receiver(pointsman, connector, files, wording, response)
        with acting_as(connector.name):
            report = receiver.receive(body, headers)
    status = HTTPStatus.OK if report.kept is None else HTTPStatus.ACCEPTED
    if response.body and connector.answers is not None:
        return Response(response.body, status, content_type=EDI_CONTENT_TYPES[connector.answers])
    return answer(MessageRecord.of(report), status)


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
