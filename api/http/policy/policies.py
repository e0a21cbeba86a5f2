"""Policy versions over HTTP: publish, check, activate, go back, list, read."""

from collections.abc import Callable, Mapping
from http import HTTPStatus
from typing import Any

from flask import Response, request, url_for

from api.http.access.caller import caller
from api.http.access.gate import verify_scope
from api.http.blueprint import Blueprint, answer
from api.http.policy.approvals import add_approvals
from api.http.policy.calling import calling
from api.http.policy.drafts import add_drafts
from api.http.policy.gates import add_gates
from api.http.policy.past import VersionsQuery, add_past, page_of_versions
from api.http.policy.plain_rules import add_plain_rules
from api.http.policy.trials import add_trials
from api.http.policy.upload import MULTIPART, UploadForm, UploadRequest, read_upload
from api.records.policies import (
    PublishedRecord,
    ReviewRecord,
    TimelineRecord,
    VersionListRecord,
    VersionRecord,
    rule_summaries,
)
from api.shapes.base import Strict
from api.shapes.fields import Instant, Note, TrueOrFalse, Word
from engine.decide.policy_tests.runner import Report
from engine.errors import PolicyUnreadable
from engine.service import Pointsman
from rules.policy import PolicySet

_UPLOAD = {
    "required": True,
    "content": {"application/json": {"schema": UploadRequest}, MULTIPART: {"schema": UploadForm}},
}


class ActivateRequest(Strict):
    at = Instant(load_default=None, metadata={"description": "from this instant on; by default from now on"})
    note = Note(load_default="", metadata={"description": "why, for the history"})

    override = TrueOrFalse(
        load_default=False,
        metadata={"description": "in an emergency, do without the approval that is missing; needs a note"},
    )
    override_gate = TrueOrFalse(
        load_default=False,
        metadata={"description": "in an emergency, do without a gate that passed; needs a note"},
    )


class UnscheduleRequest(Strict):
    note = Note(load_default="", metadata={"description": "why, for the history"})


class RollbackRequest(Strict):
    leaving = Word(
        data_key="from",
        load_default=None,
        metadata={"description": "the version that decides, as the caller saw it; 409 if another does by then"},
    )
    to = Word(
        load_default=None,
        metadata={"description": "the version before it, as the caller saw it; 409 if another is that by then"},
    )
    at = Instant(load_default=None, metadata={"description": "from this instant on; by default from now on"})
    note = Note(load_default="", metadata={"description": "why, for the history"})


