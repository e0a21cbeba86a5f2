"""Errors as problem details (RFC 9457): one table from errors to HTTP statuses, and no other body for any failure."""

import logging
from collections.abc import Mapping, Sequence
from http import HTTPStatus
from typing import ClassVar

import msgspec
from flask import Flask, Response, current_app
from flask_smorest import Api
from msgspec import UNSET
from werkzeug.exceptions import HTTPException

from api.http.blueprint import reference
from api.records.findings import FindingRecord
from api.records.problems import MistakeRecord, ProblemRecord
from api.shapes.mistakes import mistakes_of
from engine.errors import (
    Contended,
    HoldEnded,
    InputInvalid,
    KeyReused,
    Mistake,
    NotActivated,
    NotFound,
    NotReady,
    PointsmanError,
    QuotaExceeded,
    QuoteExpired,
    QuoteNotKept,
    QuoteTaken,
    StockConflict,
    StoreUnavailable,
    TestsFailed,
)
from rules.errors import Finding, PolicyInvalid

logger = logging.getLogger("pointsman.api")

STATUSES: Mapping[type[PointsmanError], HTTPStatus] = {
    InputInvalid: HTTPStatus.UNPROCESSABLE_ENTITY,
    NotFound: HTTPStatus.NOT_FOUND,
    KeyReused: HTTPStatus.CONFLICT,
    NotActivated: HTTPStatus.CONFLICT,
    TestsFailed: HTTPStatus.UNPROCESSABLE_ENTITY,
    HoldEnded: HTTPStatus.CONFLICT,
    StockConflict: HTTPStatus.CONFLICT,
    QuoteExpired: HTTPStatus.NOT_FOUND,
    QuoteTaken: HTTPStatus.CONFLICT,
    QuoteNotKept: HTTPStatus.CONFLICT,
    QuotaExceeded: HTTPStatus.TOO_MANY_REQUESTS,
    NotReady: HTTPStatus.SERVICE_UNAVAILABLE,
    Contended: HTTPStatus.SERVICE_UNAVAILABLE,
    PointsmanError: HTTPStatus.INTERNAL_SERVER_ERROR,
}
RETRY_SECONDS = 1
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
        response = problem(status, _slug(status.phrase), detail, mistakes)
        response.headers.extend(
            (name, value) for name, value in error.get_headers() if name in ("Allow", "Retry-After")
        )
        return response


def register(app: Flask) -> None:
    """Answer every exception with a problem."""
    app.register_error_handler(PointsmanError, _from_pointsman_error)
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
        type=f"urn:pointsman:problem:{kind}",
        title=status.phrase,
        status=int(status),
        detail=detail,
        errors=[MistakeRecord(field=mistake.field, message=mistake.message) for mistake in mistakes] or UNSET,
        findings=[FindingRecord.of(finding) for finding in findings] or UNSET,
    )
    response = Response(msgspec.json.encode(record), status=status, content_type=PROBLEM_JSON)
    if status == HTTPStatus.SERVICE_UNAVAILABLE:  # 429 has none: waiting frees no quota
        response.headers["Retry-After"] = str(RETRY_SECONDS)
    return response


def _from_pointsman_error(error: PointsmanError) -> Response:
    if isinstance(error, StoreUnavailable):
        logger.error("a request failed: %s", error)
        return problem(HTTPStatus.SERVICE_UNAVAILABLE, "store-unavailable", error.message)
    status = next(status for kind, status in STATUSES.items() if isinstance(error, kind))
    mistakes = error.mistakes if isinstance(error, InputInvalid) else ()
    return problem(status, _slug(type(error).__name__), str(error), mistakes)


def _from_policy_findings(error: PolicyInvalid) -> Response:
    return problem(HTTPStatus.UNPROCESSABLE_ENTITY, "policy-invalid", str(error), findings=error.findings)


def _from_unexpected_error(error: Exception) -> Response:
    logger.error("a request failed", exc_info=error)
    return problem(HTTPStatus.INTERNAL_SERVER_ERROR, "internal", "this is a fault of Pointsman; its log says more")


def _description(error: HTTPException, status: HTTPStatus) -> str:
    if status is HTTPStatus.REQUEST_ENTITY_TOO_LARGE:
        return f"the body is larger than {current_app.config['MAX_CONTENT_LENGTH']} bytes"
    return str(error.description)


def _slug(name: str) -> str:
    """`OrderInvalid` and `Not Found` as `order-invalid` and `not-found`."""
    spaced = "".join(f" {letter}" if letter.isupper() else letter for letter in name)
    return "-".join(spaced.lower().split())
