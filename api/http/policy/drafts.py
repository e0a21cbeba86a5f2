"""Drafts of policies over HTTP: kept while people work on them."""

import unicodedata
from http import HTTPStatus
from typing import Any

from flask import Response, request, url_for
from marshmallow import Schema, fields, validate

from api.http.access.caller import caller
from api.http.blueprint import Blueprint, answer
from api.http.policy.upload import MOST_FILES, name_mistake
from api.records.policy_drafts import DraftListRecord, DraftRecord
from api.shapes.base import Strict
from api.shapes.list_pages import PageByName, page_of_list
from engine.errors import InputInvalid, Mistake
from engine.service import Pointsman
from engine.store.policy_drafts import TaggedDraft
from rules.tables.document import WORKBOOK

_MOST_LETTERS = 100
"""Of a name."""


class DraftRequest(Strict):
    files = fields.Dict(
        keys=fields.String(),
        values=fields.String(),
        required=True,
        validate=validate.Length(0, MOST_FILES),
        metadata={"description": "the texts of policy files and their tests by name; they may have mistakes"},
    )
    base = fields.String(
        load_default=None,
        metadata={"description": "the version that it is begun from; by default the one that it has"},
    )


class IfMatchHeaders(Schema):
    """Other headers are not looked at."""

    if_match = fields.String(
        data_key="If-Match",
        load_default="",
        metadata={
            "description": "the ETag that the draft was read with; without it, it is begun, and must not be there"
        },
    )


def add_drafts(policies: Blueprint, pointsman: Pointsman) -> None:
    """The calls about drafts."""

    @policies.get("/drafts", scope="policies:read")
    @policies.arguments(PageByName, location="query")
    @policies.response(HTTPStatus.OK, DraftListRecord)
    def list_drafts(query: dict[str, Any]) -> Response:
        """Every draft, or a page of them by name, without its files"""
        page, following = page_of_list(pointsman.policy_drafts.all(), lambda draft: draft.name, **query)
        return answer(DraftListRecord.of(page, following))

    @policies.get("/drafts/<string:draft>", scope="policies:read")
    @policies.response(HTTPStatus.OK, DraftRecord)
    @policies.alt_response(HTTPStatus.NOT_MODIFIED, description="As the ETag in If-None-Match says")
    def show_draft(draft: str) -> Response:
        """A draft with its files; its ETag is another one after each change"""
        response = _answer(pointsman.policy_drafts.show(draft))
        return response.make_conditional(request)

    @policies.put("/drafts/<string:draft>", scope="policies:publish")
    @policies.arguments(IfMatchHeaders, location="headers", unknown="exclude")
    @policies.arguments(DraftRequest)
    @policies.response(HTTPStatus.OK, DraftRecord)
    @policies.alt_response(HTTPStatus.CREATED, schema=DraftRecord, description="It was begun")
    def save_draft(headers: dict[str, str], body: dict[str, Any], draft: str) -> Response:
        """Begin a draft, or save it if nobody changed it since it was read; nothing of it decides"""
        _verify(draft, body["files"])
        before = _tag(headers["if_match"])
        base = body["base"] and pointsman.versions.find(body["base"])
        saved = pointsman.policy_drafts.save(draft, body["files"], base=base, before=before, who=caller().name)
        response = _answer(saved, HTTPStatus.OK if before else HTTPStatus.CREATED)
        if not before:
            response.headers["Location"] = url_for("policies.show_draft", draft=draft)
        return response

    @policies.delete("/drafts/<string:draft>", scope="policies:publish")
    @policies.arguments(IfMatchHeaders, location="headers", unknown="exclude")
    @policies.response(HTTPStatus.NO_CONTENT)
    def delete_draft(headers: dict[str, str], draft: str) -> Response:
        """Delete a draft, if nobody changed it since it was read"""
        pointsman.policy_drafts.remove(draft, before=_tag(headers["if_match"]))
        return Response(status=HTTPStatus.NO_CONTENT)


def _answer(draft: TaggedDraft, status: HTTPStatus = HTTPStatus.OK) -> Response:
    response = answer(DraftRecord.of(draft), status)
    response.set_etag(draft.tag)
    return response


def _tag(header: str) -> str:
    """Of If-Match with one entity tag (RFC 9110, 13.1.1)."""
    return header.strip().removeprefix("W/").strip('"')


def _verify(name: str, files: dict[str, str]) -> None:
    mistakes = []
    if not 0 < len(name) <= _MOST_LETTERS or any(unicodedata.category(sign) in ("Cc", "Zl", "Zp") for sign in name):
        message = f"a draft needs a name of 1 to {_MOST_LETTERS} letters, on one line"
        mistakes.append(Mistake(field="draft", message=message))
    for file in files:
        fault = "is no text; put its sheets in as CSV" if file.endswith(WORKBOOK) else name_mistake(file)
        if fault:
            mistakes.append(Mistake(field="files", message=f"the file {file[:200]!a} {fault}"))
    if mistakes:
        raise InputInvalid(mistakes)
