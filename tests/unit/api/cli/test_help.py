"""What --help lists: each command with a summary that an ordinary terminal shows whole."""

from collections.abc import Iterator

import click
import pytest
from click.testing import CliRunner

from api.cli.main import pointsman


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
