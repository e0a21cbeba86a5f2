"""GET /v1/audit/entries: who did what, entry by entry of the log."""

from http import HTTPStatus
from typing import Any, get_args

from flask import Response
from marshmallow import fields, post_load, validate, validates_schema

from api.http.blueprint import Blueprint, answer
from api.records.audit.entries import LoggedEntriesRecord
from api.shapes.base import Strict
from api.shapes.cursors import DecisionsCursor
from api.shapes.fields import Instant, QueryNumber, Word
from api.shapes.period import verify_period
from engine.service import Pointsman
from engine.store.audit.entry_pages import EntryFilter
from engine.store.log.done_by import DoneBy
from engine.store.log.kinds import KINDS

MOST_ENTRIES = 1_000


class EntriesQuery(Strict):
    """Which entries, and before which one: without, the newest."""

    start = Instant(data_key="from", load_default=None, metadata={"description": "from then on, by the server's clock"})
    end = Instant(data_key="until", load_default=None, metadata={"description": "before then"})
    kind = fields.String(
        load_default=None, validate=validate.OneOf(KINDS), metadata={"description": "only entries of this kind"}
    )
    done_by = fields.String(
        load_default=None,
        validate=validate.OneOf(get_args(DoneBy)),
        metadata={"description": "whether people did it, or the machine"},
    )
    by = Word(load_default=None, metadata={"description": "who did it"})
    about = Word(
        load_default=None,
        metadata={"description": "the decision, version (or 4 letters or more of its start) or node that it is about"},
    )
    limit = QueryNumber(1, MOST_ENTRIES, load_default=100)
    after = DecisionsCursor(load_default=None, metadata={"description": "`next` of the page before"})

    @validates_schema
    def _begins_before_it_ends(self, data: dict[str, Any], **_: Any) -> None:
        verify_period(data["start"], data["end"])

    @post_load
    def _filtered(self, data: dict[str, Any], **_: Any) -> dict[str, Any]:
        paging = {"limit": data.pop("limit"), "after": data.pop("after")}
        return {"filtered": EntryFilter(**data), **paging}


def blueprint(pointsman: Pointsman) -> Blueprint:
    """The log of one Pointsman."""
    entries = Blueprint("entries", __name__, url_prefix="/v1/audit/entries", description="Who did what")

    @entries.get("", scope="audit:read")
    @entries.arguments(EntriesQuery, location="query")
    @entries.response(HTTPStatus.OK, LoggedEntriesRecord)
    def page(query: dict[str, Any]) -> Response:
        """Entries of the log, the latest first: who did what; those in the archive alone are left out"""
        page = pointsman.entry_pages.page(**query)
        return answer(LoggedEntriesRecord.of(page, sealed_to=pointsman.proofs.log.state().last))

    return entries
