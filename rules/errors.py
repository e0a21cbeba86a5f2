"""What can be wrong on this floor.

RulesError
├── LiteralInvalid   a word that is no value of its type: "4 EURO", "12:75"
└── PolicyInvalid    policy files with mistakes; carries every finding
"""

from collections.abc import Iterable
from dataclasses import dataclass

from rules.finding_codes import Severity, severity_of


@dataclass(frozen=True, slots=True, kw_only=True, order=True)
class Finding:
    """One mistake or doubt, where it stands, and what to do about it. Lines and columns count from 1."""

    file: str
    line: int
    column: int
    code: str
    message: str
    meant: str = ""

    @property
    def severity(self) -> Severity:
        return severity_of(self.code)

    @property
    def said(self) -> str:
        """The message, with what was meant."""
        return f"{self.message} (did you mean '{self.meant}'?)" if self.meant else self.message

    def __str__(self) -> str:
        """One line, whatever is in the message: what can't be seen is written as Python escapes it."""
        doubt = "warning: " if self.severity is Severity.WARNING else ""
        line = f"{self.file}:{self.line}:{self.column}  {self.code}  {doubt}{self.said}"
        return "".join(letter if letter.isprintable() else ascii(letter)[1:-1] for letter in line)


class RulesError(Exception):
    """Anything this floor refuses."""


class LiteralInvalid(RulesError):
    """A word that is no value of the type asked for; the message says what is, `code` what is wrong with it."""

    def __init__(self, message: str, *, code: str = "bad-value") -> None:
        super().__init__(message)
        self.code = code


class PolicyInvalid(RulesError):
    """Policy files with mistakes in them."""

    def __init__(self, findings: Iterable[Finding]) -> None:
        self.findings = tuple(sorted(findings))
        super().__init__("\n".join(str(finding) for finding in self.findings))
