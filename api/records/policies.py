"""Policy versions, their history and what differs between them: for programs, and as lines for people."""

import dataclasses
from collections.abc import Mapping
from typing import Any

from api.records.findings import finding_record
from api.records.policy_tests import case_record
from engine.decide.order_record import timestamp
from engine.decide.policy_tests.runner import Report
from engine.policies.review import Review
from engine.policies.versions import Published, Version
from engine.store.policy_versions import PolicyTimeline
from rules.diff.compare import KINDS, Change, Changes
from rules.policy import PolicySet
from rules.wording.source_text import effect_text


def changes_record(changes: Changes) -> dict[str, Any]:
    """By kind, what changed; `same` if nothing did."""
    return {
        "same": not changes.changes,
        **{kind: [_change_record(change) for change in changes.of(kind)] for kind in KINDS},
    }


def _change_record(change: Change) -> dict[str, Any]:
    found = dataclasses.asdict(change)
    del found["kind"]
    if change.kind != "moved":
        del found["before"], found["file_before"]
    if change.kind in ("added", "gone"):
        del found["differences"]
    return found


def version_record(version: Version) -> dict[str, Any]:
    return {
        "version": version.version,
        "rules": version.rules,
        "published_at": timestamp(version.at) if version.at else None,
        "published_by": version.who,
        "note": version.note,
        "active": version.active,
        "scheduled": [timestamp(instant) for instant in version.scheduled],
    }


def standing_record(standing: PolicyTimeline) -> dict[str, Any]:
    """What decides now, what from when on, and what one would go back to."""
    return {
        "active": standing.active,
        "scheduled": [{"version": version, "from": timestamp(since)} for since, version in standing.scheduled],
        "before": standing.before,
    }


def act_record(act: Mapping[str, str]) -> dict[str, Any]:
    """An entry of the history, its instants in words."""
    instants = {name: timestamp(int(act[name])) for name in ("at", "from") if name in act}
    numbers = {"rules": int(act["rules"])} if "rules" in act else {}
    return {**act, **instants, **numbers}


def published_record(published: Published) -> dict[str, Any]:
    return {
        "version": published.version,
        "new": published.new,
        "rules": len(published.rules),
        "cases": published.cases,
        "warnings": [finding_record(finding) for finding in published.warnings],
        "changes": changes_record(published.changes) if published.changes else None,
    }


def review_record(review: Review) -> dict[str, Any]:
    return {
        "version": review.policies.version if review.policies else None,
        "rules": len(review.policies.rules) if review.policies else None,
        "errors": [finding_record(finding) for finding in review.errors],
        "warnings": [finding_record(finding) for finding in review.warnings],
        "tests": _tests_record(review.report) if review.report else None,
    }


def _tests_record(report: Report) -> dict[str, Any]:
    return {"passed": report.passed, "cases": [case_record(result) for result in report.results]}


def rules_record(policies: PolicySet) -> list[dict[str, Any]]:
    """Each rule: its id, why it is there, what it does and what it switches off."""
    return [
        {
            "id": rule.id,
            "because": dict(rule.because),
            "effects": [effect_text(effect) for effect in rule.effects],
            "overrides": list(rule.overrides),
        }
        for rule in policies.rules.values()
    ]
