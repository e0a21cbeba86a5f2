"""The header Idempotency-Key: a request that is sent again is answered as it was, and not carried out again (IETF draft
draft-ietf-httpapi-idempotency-key-header).

Two things make that safe. The answer is kept under the key; and while there is none, because the worker died or the
server did not answer, the request is carried out again under an operation name made of the key (`operation_of_key`),
by which the ledger knows whether it was done.
"""

import logging
import zlib
from collections.abc import Mapping
from http import HTTPStatus

import msgspec
from flask import Flask, Response, g, request

from api.http.access.caller import caller
from api.http.access.networks import CurrentPointsman
from api.http.each_request.key_header import digest, key_of_request
from api.http.each_request.late_releases import LateReleases
from api.http.problems import STORE_IS_AWAY
from engine.actor import name_operation
from engine.errors import KeyReused, RequestInProgress, StoreUnavailable
from engine.store.requests.request_answers import AnsweredAlready, Claimed, InProgress

_ORDER = b'"destination":'
"""In the JSON of every order, and so in every answer with its address."""
_KEPT_HEADERS = ("Content-Type", "Location", "ETag")

logger = logging.getLogger("pointsman.api")


class KeptAnswer(msgspec.Struct, frozen=True):
    """An answer as it is kept. Of a logged decision only its id is: the log has the rest."""

    status: int
    headers: Mapping[str, str]
    body: bytes = b""
    """Compressed."""
    decision: str | None = None
    facts: bool = False


class IdempotentRequests:
    """Of the running request's network."""

    def __init__(self, pointsman: CurrentPointsman) -> None:
        self._pointsman = pointsman
        self._late_releases = LateReleases()

    def guard(self, app: Flask) -> None:
        """From here on. The caller must be known by then, and answers must not be changed after they were kept."""
        app.before_request(self._begin)
        app.after_request(self._settle)

    def _begin(self) -> Response | None:
        """The answer that the request had, or None if it is to be carried out. Raises InputInvalid, KeyReused,
        RequestInProgress, StoreUnavailable.
        """
        key = key_of_request()
        if key is None:
            return None
        name_operation(key)
        name = digest(caller().name, request.method, request.path, key)
        fingerprint = digest(request.query_string.decode("latin-1"), body=request.get_data(cache=True))
        match self._pointsman.request_answers.claim(name, fingerprint):
            case Claimed(attempt=attempt):
                g.claimed = (name, attempt)
                return None
            case AnsweredAlready(answer=answer):
                return self._answer_again(msgspec.msgpack.decode(answer, type=KeptAnswer))
            case InProgress():
                raise RequestInProgress("the same request is being carried out under this idempotency key; ask again")
            case _:
                raise KeyReused(
                    "this idempotency key was used before for a request with another body or query; use a new one for"
                    " each request"
                )

    def _answer_again(self, kept: KeptAnswer) -> Response:
        body = zlib.decompress(kept.body) if kept.body else b""
        if kept.decision is not None:
            decision = self._pointsman.decision(kept.decision)
            body = decision.whole if kept.facts else decision.body
        return Response(body, status=kept.status, headers=dict(kept.headers))

    def _settle(self, response: Response) -> Response:
        if (claimed := g.pop("claimed", None)) is None:
            return response
        answers = self._pointsman.request_answers
        try:
            if response.status_code < HTTPStatus.BAD_REQUEST:
                kept = _kept(response)
                personal = bool(kept.body) and _ORDER in response.get_data()
                answers.keep(*claimed, msgspec.msgpack.encode(kept), personal=personal)
            elif response.status_code < HTTPStatus.INTERNAL_SERVER_ERROR:
                answers.give_back(*claimed, "undone")
            elif g.get(STORE_IS_AWAY):
                self._late_releases.give_back(answers, *claimed, "unknown")
            else:
                answers.give_back(*claimed, "unknown")
        except StoreUnavailable as error:
            # the request was carried out; sent again, the ledger knows it
            logger.error("an answer was not kept: %s", error)  # noqa: TRY400  # ours: no traceback is needed
        return response


def note_decision(decision: str, *, facts: bool) -> None:
    """The running request is answered with this logged decision, with its facts or without."""
    g.answered_decision = (decision, facts)


def keep_in_place(body: bytes) -> None:
    """The running request is answered with a secret: this is kept in place of its answer, and answered to the same
    request sent again.
    """
    g.kept_in_place = body


def _kept(response: Response) -> KeptAnswer:
    headers = {name: response.headers[name] for name in _KEPT_HEADERS if name in response.headers}
    decision, facts = g.get("answered_decision", (None, False))
    shown: bytes = g.get("kept_in_place") or response.get_data()
    body = b"" if decision else zlib.compress(shown, level=1)
    return KeptAnswer(status=response.status_code, headers=headers, body=body, decision=decision, facts=facts)
