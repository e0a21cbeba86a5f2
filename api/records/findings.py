"""A finding of the policy check as JSON values."""

from typing import Any

from rules.errors import Finding


def finding_record(finding: Finding) -> dict[str, Any]:
    return {
        "file": finding.file,
        "line": finding.line,
        "column": finding.column,
        "severity": finding.severity.value,
        "code": finding.code,
        "message": finding.message,
        "meant": finding.meant or None,
    }
