"""A finding of the policy check as JSON."""

from typing import Annotated, Literal

from msgspec import Meta

from engine.decide.order_record import Record
from rules.errors import Finding


class FindingRecord(Record, frozen=True):
    """One mistake or doubt in a policy file; lines and columns count from 1."""

    file: str
    line: int
    column: int
    severity: Literal["error", "warning"]
    code: str
    message: str
    meant: Annotated[str | None, Meta(description="the word that may have been meant")]

    @classmethod
    def of(cls, finding: Finding) -> "FindingRecord":
        return cls(
            file=finding.file,
            line=finding.line,
            column=finding.column,
            severity=finding.severity.value,
            code=finding.code,
            message=finding.message,
            meant=finding.meant or None,
        )
