"""Ends a command with the mistakes of its input, one a line, and with what follows from them."""

import dataclasses
import sys
from collections.abc import Sequence
from typing import NoReturn

import click

from api.language.current import counted, say, say_message
from engine.errors import InputInvalid, Mistake
from rules.errors import Finding, PolicyInvalid, one_line
from rules.finding_codes import Severity

MOST_SHOWN = 50
"""At most so many mistakes are printed."""
_NO_BREAK = "\u00a0\u202f"
"""Spaces of French sentences."""


def fail_with_mistakes(error: InputInvalid | PolicyInvalid, consequence: str) -> NoReturn:
    """`consequence` says what was not done because of them."""
    if isinstance(error, InputInvalid):
        lines = list(map(mistake_line, error.mistakes))
    else:
        lines = list(map(finding_line, error.findings))
    fail([*_first(lines), f"{counted(len(lines), 'mistake')}; {consequence}"])


def fail(lines: Sequence[str]) -> NoReturn:
    for line in lines:
        click.echo(line, err=True)
    sys.exit(1)


def mistake_line(mistake: Mistake) -> str:
    return str(dataclasses.replace(mistake, message=say_message(mistake.message)))


def finding_line(finding: Finding) -> str:
    """The finding on one line, in the language of the command but for its code."""
    warning = say("warning: ") if finding.severity is Severity.WARNING else ""
    place = f"{finding.file}:{finding.line}:{finding.column}"
    return one_line(f"{place}  {finding.code}  {warning}{full_message(finding)}", besides=_NO_BREAK)


def full_message(finding: Finding) -> str:
    """The message in the language of the command, with the suggestion if there is one."""
    hint = say(" (did you mean '{meant}'?)", meant=finding.meant) if finding.meant else ""
    return say_message(finding.message) + hint


def _first(lines: Sequence[str]) -> list[str]:
    more = len(lines) - MOST_SHOWN
    return [*lines[:MOST_SHOWN], *([say("... and {more} more", more=more)] if more > 0 else [])]
