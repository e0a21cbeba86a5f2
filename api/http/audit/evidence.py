"""GET /v1/audit/report: the evidence report of a period."""

from http import HTTPStatus
from typing import Any

from flask import Response, g
from marshmallow import ValidationError, validates_schema

from api.http.blueprint import ITEMS, Blueprint, answer
from api.http.serving.ending import Ending
from api.shapes.base import Strict
from api.shapes.fields import Instant
from engine.audit.evidence.record import EvidenceReportRecord
from engine.service import Pointsman

MOST_DAYS = 31
_DAY = 86_400


class ReportQuery(Strict):
    start = Instant(
        data_key="from", required=True, metadata={"description": "what was logged from then on, by the server's clock"}
    )
    end = Instant(data_key="until", required=True, metadata={"description": "and before then"})

    @validates_schema
    def _is_a_month_at_most(self, data: dict[str, Any], **_: Any) -> None:
        if not 0 < data["end"] - data["start"] <= MOST_DAYS * _DAY:
            message = f"the period ends after it begins, {MOST_DAYS} days later at most"
            raise ValidationError(message, "until")


def blueprint(pointsman: Pointsman) -> Blueprint:
    """The evidence reports of one Pointsman."""
    evidence = Blueprint("evidence", __name__, url_prefix="/v1/audit/report", description="Evidence of a period")

    @evidence.get("", scope="audit:read")
    @evidence.arguments(ReportQuery, location="query")
    @evidence.response(HTTPStatus.OK, EvidenceReportRecord)
    def report(query: dict[str, Any]) -> Response:
        """The evidence report of a period: emissions, rules that changed, what was overridden or done by hand

        It reads all of the log of the period, some thousand entries a second, and compares it with what was sealed.
        """
        verify_going_on = Ending.of_request().verify_going_on
        made = pointsman.evidence.report(query["start"], query["end"], progress=lambda _: verify_going_on())
        response = answer(made)
        setattr(g, ITEMS, made.decisions)  # read, as the access log has it
        return response

    return evidence
