"""Commands whose help is in the language of the command line, and which all take `--lang`."""

import copy
import re

import click

from api.language.catalogue import LANGUAGES
from api.language.current import OPTION, say

_EXAMPLE = "Example:"
_PARAGRAPHS = re.compile(r"\n\s*\n")


def in_language(command: click.Command) -> click.Command:
    """A copy of the command that speaks the current language, with its subcommands."""
    spoken = copy.copy(command)
    spoken.help = "\n\n".join(map(_said, paragraphs(command.help or "")))
    spoken.params = [_spoken(param) for param in command.params]
    if not any(OPTION in param.opts for param in command.params):
        spoken.params.append(_language_option())
    if isinstance(spoken, click.Group) and isinstance(spoken.commands, dict):
        spoken.commands = {name: in_language(inner) for name, inner in spoken.commands.items()}
    return spoken


def paragraphs(help_text: str) -> list[str]:
    """Of a docstring, each on one line."""
    return [" ".join(part.split()) for part in _PARAGRAPHS.split(help_text) if part.strip()]


def _language_option() -> click.Option:
    """What it chooses is chosen by `choose_language`, before any word of the command is read."""
    return click.Option(
        [OPTION],
        type=click.Choice(LANGUAGES),
        expose_value=False,
        help=say("The language to speak. Default: POINTSMAN_LANG, or that of the system if it is one of these."),
    )


def _said(paragraph: str) -> str:
    """Examples are commands: they stay as they are."""
    if paragraph.startswith(_EXAMPLE):
        return say(_EXAMPLE) + paragraph.removeprefix(_EXAMPLE)
    return say(paragraph)


def _spoken(param: click.Parameter) -> click.Parameter:
    if isinstance(param, click.Option) and param.help:
        param = copy.copy(param)
        param.help = say(param.help or "")
    return param
