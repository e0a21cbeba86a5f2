"""What became of policy tests, as JSON."""

from typing import Annotated

from msgspec import Meta

from engine.decide.order_record import Record
from engine.decide.policy_tests.runner import Coverage, Report, TestResult


class CaseDifferenceRecord(Record, frozen=True):
    what: str
    expected: str
    got: str


class CaseRecord(Record, frozen=True):
    """A policy test, and how what was decided differs from what it expects."""

    file: str
    line: int
    name: str
    passed: bool
    differences: list[CaseDifferenceRecord]
    fired: Annotated[list[str], Meta(description="the rules that fired")]

    @classmethod
    def of(cls, result: TestResult) -> "CaseRecord":
        return cls(
            file=result.test.file,
            line=result.test.line,
            name=result.test.name,
            passed=result.passed,
            differences=[
                CaseDifferenceRecord(what=item.what, expected=item.expected, got=item.got)
                for item in result.differences
            ],
            fired=sorted(result.fired),
        )


class TestsRecord(Record, frozen=True):
    """What became of the tests that were sent along."""

    __test__ = False  # pytest takes a class of this name for tests

    passed: Annotated[bool, Meta(description="if not, the policies can't be published")]
    cases: list[CaseRecord]

    @classmethod
    def of(cls, report: Report) -> "TestsRecord":
        return cls(passed=report.passed, cases=[CaseRecord.of(result) for result in report.results])


class CoverageRecord(Record, frozen=True):
    """In how many tests a rule fired, and in how many it did not. `changed`: in how many it decided; null unless
    coverage was asked for.
    """

    rule: str
    fired: int
    quiet: int
    changed: int | None

    @classmethod
    def of(cls, coverage: Coverage) -> "CoverageRecord":
        return cls(rule=coverage.rule, fired=coverage.fired, quiet=coverage.quiet, changed=coverage.changed)


class ReportRecord(Record, frozen=True):
    """The whole report of `policy test`. With --strict, it passes only if `not_tested` is empty."""

    passed: bool
    policy_version: str
    cases: list[CaseRecord]
    coverage: list[CoverageRecord]
    not_tested: list[str]

    @classmethod
    def of(cls, report: Report, *, strict: bool) -> "ReportRecord":
        return cls(
            passed=report.succeeds(strict=strict),
            policy_version=report.policies.version,
            cases=[CaseRecord.of(result) for result in report.results],
            coverage=[CoverageRecord.of(item) for item in report.coverage],
            not_tested=list(report.untested),
        )