def blueprint(pointsman: Pointsman) -> Blueprint:
    """The policy versions of one Pointsman."""
    policies = Blueprint("policies", __name__, url_prefix="/v1/policies", description="The versions of the policies")

    @policies.post("", scope="policies:publish")
    @policies.doc(requestBody=_UPLOAD)
    @policies.response(HTTPStatus.CREATED, PublishedRecord)
    @policies.alt_response(HTTPStatus.OK, schema=PublishedRecord, description="Published before")
    def publish() -> Response:
        """Store policy files as one version; it does not decide before it is activated"""
        upload = read_upload(request)
        published = pointsman.versions.publish(
            upload.policies,
            note=upload.note,
            run_tests=_test_runner(upload.tests),
            tests=upload.tests,
            in_emergency=upload.emergency,
            **calling(),
        )
        gate = pointsman.versions.gates.check(published.version).state
        response = answer(PublishedRecord.of(published, gate), HTTPStatus.CREATED if published.new else HTTPStatus.OK)
        response.headers["Location"] = url_for("policies.read", version=published.version)
        return response

    @policies.post("/check", scope="policies:read")
    @policies.doc(requestBody=_UPLOAD)
    @policies.response(HTTPStatus.OK, ReviewRecord)
    def check() -> Response:
        """Say every error and warning of policy files, and try the tests sent along; nothing is changed"""
        upload = read_upload(request)
        review = pointsman.versions.review(upload.policies, run_tests=_test_runner(upload.tests))
        changes = pointsman.versions.changes_from_active(review.policies) if review.policies else None
        return answer(ReviewRecord.of(review, changes))

    @policies.get("", scope="policies:read")
    @policies.arguments(VersionsQuery, location="query")
    @policies.response(HTTPStatus.OK, VersionListRecord)
    def listed(query: dict[str, Any]) -> Response:
        """Every version, or a page of them, which one decides, and what is scheduled"""
        page, following = page_of_versions(pointsman.versions.published(), **query)
        return answer(VersionListRecord.of(pointsman.versions.timeline(), page, following))

    @policies.get("/<string:version>", scope="policies:read")
    @policies.response(HTTPStatus.OK, VersionRecord)
    def read(version: str) -> Response:
        """A version's files, tests and rules, by its name, a unique start of 4 letters or more, or `active`"""
        full_version = pointsman.versions.find(version)
        try:
            rules, unreadable = rule_summaries(pointsman.versions.read(full_version)), None
        except PolicyUnreadable as error:
            rules, unreadable = None, str(error)
        record = VersionRecord(
            version=full_version,
            files=pointsman.versions.texts(full_version),
            tests=pointsman.versions.tests(full_version),
            rules=rules,
            unreadable=unreadable,
        )
        return answer(record)

    add_approvals(policies, pointsman)
    _add_decisions_about_versions(policies, pointsman)
    add_plain_rules(policies, pointsman)
    add_drafts(policies, pointsman)
    add_past(policies, pointsman)
    add_gates(policies, pointsman)
    add_trials(policies, pointsman)
    return policies


def _add_decisions_about_versions(policies: Blueprint, pointsman: Pointsman) -> None:
    """What is said of versions that are published: which of them decides, and from when on."""

    @policies.post("/<string:version>/activate", scope="policies:publish")
    @policies.arguments(ActivateRequest)
    @policies.response(HTTPStatus.OK, TimelineRecord)
    def activate(body: dict[str, Any], version: str) -> Response:
        """Let a version decide, from the next decision on or from an instant on"""
        if body["override"] or body["override_gate"]:
            verify_scope(caller(), ("policies:approve",))
        versions = pointsman.versions
        before = versions.timeline().active
        changed = versions.activate(
            versions.find(version),
            note=body["note"],
            since=body["at"],
            override=body["override"],
            override_gate=body["override_gate"],
            **calling(),
        )
        return answer(TimelineRecord.of(versions, before, changed=changed))

    @policies.post("/<string:version>/unschedule", scope="policies:publish")
    @policies.arguments(UnscheduleRequest)
    @policies.response(HTTPStatus.OK, TimelineRecord)
    def unschedule(body: dict[str, str], version: str) -> Response:
        """Take a version off the schedule: it does not take over, and the one that decides by then goes on"""
        versions = pointsman.versions
        before = versions.timeline().active
        versions.cancel_schedule(versions.find(version), note=body["note"], **calling())
        return answer(TimelineRecord.of(versions, before))

    @policies.post("/rollback", scope="policies:publish")
    @policies.arguments(RollbackRequest)
    @policies.response(HTTPStatus.OK, TimelineRecord)
    def rollback(body: dict[str, Any]) -> Response:
        """Let the version decide again that was active before; each time one further back"""
        versions = pointsman.versions
        before = versions.timeline().active
        seen = {name: body[name] and versions.find(body[name]) for name in ("leaving", "to")}
        versions.roll_back(note=body["note"], since=body["at"], **seen, **calling())
        return answer(TimelineRecord.of(versions, before))


def _test_runner(tests: Mapping[str, bytes]) -> Callable[[PolicySet], Report] | None:
    """The function that runs these tests on a policy set; None without tests."""
    # imported where policies are sent: few workers ever read a test
    from api.files.policy_tests.reader import make_test_runner  # noqa: PLC0415

    return make_test_runner(tests)
