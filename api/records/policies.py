"""Policy versions, their history, what differs between them and what they say, as JSON."""

from collections.abc import Iterable, Sequence
from typing import Annotated, Literal

import msgspec
from msgspec import UNSET, Meta, UnsetType

from api.records.findings import FindingRecord
from api.records.listed_versions import ListedVersionRecord
from api.records.policy_tests import TestsRecord
from api.records.progress import JobProgressRecord
from engine.audit.search.rule_uses import RuleUses
from engine.decide.order_record import Record, Timestamp, timestamp
from engine.policies.activations import Activation
from engine.policies.emergency import Emergency
from engine.policies.gate_result import GateResultRecord
from engine.policies.gates import GateCheck, GateState
from engine.policies.publication import Published
from engine.policies.review import Review
from engine.policies.version_list import Version
from engine.policies.versions import Versions
from engine.simulation.job import Job
from engine.store.policy_versions import PastChange, PolicyTimeline
from rules.diff.compare import Change, Changes, Difference
from rules.policy import PolicySet
from rules.wording.catalogue import Catalogue
from rules.wording.explain import explain
from rules.wording.source_text import effect_text


class DifferenceRecord(Record, frozen=True):
    """What one aspect of a rule lost and gained, each as authors write it."""

    aspect: Literal["condition", "window", "effects", "overrides", "because"]
    gone: list[str]
    added: list[str]

    @classmethod
    def of(cls, difference: Difference) -> "DifferenceRecord":
        return cls(aspect=difference.aspect, gone=list(difference.gone), added=list(difference.added))


class RuleRecord(Record, frozen=True):
    rule: str
    file: str


class ChangedRuleRecord(Record, frozen=True):
    rule: str
    file: str
    differences: list[DifferenceRecord]


class MovedRuleRecord(Record, frozen=True):
    """A rule that has another name or another file."""

    rule: str
    file: str
    before: str
    file_before: str
    differences: list[DifferenceRecord]


class GateChangesRecord(Record, frozen=True):
    """What one gate says and the other does not."""

    gone: list[str]
    added: list[str]


class ChangesRecord(Record, frozen=True):
    """What differs in meaning between two versions; `same` if nothing does."""

    same: bool
    added: list[RuleRecord]
    gone: list[RuleRecord]
    changed: list[ChangedRuleRecord]
    moved: list[MovedRuleRecord]
    gate: Annotated[
        GateChangesRecord | UnsetType, Meta(description="left out if both have the same gate, which decides no order")
    ] = UNSET

    @classmethod
    def of(cls, changes: Changes) -> "ChangesRecord":
        return cls(
            same=not (changes.changes or changes.gate_change),
            added=[RuleRecord(rule=change.rule, file=change.file) for change in changes.of("added")],
            gone=[RuleRecord(rule=change.rule, file=change.file) for change in changes.of("gone")],
            changed=[
                ChangedRuleRecord(rule=change.rule, file=change.file, differences=_differences(change))
                for change in changes.of("changed")
            ],
            moved=[
                MovedRuleRecord(
                    rule=change.rule,
                    file=change.file,
                    before=change.before,
                    file_before=change.file_before,
                    differences=_differences(change),
                )
                for change in changes.of("moved")
            ],
            gate=GateChangesRecord(gone=list(changes.gate_gone), added=list(changes.gate_added))
            if changes.gate_change
            else UNSET,
        )


class ActivationRecord(Record, frozen=True):
    """A version that became active in place of another."""

    at: Timestamp
    version: str
    before: Annotated[str | None, Meta(description="the version that was active until then; null: none was")]
    kind: Annotated[str, Meta(description="activated, scheduled or rolled_back")]
    by: str
    note: str
    approved_by: list[str]
    without_approval: Annotated[bool, Meta(description="by an override, though another person should have approved it")]
    changes: Annotated[ChangesRecord | None, Meta(description="null: a version can't be read by this release")]

    @classmethod
    def of(cls, activation: Activation, changes: Changes | None, approvers: Sequence[str]) -> "ActivationRecord":
        return cls(
            at=timestamp(activation.at),
            version=activation.version,
            before=activation.before,
            kind=activation.kind,
            by=activation.who,
            note=activation.note,
            approved_by=list(approvers),
            without_approval=activation.override,
            changes=changes and ChangesRecord.of(changes),
        )


class ChangesByDateRecord(Record, frozen=True):
    """What differs in meaning between the versions that were active at two instants, and what became active in between,
    the earliest first.
    """

    version_from: str | None
    version_to: str | None
    changes: Annotated[ChangesRecord | None, Meta(description="null: no version was active at the end")]
    activations: list[ActivationRecord]


class RuleUseRecord(Record, frozen=True):
    """What a rule did in the decisions of a period."""

    rule: str
    fired: Annotated[int, Meta(description="in so many decisions")]
    weighed: Annotated[int, Meta(description="so many of these, the last ones, were made again without it")]
    decided: Annotated[bool, Meta(description="whether one of them came out otherwise")]


