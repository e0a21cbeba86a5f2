"""Lets click say its own words, such as "Usage:", in the language of the command.

click looks each of its texts up under the name `_` in its modules, which is gettext's: that knows the language of the
process alone, from compiled catalogues. Here the language is that of the command.
"""

import click
import click.core
import click.decorators
import click.exceptions
import click.formatting
import click.parser
import click.types

from api.language.current import say

MODULES = (click.core, click.decorators, click.exceptions, click.formatting, click.parser, click.types)


def speak_for_click() -> None:
    for module in MODULES:
        for name, function in (("_", say), ("ngettext", _counted)):
            if hasattr(module, name):
                setattr(module, name, function)


def _counted(one: str, several: str, number: int) -> str:
    return say(one if number == 1 else several)
