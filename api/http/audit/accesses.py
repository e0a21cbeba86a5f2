"""GET /v1/audit/accesses: who read personal data."""

from http import HTTPStatus
from typing import Any

from flask import Response
from marshmallow import post_load, validates_schema

from api.http.blueprint import Blueprint, answer
from api.records.audit.accesses import AccessListRecord
from api.shapes.base import Strict
from api.shapes.cursors import DecisionsCursor
from api.shapes.fields import Instant, QueryNumber, Word
from api.shapes.period import verify_period
from engine.service import Pointsman
from engine.store.audit.accesses import AccessFilter

MOST_ACCESSES = 1_000


class AccessesQuery(Strict):
    """Which accesses, and before which one: without, the newest."""

    start = Instant(data_key="from", load_default=None, metadata={"description": "from then on, by the server's clock"})
    end = Instant(data_key="until", load_default=None, metadata={"description": "before then"})
    by = Word(load_default=None, metadata={"description": "who read"})
    subject = Word(
        data_key="id",
        load_default=None,
        metadata={"description": "the order or decision that was read, or the order whose decision was"},
    )
    what = Word(load_default=None, metadata={"description": "an operation or command", "example": "orders_show"})
    limit = QueryNumber(1, MOST_ACCESSES, load_default=100)
    after = DecisionsCursor(load_default=None, metadata={"description": "`next` of the page before"})

    @validates_schema
    def _begins_before_it_ends(self, data: dict[str, Any], **_: Any) -> None:
        verify_period(data["start"], data["end"])

    @post_load
    def _filtered(self, data: dict[str, Any], **_: Any) -> dict[str, Any]:
        paging = {"limit": data.pop("limit"), "after": data.pop("after")}
        return {"filtered": AccessFilter(**data), **paging}


def blueprint(pointsman: Pointsman) -> Blueprint:
    """The access log of one Pointsman."""
    accesses = Blueprint("accesses", __name__, url_prefix="/v1/audit/accesses", description="Who read personal data")

    @accesses.get("", scope="audit:read")
    @accesses.arguments(AccessesQuery, location="query")
    @accesses.response(HTTPStatus.OK, AccessListRecord)
    def page(query: dict[str, Any]) -> Response:
        """Who read personal data, the latest first"""
        return answer(AccessListRecord.of(pointsman.accesses.page(**query)))

    return accesses
