"""What drafts of policies would have done to the orders of the past: asked for, followed, cancelled."""

from collections.abc import Mapping
from http import HTTPStatus
from typing import Any

from flask import Response, url_for
from marshmallow import fields, validate

from api.http.blueprint import Blueprint, answer, language_asked_for
from api.http.each_request.key_header import operation_of_key
from api.http.policy.report_answer import HTML, report_answer
from api.http.policy.upload import MOST_FILES, MOST_LETTERS, read_files
from api.records.whatif_jobs import WhatIfJobRecord, WhatIfJobsRecord
from api.shapes.base import Strict
from api.shapes.fields import Instant, QueryNumber, WholeNumber
from api.shapes.language import language_field
from api.whatif.drafts import drafts_of
from engine.errors import InputInvalid, Mistake, NotFound
from engine.service import Pointsman
from engine.simulation.job import JobDraft, JobRequest
from rules.errors import PolicyInvalid
from rules.wording.catalogue import available_languages

_USUAL_PERIOD = 28 * 86_400
"""Seconds."""
_MOST_DRAFTS = 20
_MOST_SHOWN = 100
_MOST_WEIGHED = 1_000
_USUALLY_SHOWN, _USUALLY_WEIGHED = 3, 20
_LONGEST_SWEEP = 1_000


class WhatIfDraftRequest(Strict):
    """Either the texts of policy files by name, or a published version."""

    name = fields.String(
        validate=validate.Length(1, MOST_LETTERS), metadata={"description": "by default the version's"}
    )
    files = fields.Dict(keys=fields.String(), values=fields.String(), validate=validate.Length(1, MOST_FILES))
    version = fields.String(metadata={"description": "a published version, or the only one that begins so"})


class WhatIfRequest(Strict):
    """What is to be tried, and on the decisions of which time."""

    drafts = fields.List(fields.Nested(WhatIfDraftRequest), required=True, validate=validate.Length(1, _MOST_DRAFTS))
    against = fields.String(
        load_default="active", metadata={"description": "the version that the drafts are compared with"}
    )
    since = Instant(data_key="from", load_default=None, metadata={"description": "by default 28 days before the end"})
    until = Instant(data_key="to", load_default=None, metadata={"description": "before this instant; by default now"})
    show = WholeNumber(
        0,
        _MOST_SHOWN,
        load_default=None,
        metadata={"description": "how many of the worst and of the best are explained"},
    )
    weigh = WholeNumber(
        0,
        _MOST_WEIGHED,
        load_default=None,
        metadata={"description": "in how many of its last decisions each rule is left out, to see whether it decided"},
    )
    sweep = fields.String(
        load_default=None,
        validate=validate.Length(1, _LONGEST_SWEEP),
        metadata={"description": "tries the one draft with each of these numbers: RULE.EFFECT=FROM..TO:STEP"},
    )
    lang = fields.String(
        validate=validate.OneOf(available_languages()),
        metadata={
            "description": "of its sentences; if it is left out, Accept-Language says it, and else it is English"
        },
    )


class ReportQuery(Strict):
    lang = language_field("page")


class WhatIfsQuery(Strict):
    limit = QueryNumber(1, 1_000, load_default=100)


