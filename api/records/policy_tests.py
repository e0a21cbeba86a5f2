"""What became of test cases, for programs."""

from typing import Any

from engine.decide.policy_tests.runner import Report, Tried


def case_record(tried: Tried) -> dict[str, Any]:
    return {
        "file": tried.case.file,
        "line": tried.case.line,
        "name": tried.case.name,
        "passed": tried.passed,
        "differences": [{"what": item.what, "expected": item.expected, "got": item.got} for item in tried.differences],
        "fired": sorted(tried.decision.fired),
    }


def report_record(report: Report, *, strict: bool) -> dict[str, Any]:
    """The report for programs. `changed` is null unless coverage was asked for; `not_tested` matters if strict."""
    return {
        "passed": report.succeeds(strict=strict),
        "policy_version": report.policies.version,
        "cases": [case_record(tried) for tried in report.tried],
        "coverage": [
            {"rule": item.rule, "fired": item.fired, "quiet": item.quiet, "changed": item.changed}
            for item in report.coverage
        ],
        "not_tested": list(report.slack),
    }
