"""What --help lists: each command with a summary that an ordinary terminal shows whole."""

import subprocess
import sys
from collections.abc import Iterator

import click
import pytest
from click.testing import CliRunner

from api.cli.main import COMMANDS, pointsman


def groups(group: click.Group, *words: str) -> Iterator[tuple[str, ...]]:
    yield words
    for name, command in group.commands.items():
        if isinstance(command, click.Group):
            yield from groups(command, *words, name)


@pytest.mark.parametrize("words", list(groups(pointsman)), ids=" ".join)
def test_no_summary_of_a_command_is_cut_at_80_columns(words: tuple[str, ...]) -> None:
    shown = CliRunner().invoke(pointsman, [*words, "--help"], terminal_width=80).output
    _, _, commands = shown.partition("Commands:\n")
    assert commands
    assert [line for line in commands.splitlines() if line.endswith("...")] == []


@pytest.mark.parametrize("name", COMMANDS)
def test_the_summary_shown_without_importing_a_command_is_its_own(name: str) -> None:
    assert COMMANDS[name].summary == pointsman.commands[name].get_short_help_str(limit=100)


def test_help_imports_no_command_and_nothing_that_is_slow_to_import() -> None:
    program = "import sys\nfrom api.cli.main import main\ntry:\n    main()\nfinally:\n    print(*sys.modules)"
    shown = subprocess.run([sys.executable, "-c", program, "--help"], capture_output=True, text=True, check=True).stdout
    imported = set(shown.splitlines()[-1].split())
    assert "api.cli.main" in imported
    assert imported.isdisjoint(
        {"numpy", "redis", "flask", "marshmallow", "rich", "highspy", *(place.module for place in COMMANDS.values())}
    )
