"""A group whose commands are imported when they are used: help and typing mistakes cost next to nothing."""

from collections.abc import Iterator, Mapping
from importlib import import_module
from typing import Any, NamedTuple

import click


class Lazy(NamedTuple):
    """Where a command is, and the summary that the group's help shows without importing it."""

    module: str
    name: str
    summary: str


class LazyCommands(Mapping[str, click.Command]):
    """Commands by name, each imported when it is first looked up."""

    def __init__(self, places: Mapping[str, Lazy]) -> None:
        self.places = places

    def __getitem__(self, name: str) -> click.Command:
        place = self.places[name]
        command: click.Command = getattr(import_module(place.module), place.name)
        return command

    def __iter__(self) -> Iterator[str]:
        return iter(self.places)

    def __len__(self) -> int:
        return len(self.places)


class LazyGroup(click.Group):
    """A group of lazy commands."""

    def __init__(self, *arguments: Any, places: Mapping[str, Lazy], **options: Any) -> None:
        super().__init__(*arguments, **options)
        self.commands = LazyCommands(places)  # type: ignore[assignment]  # click only reads it
        self._places = places

    def format_commands(self, ctx: click.Context, formatter: click.HelpFormatter) -> None:
        """Write the summaries, as click does for commands that it has imported."""
        with formatter.section("Commands"):
            formatter.write_dl([(name, self._places[name].summary) for name in self.list_commands(ctx)])
