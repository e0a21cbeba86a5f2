"""Policy versions over HTTP: publish, check, activate, go back, list, read."""

from http import HTTPStatus
from typing import Any

from flask import Response, request, url_for
from marshmallow import Schema

from api.files.policy_tests.reader import make_test_runner
from api.http.access.caller import caller
from api.http.blueprint import Blueprint, answer
from api.http.policy.upload import MULTIPART, read_upload
from api.records.policies import (
    PublishedRecord,
    ReviewRecord,
    TimelineRecord,
    VersionRecord,
    VersionsRecord,
    rule_summaries,
)
from api.shapes.base import Strict
from api.shapes.fields import IdempotencyKey, Instant, Note
from engine.errors import PolicyUnreadable
from engine.service import Pointsman

_TEXT = {"type": "string"}
_UPLOAD = {
    "required": True,
    "content": {
        "application/json": {
            "schema": {
                "type": "object",
                "required": ["files"],
                "additionalProperties": False,
                "properties": {
                    "files": {"type": "object", "additionalProperties": _TEXT, "description": "texts by file name"},
                    "note": {"type": "string", "description": "why, for the history"},
                },
            }
        },
        MULTIPART: {
            "schema": {
                "type": "object",
                "required": ["files"],
                "properties": {
                    "files": {"type": "array", "items": {"type": "string", "contentMediaType": "application/yaml"}},
                    "note": {"type": "string", "description": "why, for the history"},
                },
            }
        },
    },
}


class OperationHeaders(Schema):
    key = IdempotencyKey("answered and not done again")


class ActivateRequest(Strict):
    at = Instant(load_default=None, metadata={"description": "from this instant on; by default from now on"})
    note = Note(load_default="", metadata={"description": "why, for the history"})


class RollbackRequest(Strict):
    note = Note(load_default="", metadata={"description": "why, for the history"})


def blueprint(pointsman: Pointsman) -> Blueprint:
    """The policy versions of one Pointsman."""
    policies = Blueprint("policies", __name__, url_prefix="/v1/policies", description="The versions of the policies")

    @policies.post("", scope="policies:publish")
    @policies.doc(requestBody=_UPLOAD)
    @policies.arguments(OperationHeaders, location="headers", unknown="exclude")
    @policies.response(HTTPStatus.CREATED, PublishedRecord)
    @policies.alt_response(HTTPStatus.OK, schema=PublishedRecord, description="Published before")
    def publish(headers: dict[str, str | None]) -> Response:
        """Store policy files as one version; it does not decide before it is activated"""
        upload = read_upload(request)
        published = pointsman.versions.publish(
            upload.policies, note=upload.note, run_tests=make_test_runner(upload.tests), **_caller(headers)
        )
        response = answer(PublishedRecord.of(published), HTTPStatus.CREATED if published.new else HTTPStatus.OK)
        response.headers["Location"] = url_for("policies.read", version=published.version)
        return response

    @policies.post("/check", scope="policies:read")
    @policies.doc(requestBody=_UPLOAD)
    @policies.response(HTTPStatus.OK, ReviewRecord)
    def check() -> Response:
        """Say every error and warning of policy files, and try the tests sent along; nothing is changed"""
        upload = read_upload(request)
        return answer(
            ReviewRecord.of(pointsman.versions.review(upload.policies, run_tests=make_test_runner(upload.tests)))
        )

    @policies.get("", scope="policies:read")
    @policies.response(HTTPStatus.OK, VersionsRecord)
    def listed() -> Response:
        """Every version, which one decides, and what is scheduled"""
        published = pointsman.versions.published()
        return answer(VersionsRecord.of(pointsman.versions.timeline(), published))

    @policies.get("/<string:version>", scope="policies:read")
    @policies.response(HTTPStatus.OK, VersionRecord)
    def read(version: str) -> Response:
        """A version's files and rules, by its name, a unique start of 4 letters or more, or `active`"""
        full_version = pointsman.versions.find(version)
        try:
            rules, unreadable = rule_summaries(pointsman.versions.read(full_version)), None
        except PolicyUnreadable as error:
            rules, unreadable = None, str(error)
        files = pointsman.versions.texts(full_version)
        return answer(VersionRecord(version=full_version, files=files, rules=rules, unreadable=unreadable))

    @policies.post("/<string:version>/activate", scope="policies:publish")
    @policies.arguments(ActivateRequest)
    @policies.arguments(OperationHeaders, location="headers", unknown="exclude")
    @policies.response(HTTPStatus.OK, TimelineRecord)
    def activate(body: dict[str, Any], headers: dict[str, str | None], version: str) -> Response:
        """Let a version decide, from the next decision on or from an instant on"""
        pointsman.versions.activate(
            pointsman.versions.find(version), note=body["note"], since=body["at"], **_caller(headers)
        )
        return answer(TimelineRecord.of(pointsman.versions.timeline()))

    @policies.post("/rollback", scope="policies:publish")
    @policies.arguments(RollbackRequest)
    @policies.arguments(OperationHeaders, location="headers", unknown="exclude")
    @policies.response(HTTPStatus.OK, TimelineRecord)
    def rollback(body: dict[str, str], headers: dict[str, str | None]) -> Response:
        """Let the version decide again that was active before; each time one further back"""
        pointsman.versions.roll_back(note=body["note"], **_caller(headers))
        return answer(TimelineRecord.of(pointsman.versions.timeline()))

    return policies


def _caller(headers: dict[str, str | None]) -> dict[str, Any]:
    """Who asks, and the operation under which the same request is recognised if it is sent again."""
    key = headers["key"]
    name = caller().name
    return {"who": name, "operation": f"{name}:{key}" if key else None}
