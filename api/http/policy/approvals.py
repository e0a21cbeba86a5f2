"""Approvals of policy versions over HTTP: to ask for one, take that back, give it, decline it."""

from collections.abc import Mapping
from http import HTTPStatus
from typing import Any

from flask import Response
from marshmallow import ValidationError, validates_schema

from api.http.blueprint import Blueprint, answer
from api.http.policy.calling import calling
from api.records.listed_versions import ListedVersionRecord
from api.shapes.base import Strict
from api.shapes.fields import Instant, Note, Word
from engine.service import Pointsman


class AskRequest(Strict):
    note = Note(load_default="", metadata={"description": "what who approves should know; kept in the history"})
    activate_at = Instant(
        load_default=None,
        metadata={"description": "from which instant on the version should decide; nothing is scheduled by that"},
    )


class TakeBackRequest(Strict):
    note = Note(load_default="", metadata={"description": "why, for the history"})


class ApproveVersionRequest(Strict):
    note = Note(load_default="", metadata={"description": "why, for the history"})
    asked_by = Word(
        load_default=None,
        metadata={"description": "with `asked_at`: only if what this person asked then still waits for an answer"},
    )
    asked_at = Instant(load_default=None, metadata={"description": "`at` of the `approval_request` that is answered"})

    @validates_schema
    def _verify_both(self, data: Mapping[str, Any], **_: Any) -> None:
        if (data["asked_by"] is None) != (data["asked_at"] is None):
            raise ValidationError("give both, or none", "asked_at" if data["asked_at"] is None else "asked_by")


class DeclineRequest(Strict):
    note = Note(required=True, metadata={"description": "why, for who asked, and for the history"})


def add_approvals(policies: Blueprint, pointsman: Pointsman) -> None:
    """The calls about approvals."""

    def listed(full_version: str) -> Response:
        return answer(ListedVersionRecord.of(pointsman.versions.listed(full_version)))

    @policies.post("/<string:version>/ask", scope="policies:publish")
    @policies.arguments(AskRequest)
    @policies.response(HTTPStatus.OK, ListedVersionRecord)
    def ask(body: dict[str, Any], version: str) -> Response:
        """Ask that a published version be approved; while that waits for an answer, again, it is answered the same"""
        full_version = pointsman.versions.find(version)
        pointsman.versions.approvals.ask(full_version, note=body["note"], activate_at=body["activate_at"], **calling())
        return listed(full_version)

    @policies.post("/<string:version>/take-back", scope="policies:publish")
    @policies.arguments(TakeBackRequest)
    @policies.response(HTTPStatus.OK, ListedVersionRecord)
    def take_back(body: dict[str, str], version: str) -> Response:
        """Take back what one has asked: the version need not be approved any more"""
        full_version = pointsman.versions.find(version)
        pointsman.versions.approvals.take_back(full_version, note=body["note"], **calling())
        return listed(full_version)

    @policies.post("/<string:version>/approve", scope="policies:approve")
    @policies.arguments(ApproveVersionRequest)
    @policies.response(HTTPStatus.OK, ListedVersionRecord)
    def approve(body: dict[str, Any], version: str) -> Response:
        """Approve a version that somebody else published; again, it is answered the same"""
        full_version = pointsman.versions.find(version)
        asked_by, asked_at = body["asked_by"], body["asked_at"]
        answers = None if asked_by is None else (asked_by, asked_at)
        pointsman.versions.approvals.approve(full_version, note=body["note"], answers=answers, **calling())
        return listed(full_version)

    @policies.post("/<string:version>/decline", scope="policies:approve")
    @policies.arguments(DeclineRequest)
    @policies.response(HTTPStatus.OK, ListedVersionRecord)
    def decline(body: dict[str, str], version: str) -> Response:
        """Decline to approve a version, and say why; it can be asked for again, and approved after all"""
        full_version = pointsman.versions.find(version)
        pointsman.versions.approvals.decline(full_version, note=body["note"], **calling())
        return listed(full_version)
