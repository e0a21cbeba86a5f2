"""Ends a command with the mistakes of its input, one a line, and with what follows from them."""

import sys
from collections.abc import Sequence
from typing import NoReturn

import click

from api.cli.output.plural import counted
from engine.errors import InputInvalid
from rules.errors import PolicyInvalid

MOST_SHOWN = 50
"""At most so many mistakes are printed."""


def fail_with_mistakes(error: InputInvalid | PolicyInvalid, consequence: str) -> NoReturn:
    """`consequence` says what was not done because of them."""
    lines = [str(item) for item in (error.mistakes if isinstance(error, InputInvalid) else error.findings)]
    fail([*_first(lines), f"{counted(len(lines), 'mistake')}; {consequence}"])


def fail(lines: Sequence[str]) -> NoReturn:
    for line in lines:
        click.echo(line, err=True)
    sys.exit(1)


def _first(lines: Sequence[str]) -> list[str]:
    more = len(lines) - MOST_SHOWN
    return [*lines[:MOST_SHOWN], *([f"... and {more} more"] if more > 0 else [])]