def blueprint(pointsman: Pointsman) -> Blueprint:
    """The what-ifs of one Pointsman."""
    whatifs = Blueprint(
        "whatif", __name__, url_prefix="/v1/whatif", description="What drafts would have done to the orders of the past"
    )

    @whatifs.post("", scope="policies:publish")
    @whatifs.arguments(WhatIfRequest)
    @whatifs.response(HTTPStatus.ACCEPTED, WhatIfJobRecord)
    def begin(body: dict[str, Any]) -> Response:
        """Have drafts of policies tried on the decisions of a time, beside this service

        Nothing is changed, and nothing has to be published. The answer comes at once; `GET` says how far it is.
        """
        job = pointsman.whatifs.add(_request_of(pointsman, body), operation=operation_of_key())
        response = answer(WhatIfJobRecord.of(job), HTTPStatus.ACCEPTED)
        response.headers["Location"] = url_for("whatif.show", job=job.id)
        return response

    @whatifs.get("", scope="policies:read")
    @whatifs.arguments(WhatIfsQuery, location="query")
    @whatifs.response(HTTPStatus.OK, WhatIfJobsRecord)
    def listed(query: dict[str, Any]) -> Response:
        """What was asked for, the latest first"""
        return answer(WhatIfJobsRecord.of(pointsman.whatifs.page(**query)))

    @whatifs.get("/<string:job>", scope="policies:read")
    @whatifs.response(HTTPStatus.OK, WhatIfJobRecord)
    def show(job: str) -> Response:
        """How far a what-if is and, once it is done, what came of it"""
        found = pointsman.whatifs.show(job)
        return answer(WhatIfJobRecord.of(found, pointsman.whatifs.result(found)))

    @whatifs.get("/<string:job>/report", scope="policies:read")
    @whatifs.arguments(ReportQuery, location="query")
    @whatifs.response(HTTPStatus.OK, content_type=HTML)
    def report(query: dict[str, Any], job: str) -> Response:
        """What came of a what-if, as a page to look at, once it is done"""
        found = pointsman.whatifs.show(job)
        result = pointsman.whatifs.result(found)
        if result is None:
            raise NotFound(f"the what-if '{job}' is {found.state}; it has a report once it is done")
        return report_answer(result, language_asked_for(query["lang"]))

    @whatifs.delete("/<string:job>", scope="policies:publish")
    @whatifs.response(HTTPStatus.NO_CONTENT)
    def cancel(job: str) -> Response:
        """Cancel a what-if that waits or runs; forget one that has ended, with its result"""
        pointsman.whatifs.cancel(job)
        return Response(status=HTTPStatus.NO_CONTENT)

    return whatifs


def _request_of(pointsman: Pointsman, body: Mapping[str, Any]) -> JobRequest:
    """Raises InputInvalid, NotFound of a version, and PolicyInvalid if every draft has mistakes: then nothing could be
    tried.
    """
    until = pointsman.now + 1 if body["until"] is None else body["until"]
    since = until - _USUAL_PERIOD if body["since"] is None else body["since"]
    mistakes = []
    if since >= until:
        mistakes.append(Mistake(field="from", message="the time ends before it begins"))
    if body["sweep"] and len(body["drafts"]) > 1:
        mistakes.append(Mistake(field="sweep", message="one draft is tried with several numbers; name one"))
    drafts = [_draft(pointsman, number, its, mistakes) for number, its in enumerate(body["drafts"])]
    names = [its.name for its in drafts]
    if len(set(names)) < len(names):
        mistakes.append(Mistake(field="drafts", message="two drafts have one name"))
    if mistakes:
        raise InputInvalid(mistakes)
    swept = body["sweep"] is not None
    request = JobRequest(
        drafts=drafts,
        against=pointsman.versions.find(body["against"]),
        since=since,
        until=until,
        shown=body["show"] if body["show"] is not None else 0 if swept else _USUALLY_SHOWN,
        weighed=body["weigh"] if body["weigh"] is not None else 0 if swept else _USUALLY_WEIGHED,
        language=language_asked_for(body.get("lang")),
        sweep=body["sweep"] or "",
    )
    tried, refused = drafts_of(pointsman, request)
    if not tried:
        raise PolicyInvalid([finding for its in refused.values() for finding in its])
    return request


def _draft(pointsman: Pointsman, number: int, sent: Mapping[str, Any], mistakes: list[Mistake]) -> JobDraft:
    files, version = sent.get("files"), sent.get("version")
    where = f"drafts.{number}"
    if (files is None) == (version is None):
        mistakes.append(Mistake(field=where, message="a draft has either files or a version"))
        return JobDraft(name=f"{number}", files={})
    if version is not None:
        full = pointsman.versions.find(version)
        texts = dict(pointsman.versions.texts(full))
        return JobDraft(name=sent.get("name", full[:12]), files=texts)
    if "name" not in sent:
        mistakes.append(Mistake(field=f"{where}.name", message="a draft of files needs a name"))
    policies = read_files(files, field=f"{where}.files", mistakes=mistakes)
    return JobDraft(name=sent.get("name", f"{number}"), files=policies)
