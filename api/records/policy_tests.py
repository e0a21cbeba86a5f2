"""What became of test cases, for programs."""

from typing import Any

from engine.decide.policy_tests.runner import Report, TestResult


def case_record(result: TestResult) -> dict[str, Any]:
    return {
        "file": result.test.file,
        "line": result.test.line,
        "name": result.test.name,
        "passed": result.passed,
        "differences": [{"what": item.what, "expected": item.expected, "got": item.got} for item in result.differences],
        "fired": sorted(result.decision.fired),
    }


def report_record(report: Report, *, strict: bool) -> dict[str, Any]:
    """The report for programs. `changed` is null unless coverage was asked for; `not_tested` matters if strict."""
    return {
        "passed": report.succeeds(strict=strict),
        "policy_version": report.policies.version,
        "cases": [case_record(result) for result in report.results],
        "coverage": [
            {"rule": item.rule, "fired": item.fired, "quiet": item.quiet, "changed": item.changed}
            for item in report.coverage
        ],
        "not_tested": list(report.slack),
    }
