"""What callers are answered about policy versions, for the OpenAPI page; a test holds every answer against it."""

from marshmallow import Schema, fields, validate

from rules.finding_codes import Severity


class FindingAnswer(Schema):
    """One mistake or oddity; lines and columns count from 1."""

    file = fields.String(required=True)
    line = fields.Integer(required=True)
    column = fields.Integer(required=True)
    code = fields.String(required=True)
    message = fields.String(required=True)
    meant = fields.String(required=True, allow_none=True, metadata={"description": "the word that may have been meant"})
    severity = fields.String(required=True, validate=validate.OneOf([item.value for item in Severity]))


class DifferenceAnswer(Schema):
    aspect = fields.String(
        required=True, validate=validate.OneOf(["condition", "window", "effects", "overrides", "because"])
    )
    gone = fields.List(fields.String(), required=True)
    added = fields.List(fields.String(), required=True)


class RuleAnswer(Schema):
    rule = fields.String(required=True)
    file = fields.String(required=True)


class ChangedRuleAnswer(RuleAnswer):
    differences = fields.List(fields.Nested(DifferenceAnswer), required=True)


class MovedRuleAnswer(ChangedRuleAnswer):
    before = fields.String(required=True)
    file_before = fields.String(required=True)


class ChangesAnswer(Schema):
    """What differs in meaning from the version that is active."""

    same = fields.Boolean(required=True)
    added = fields.List(fields.Nested(RuleAnswer), required=True)
    gone = fields.List(fields.Nested(RuleAnswer), required=True)
    changed = fields.List(fields.Nested(ChangedRuleAnswer), required=True)
    moved = fields.List(fields.Nested(MovedRuleAnswer), required=True)


class PublishedAnswer(Schema):
    version = fields.String(required=True)
    new = fields.Boolean(required=True)
    rules = fields.Integer(required=True)
    cases = fields.Integer(required=True, metadata={"description": "tests that came with it, all passed"})
    warnings = fields.List(fields.Nested(FindingAnswer), required=True)
    changes = fields.Nested(ChangesAnswer, required=True, allow_none=True)


class CaseDifferenceAnswer(Schema):
    what = fields.String(required=True)
    expected = fields.String(required=True)
    got = fields.String(required=True)


class CaseAnswer(Schema):
    """A test case, and how what was decided differs from what it expects."""

    file = fields.String(required=True)
    line = fields.Integer(required=True)
    name = fields.String(required=True)
    passed = fields.Boolean(required=True)
    differences = fields.List(fields.Nested(CaseDifferenceAnswer), required=True)
    fired = fields.List(fields.String(), required=True, metadata={"description": "the rules that fired"})


class TestsAnswer(Schema):
    """What became of the tests that were sent along."""

    __test__ = False  # pytest takes a class of this name for tests

    passed = fields.Boolean(required=True, metadata={"description": "if not, the policies can't be published"})
    cases = fields.List(fields.Nested(CaseAnswer), required=True)


class ReviewAnswer(Schema):
    version = fields.String(required=True, allow_none=True, metadata={"description": "null: there are errors"})
    rules = fields.Integer(required=True, allow_none=True)
    errors = fields.List(fields.Nested(FindingAnswer), required=True)
    warnings = fields.List(fields.Nested(FindingAnswer), required=True)
    tests = fields.Nested(
        TestsAnswer,
        required=True,
        allow_none=True,
        metadata={"description": "null: none were sent, or there are errors"},
    )


class ScheduledAnswer(Schema):
    version = fields.String(required=True)
    since = fields.AwareDateTime(required=True, data_key="from")


class StandingAnswer(Schema):
    """What decides now, what from when on, and what a rollback would go back to."""

    active = fields.String(required=True, allow_none=True)
    scheduled = fields.List(fields.Nested(ScheduledAnswer), required=True)
    before = fields.String(required=True, allow_none=True)


class ListedVersionAnswer(Schema):
    version = fields.String(required=True)
    rules = fields.Integer(required=True, allow_none=True)
    published_at = fields.AwareDateTime(required=True, allow_none=True)
    published_by = fields.String(required=True)
    note = fields.String(required=True)
    active = fields.Boolean(required=True)
    scheduled = fields.List(fields.AwareDateTime(), required=True)


class VersionsAnswer(StandingAnswer):
    versions = fields.List(fields.Nested(ListedVersionAnswer), required=True)


class RuleSummaryAnswer(Schema):
    id = fields.String(required=True)
    because = fields.Dict(keys=fields.String(), values=fields.String(), required=True)
    effects = fields.List(fields.String(), required=True)
    overrides = fields.List(fields.String(), required=True)


class VersionAnswer(Schema):
    version = fields.String(required=True)
    files = fields.Dict(keys=fields.String(), values=fields.String(), required=True)
    rules = fields.List(fields.Nested(RuleSummaryAnswer), required=True, allow_none=True)
    unreadable = fields.String(
        required=True, allow_none=True, metadata={"description": "why this release does not read it; null: it does"}
    )