class RuleUsesRecord(Record, frozen=True):
    """What the rules that were active in a period did in its decisions."""

    decisions: int
    rules: list[RuleUseRecord]
    on_rejection: Annotated[
        list[str], Meta(description="rules that act only when a node rejects an order: not counted")
    ]

    @classmethod
    def of(cls, uses: RuleUses) -> "RuleUsesRecord":
        rules = [
            RuleUseRecord(rule=use.rule, fired=use.fired, weighed=use.weighed, decided=use.decided)
            for use in uses.rules
        ]
        return cls(decisions=uses.decisions, rules=rules, on_rejection=list(uses.on_rejection))


class ScheduledRecord(Record, frozen=True):
    version: str
    since: Timestamp = msgspec.field(name="from")
    gone: Annotated[
        list[str] | UnsetType,
        Meta(description="rules of the version before it that it does not have; a list leaves it out"),
    ] = UNSET


class TimelineRecord(Record, frozen=True):
    """Which version decides now, which ones are scheduled, and which one a rollback would go back to."""

    active: str | None
    scheduled: list[ScheduledRecord]
    before: str | None
    gone: Annotated[
        list[str] | UnsetType,
        Meta(description="rules that decided before this call, and that the active version lacks"),
    ] = UNSET
    decided_already: Annotated[
        bool | UnsetType, Meta(description="true: the version to activate decided already, and nothing was changed")
    ] = UNSET

    @classmethod
    def of(cls, versions: Versions, before: str | None, *, changed: bool = True) -> "TimelineRecord":
        """After a call before which the version `before` was active. Not `changed`: the call found what it asks for."""
        timeline = versions.timeline()
        return cls(
            active=timeline.active,
            scheduled=[
                ScheduledRecord(version=item.version, since=timestamp(item.since), gone=list(item.gone))
                for item in versions.takeovers()
            ],
            before=timeline.before,
            gone=list(versions.rules_gone(before, timeline.active)) if timeline.active else UNSET,
            decided_already=not changed or UNSET,
        )


class VersionListRecord(Record, frozen=True):
    """Versions, and which of them decides now and later, as in Timeline."""

    active: str | None
    scheduled: list[ScheduledRecord]
    before: str | None
    versions: list[ListedVersionRecord]
    next: str | None

    @classmethod
    def of(cls, timeline: PolicyTimeline, versions: Iterable[Version], following: str | None) -> "VersionListRecord":
        return cls(
            next=following,
            active=timeline.active,
            scheduled=_scheduled(timeline),
            before=timeline.before,
            versions=[ListedVersionRecord.of(version) for version in versions],
        )


class HistoryEntryRecord(Record, frozen=True):
    """Who published, activated, scheduled or rolled back which version, when and why."""

    act: str
    version: str
    who: str
    at: Timestamp
    note: str
    rules: int | UnsetType = UNSET
    since: Timestamp | UnsetType = msgspec.field(name="from", default=UNSET)
    override: Annotated[bool | UnsetType, Meta(description="made although nobody else had approved it")] = UNSET
    override_gate: Annotated[bool | UnsetType, Meta(description="made although its gate had not passed")] = UNSET
    failing_tests: Annotated[int | UnsetType, Meta(description="how many tests failed, published in an emergency")] = (
        UNSET
    )
    activate_at: Annotated[Timestamp | UnsetType, Meta(description="asked to decide from this instant on")] = UNSET

    @classmethod
    def of(cls, change: PastChange) -> "HistoryEntryRecord":
        return cls(
            act=change.kind,
            version=change.version,
            who=change.who,
            at=timestamp(change.at),
            note=change.note,
            rules=UNSET if change.rules is None else change.rules,
            since=UNSET if change.since is None else timestamp(change.since),
            override=change.override or UNSET,
            override_gate=change.override_gate or UNSET,
            failing_tests=change.failing_tests or UNSET,
            activate_at=UNSET if change.activate_at is None else timestamp(change.activate_at),
        )


class VersionTurnRecord(Record, frozen=True):
    """A version that began to decide, and the one that decided until then."""

    version: str
    since: Timestamp = msgspec.field(name="from")
    before: Annotated[str | None, Meta(description="null: none did")]

    @classmethod
    def of(cls, activation: Activation) -> "VersionTurnRecord":
        return cls(version=activation.version, since=timestamp(activation.at), before=activation.before)


class PolicyHistoryRecord(Record, frozen=True):
    """What was done with policy versions, the latest first, and as often at most, which of them decided since when."""

    changes: list[HistoryEntryRecord]
    turns: list[VersionTurnRecord]
    next: Annotated[str | None, Meta(description="where both lists go on; null: nowhere")]


class EmergencyRecord(Record, frozen=True):
    """The rules that end soon, and how many tests fail because of them."""

    rules: list[str]
    failing_tests: int

    @classmethod
    def of(cls, emergency: Emergency) -> "EmergencyRecord":
        return cls(rules=list(emergency.rules), failing_tests=emergency.failing_tests)


