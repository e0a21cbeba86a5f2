"""What became of policy versions over HTTP: who did what with them, what differs between them, what their rules did."""

from collections.abc import Sequence
from http import HTTPStatus
from typing import Any

from flask import Response
from marshmallow import fields

from api.http.blueprint import Blueprint, answer
from api.records.policies import (
    ChangesRecord,
    HistoryEntryRecord,
    PolicyHistoryRecord,
    RuleUsesRecord,
    VersionTurnRecord,
)
from api.shapes.base import Strict
from api.shapes.cursors import HistoryCursor
from api.shapes.fields import Flag, Instant, QueryNumber
from api.shapes.list_pages import PageByName, page_of_list
from engine.audit.search.rule_uses import rule_uses
from engine.errors import InputInvalid, Mistake
from engine.policies.version_list import Version
from engine.service import Pointsman

_USUAL_PERIOD = 28 * 86_400
"""Seconds, as of a what-if."""
_LONGEST_PERIOD = 366 * 86_400
_MOST_WEIGHED = 20
"""Of each rule, while a caller waits; pointsman policy idle weighs more."""


class VersionsQuery(PageByName):
    last_first = Flag(load_default=False, metadata={"description": "those published last first"})
    asked = Flag(
        load_default=False, metadata={"description": "only those whose approval is asked for, and not declined"}
    )


def page_of_versions(
    versions: Sequence[Version], *, limit: int | None, after: str | None, last_first: bool, asked: bool
) -> tuple[Sequence[Version], str | None]:
    """Those that follow the version `after`, and the one that the page which follows goes on after; with `asked`, of
    those whose approval is asked for. Raises InputInvalid.
    """
    places = {version.version: place for place, version in enumerate(versions)}
    if after is not None and after not in places:
        raise _no_page_before()
    page, following = page_of_list(
        [item for item in versions if item.request and item.request.is_open] if asked else versions,
        lambda version: places[version.version],
        limit=limit,
        after=None if after is None else places[after],
        last_first=last_first,
    )
    return page, None if following is None else versions[following].version


def _no_page_before() -> InputInvalid:
    return InputInvalid([Mistake(field="after", message="this is no 'next' of a page before")])


class HistoryQuery(Strict):
    limit = QueryNumber(1, 1_000, load_default=100)
    after = HistoryCursor(load_default=None, metadata={"description": "`next` of the page before"})


class UsesQuery(Strict):
    since = Instant(data_key="from", load_default=None, metadata={"description": "by default 28 days before the end"})
    until = Instant(data_key="to", load_default=None, metadata={"description": "before this instant; by default now"})
    weigh = QueryNumber(
        0,
        _MOST_WEIGHED,
        load_default=0,
        metadata={"description": "how many of the last decisions in which a rule fired are made again without it"},
    )


class ChangesQuery(Strict):
    against = fields.String(
        load_default="active",
        metadata={"description": "the version that it is compared with; `none`: all its rules are new"},
    )


def add_past(policies: Blueprint, pointsman: Pointsman) -> None:
    """The calls about what was."""

    @policies.get("/history", scope="policies:read")
    @policies.arguments(HistoryQuery, location="query")
    @policies.response(HTTPStatus.OK, PolicyHistoryRecord)
    def history(query: dict[str, Any]) -> Response:
        """Who published, approved, activated, scheduled or rolled back which version, and why; the latest first"""
        changes, turns = pointsman.versions.history(), pointsman.versions.activations()
        of_changes, of_turns = query["after"] or (len(changes), len(turns))
        if of_changes > len(changes) or of_turns > len(turns):
            raise _no_page_before()
        left = tuple(max(0, place - query["limit"]) for place in (of_changes, of_turns))
        return answer(
            PolicyHistoryRecord(
                changes=[HistoryEntryRecord.of(change) for change in changes[left[0] : of_changes][::-1]],
                turns=[VersionTurnRecord.of(activation) for activation in turns[left[1] : of_turns][::-1]],
                next="{}-{}".format(*left) if any(left) else None,
            )
        )

    @policies.get("/uses", scope="policies:read")
    @policies.arguments(UsesQuery, location="query")
    @policies.response(HTTPStatus.OK, RuleUsesRecord)
    def uses(query: dict[str, Any]) -> Response:
        """In how many decisions of a time each rule fired and, of those that are weighed, whether it decided one"""
        until = pointsman.now + 1 if query["until"] is None else query["until"]
        since = until - _USUAL_PERIOD if query["since"] is None else query["since"]
        if since >= until:
            raise InputInvalid([Mistake(field="from", message="the time ends before it begins")])
        if until - since > _LONGEST_PERIOD:
            raise InputInvalid([Mistake(field="from", message="the time is longer than a year; ask for less")])
        return answer(
            RuleUsesRecord.of(
                rule_uses(pointsman.decisions, pointsman.versions, start=since, end=until, weigh=query["weigh"])
            )
        )

    @policies.get("/<string:version>/changes", scope="policies:read")
    @policies.arguments(ChangesQuery, location="query")
    @policies.response(HTTPStatus.OK, ChangesRecord)
    def changes(query: dict[str, Any], version: str) -> Response:
        """What differs in meaning between two versions"""
        versions = pointsman.versions
        before = None if query["against"] == "none" else versions.find(query["against"])
        return answer(ChangesRecord.of(versions.changes(before, versions.find(version))))
