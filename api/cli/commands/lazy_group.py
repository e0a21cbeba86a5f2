"""A group whose commands are imported when they are used: help and typing mistakes cost next to nothing."""

import os
from collections.abc import Iterator, Mapping
from importlib import import_module
from typing import Any, NamedTuple

import click

from api.cli.commands.click_texts import speak_for_click
from api.cli.commands.spoken_commands import in_language
from api.language.current import choose_language, say


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
        return in_language(getattr(import_module(place.module), place.name))

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

    def make_context(
        self, info_name: str | None, args: list[str], parent: click.Context | None = None, **extra: Any
    ) -> click.Context:
        """In the language that the words and the environment ask for."""
        speak_for_click()
        choose_language(args, os.environ)
        return click.Group.make_context(in_language(self), info_name, args, parent, **extra)

    def format_commands(self, ctx: click.Context, formatter: click.HelpFormatter) -> None:
        """Write the summaries, as click does for commands that it has imported."""
        with formatter.section(say("Commands")):
            formatter.write_dl([(name, say(self._places[name].summary)) for name in self.list_commands(ctx)])
