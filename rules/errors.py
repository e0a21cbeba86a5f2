"""The errors of the rule language, and the findings they carry.

RulesError
├── CatalogueInvalid a language's catalogue that lacks a text, or has one that is unknown
├── LiteralInvalid   text that is no value of its type: "4 EURO", "12:75"
└── PolicyInvalid    policy files with mistakes; carries all findings
"""

from collections.abc import Iterable
from dataclasses import dataclass

from rules.finding_codes import Severity, severity_of


@dataclass(frozen=True, slots=True, kw_only=True, order=True)
class Finding:
    """One error or warning, its place, and what to do about it. Lines and columns count from 1."""

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
    def full_message(self) -> str:
        """The message, with the suggestion if there is one."""
        return f"{self.message} (did you mean '{self.meant}'?)" if self.meant else self.message

    def __str__(self) -> str:
        """Always one line: characters that can't be printed are written as Python escapes."""
        severity = "warning: " if self.severity is Severity.WARNING else ""
        line = f"{self.file}:{self.line}:{self.column}  {self.code}  {severity}{self.full_message}"
        return one_line(line)


def one_line(text: str, *, besides: str = "") -> str:
    """The text with Python escapes for characters that can't be printed, but for those in `besides`."""
    return "".join(its if its.isprintable() or its in besides else ascii(its)[1:-1] for its in text)


class RulesError(Exception):
    """The base of every error of the rule language."""


class CatalogueInvalid(RulesError):
    """A language's catalogue that can't be used; the message names the file and each key that is wrong."""


class LiteralInvalid(RulesError):
    """Text that is no value of the expected type; the message says what would be, `code` is the finding's code."""

    def __init__(self, message: str, *, code: str = "bad-value") -> None:
        super().__init__(message)
        self.code = code


class PolicyInvalid(RulesError):
    """Policy files with mistakes; `findings` holds all of them."""

    def __init__(self, findings: Iterable[Finding]) -> None:
        self.findings = tuple(sorted(findings))
        super().__init__("\n".join(str(finding) for finding in self.findings))
