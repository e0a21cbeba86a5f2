"""Errors as problem details (RFC 9457): no failure has another body."""

import logging
from collections.abc import Sequence
from http import HTTPStatus
from typing import ClassVar

import msgspec
from flask import Flask, Response, g, request
from flask_smorest import Api
from msgspec import UNSET
from werkzeug.exceptions import HTTPException

from api.http.blueprint import reference
from api.records.findings import FindingRecord
from api.records.problems import MistakeRecord, ProblemRecord, problem_type
from api.shapes.mistakes import mistakes_of
from engine.errors import (
    CarrierUnavailable,
    Mistake,
    NotPermitted,
    NotReplicated,
    PointsmanError,
    RequestInProgress,
    StoreUnavailable,
    TooManyFailedKeys,
    TooManyWhatIfs,
    Unauthenticated,
)
from rules.errors import Finding, PolicyInvalid

logger = logging.getLogger("pointsman.api")

RETRY_SECONDS = 1
STORE_IS_AWAY = "store_is_away"
"""Of Flask's `g`: whether the running request failed because the server can't be used."""
PROBLEM_JSON = "application/problem+json"


class ProblemApi(Api):
    """flask-smorest, with its own error bodies replaced."""

    ERROR_SCHEMA: ClassVar = reference(ProblemRecord)
    DEFAULT_RESPONSE_CONTENT_TYPE = PROBLEM_JSON
    """Of the errors on the OpenAPI page; `Blueprint` gives every other response a type of its own."""

    def handle_http_exception(self, error: HTTPException) -> Response:
        """Errors that Flask and webargs raise: 404, 405, 413, 415, and 422 with every mistake."""
        status = HTTPStatus(error.code or 500)
        messages = (getattr(error, "data", None) or {}).get("messages", {})
        # webargs says where the argument was: json, query, headers
        mistakes = [mistake for part in messages.values() for mistake in mistakes_of(part)] if messages else []
        detail = "; ".join(map(str, mistakes)) or _description(error, status)
        response = problem(status, status.phrase, detail, mistakes)
        response.headers.extend(
            (name, value) for name, value in error.get_headers() if name in ("Allow", "Retry-After")
        )
        return response


def register(app: Flask) -> None:
    """Answer every exception with a problem."""
    app.register_error_handler(PointsmanError, problem_of)
    app.register_error_handler(PolicyInvalid, _from_policy_findings)
    app.register_error_handler(Exception, _from_unexpected_error)


def problem(
    status: HTTPStatus,
    kind: str,
    detail: str,
    mistakes: Sequence[Mistake] = (),
    findings: Sequence[Finding] = (),
) -> Response:
    record = ProblemRecord(
        type=problem_type(kind),
        title=status.phrase,
        status=int(status),
        detail=detail,
        errors=[MistakeRecord(field=mistake.field, message=mistake.message) for mistake in mistakes] or UNSET,
        findings=[FindingRecord.of(finding) for finding in findings] or UNSET,
    )
    return _response(record)


def _response(record: ProblemRecord) -> Response:
    response = Response(msgspec.json.encode(record), status=record.status, content_type=PROBLEM_JSON)
    if record.status == HTTPStatus.SERVICE_UNAVAILABLE:  # 429 has none: waiting frees no quota
        response.headers["Retry-After"] = str(RETRY_SECONDS)
    return response


def problem_of(error: PointsmanError) -> Response:
    """The answer to a request that failed so."""
    if isinstance(error, StoreUnavailable):
        g.setdefault(STORE_IS_AWAY, not isinstance(error, NotReplicated))
        logger.error("a request failed: %s", error)
    response = _response(ProblemRecord.of(error))
    if isinstance(error, RequestInProgress):
        response.headers["Retry-After"] = str(RETRY_SECONDS)
    if isinstance(error, TooManyFailedKeys | TooManyWhatIfs):
        response.headers["Retry-After"] = str(error.retry_after)
    if isinstance(error, CarrierUnavailable) and error.retry_after:
        response.headers["Retry-After"] = str(error.retry_after)
    if challenge := _challenge(error):
        response.headers["WWW-Authenticate"] = challenge
    return response


def _challenge(error: PointsmanError) -> str:
    """What RFC 6750, section 3, has a server say to a caller without a valid key, or without the scope that it needs;
    empty for any other error.
    """
    if isinstance(error, Unauthenticated):
        return 'Bearer realm="pointsman", error="invalid_token"' if error.presented else 'Bearer realm="pointsman"'
    if isinstance(error, NotPermitted) and error.scopes:
        return f'Bearer realm="pointsman", error="insufficient_scope", scope="{" ".join(error.scopes)}"'
    return ""


def _from_policy_findings(error: PolicyInvalid) -> Response:
    return problem(HTTPStatus.UNPROCESSABLE_ENTITY, "policy-invalid", str(error), findings=error.findings)


def _from_unexpected_error(error: Exception) -> Response:
    logger.error("a request failed", exc_info=error)
    return problem(HTTPStatus.INTERNAL_SERVER_ERROR, "internal", "this is a fault of Pointsman; its log says more")


def _description(error: HTTPException, status: HTTPStatus) -> str:
    if status is HTTPStatus.REQUEST_ENTITY_TOO_LARGE:
        return f"the body is larger than {request.max_content_length:,} bytes; send it in several parts"
    return str(error.description)
