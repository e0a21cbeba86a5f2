"""What can be wrong on this floor.

RulesError
├── LiteralInvalid   a word that is no value of its type: "4 EURO", "12:75"
└── PolicyInvalid    policy files with mistakes; carries every finding
"""

from collections.abc import Iterable
from dataclasses import dataclass


@dataclass(frozen=True, slots=True, kw_only=True, order=True)
class Finding:
    """One mistake, where it stands, and what to do about it. Lines and columns count from 1."""

    file: str
    line: int
    column: int
    code: str
    message: str
    meant: str = ""

    def __str__(self) -> str:
        hint = f" (did you mean '{self.meant}'?)" if self.meant else ""
        return f"{self.file}:{self.line}:{self.column}  {self.code}  {self.message}{hint}"


class RulesError(Exception):
    """Anything this floor refuses."""


class LiteralInvalid(RulesError):
    """A word that is no value of the type asked for; the message says what is."""


class PolicyInvalid(RulesError):
    """Policy files with mistakes in them."""

    def __init__(self, findings: Iterable[Finding]) -> None:
        self.findings = tuple(sorted(findings))
        super().__init__("\n".join(str(finding) for finding in self.findings))