class GateRecord(Record, frozen=True):
    """How the gate of a version stands now, and what came of it the last time that it was run."""

    version: str
    state: Annotated[
        GateState,
        Meta(description="stale: another version is active than it was compared with, or it is too old"),
    ]
    pending: Annotated[bool, Meta(description="it was asked for, and waits or runs")]
    result: GateResultRecord | None
    progress: Annotated[JobProgressRecord | UnsetType, Meta(description="of one that is pending")] = UNSET

    @classmethod
    def of(cls, version: str, check: GateCheck, pending: Job | None) -> "GateRecord":
        """`pending`: what runs it, if something does."""
        return cls(
            version=version,
            state=check.state,
            pending=pending is not None,
            result=check.result,
            progress=UNSET if pending is None else JobProgressRecord.of(pending),
        )


class PublishedRecord(Record, frozen=True):
    version: str
    new: bool
    rules: int
    cases: Annotated[int, Meta(description="tests that came with it and passed: all, but for an emergency")]
    warnings: list[FindingRecord]
    changes: Annotated[ChangesRecord | None, Meta(description="against the active version; null: there is none")]
    emergency: Annotated[EmergencyRecord | None, Meta(description="null: published without one")]
    gate: Annotated[GateState, Meta(description="how its gate stands; POST /v1/policies/{version}/gate runs it")]

    @classmethod
    def of(cls, published: Published, gate: GateState) -> "PublishedRecord":
        return cls(
            version=published.version,
            new=published.new,
            rules=len(published.rules),
            cases=published.tests_passed,
            warnings=[FindingRecord.of(finding) for finding in published.warnings],
            changes=ChangesRecord.of(published.changes) if published.changes else None,
            emergency=published.emergency and EmergencyRecord.of(published.emergency),
            gate=gate,
        )


class ReviewRecord(Record, frozen=True):
    """Every error and warning of policy files, and what became of the tests sent along."""

    version: Annotated[str | None, Meta(description="null: there are errors")]
    rules: int | None
    errors: list[FindingRecord]
    warnings: list[FindingRecord]
    tests: Annotated[TestsRecord | None, Meta(description="null: none were sent, or there are errors")]
    changes: Annotated[
        ChangesRecord | None, Meta(description="against the active version; null: there is none, or there are errors")
    ]

    @classmethod
    def of(cls, review: Review, changes: Changes | None) -> "ReviewRecord":
        return cls(
            version=review.policies.version if review.policies else None,
            rules=len(review.policies.rules) if review.policies else None,
            errors=[FindingRecord.of(finding) for finding in review.errors],
            warnings=[FindingRecord.of(finding) for finding in review.warnings],
            tests=TestsRecord.of(review.report) if review.report else None,
            changes=changes and ChangesRecord.of(changes),
        )


class RuleSummaryRecord(Record, frozen=True):
    """A rule: its id, why it is there, what it does and which rules it switches off."""

    id: str
    because: dict[str, str]
    effects: list[str]
    overrides: list[str]


class VersionRecord(Record, frozen=True):
    """A version's files, by name, and its rules."""

    version: str
    files: dict[str, str]
    tests: Annotated[dict[str, str], Meta(description="the test files that were published with it last, by name")]
    rules: list[RuleSummaryRecord] | None
    unreadable: Annotated[str | None, Meta(description="why this release can't read it; null: it can")]


def rule_summaries(policies: PolicySet) -> list[RuleSummaryRecord]:
    return [
        RuleSummaryRecord(
            id=rule.id,
            because=dict(rule.because),
            effects=[effect_text(effect) for effect in rule.effects],
            overrides=list(rule.overrides),
        )
        for rule in policies.rules.values()
    ]


class VersionFilesRecord(Record, frozen=True):
    """The files of a version, by name, as `policy show` prints them."""

    version: str
    files: dict[str, str]


class ExplainedRuleRecord(Record, frozen=True):
    """A rule in plain words, worked out from its conditions and effects."""

    id: str
    says: str
    because: dict[str, str]


class ExplanationRecord(Record, frozen=True):
    """What `policy explain` says, in one language."""

    language: str
    rules: list[ExplainedRuleRecord]

    @classmethod
    def of(cls, policies: PolicySet, catalogue: Catalogue) -> "ExplanationRecord":
        return cls(
            language=catalogue.language,
            rules=[
                ExplainedRuleRecord(id=rule.id, says=explain(rule, catalogue), because=dict(rule.because))
                for rule in policies.written_rules.values()
            ],
        )


def _differences(change: Change) -> list[DifferenceRecord]:
    return [DifferenceRecord.of(difference) for difference in change.differences]


def _scheduled(timeline: PolicyTimeline) -> list[ScheduledRecord]:
    return [ScheduledRecord(version=version, since=timestamp(since)) for since, version in timeline.scheduled]
