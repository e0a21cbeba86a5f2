"""How commands record that they read personal data."""

import shlex
from collections.abc import Sequence

import click

from api.cli.language.current import say, typed_words
from engine.errors import StoreUnavailable
from engine.service import Pointsman


def record_read(service: Pointsman, *, subject: str = "", order: str = "", count: int = 1) -> None:
    """The running command has read this order, or this decision of an order, or so many. Who may only read on the
    server can't record it, and is warned: it needs no command to read everything.
    """
    if not count:
        return
    context = click.get_current_context()
    name = _name_of(context)
    given = [word for word in _after(name.split(), typed_words()) if word != subject]
    try:
        service.accesses.note(name, subject=subject, order=order, query=shlex.join(given), count=count)
    except StoreUnavailable as error:
        click.echo(say("warning: this read was not recorded: {error}", error=error), err=True)


def _name_of(context: click.Context) -> str:
    """Of the command, with those of its groups."""
    names = []
    while context.parent is not None:
        names.append(context.info_name or "")
        context = context.parent
    return " ".join(reversed(names))


def _after(names: Sequence[str], words: Sequence[str]) -> Sequence[str]:
    """What was typed after the command's own words."""
    for name in names:
        if name in words:
            words = words[words.index(name) + 1 :]
    return words
