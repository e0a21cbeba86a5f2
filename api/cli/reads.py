"""How commands record that they read personal data."""

import click
from click.core import ParameterSource

from api.cli.language.current import say
from engine.errors import StoreUnavailable
from engine.service import Pointsman


def record_read(service: Pointsman, *, subject: str = "", order: str = "", count: int = 1) -> None:
    """The running command has read this order, or this decision of an order, or so many. Who may only read on the
    server can't record it, and is warned: it needs no command to read everything.
    """
    if not count:
        return
    context = click.get_current_context()
    given = (
        f"{name}={value}"
        for name, value in context.params.items()
        if context.get_parameter_source(name) is ParameterSource.COMMANDLINE and str(value) != subject
    )
    try:
        service.accesses.note(_name_of(context), subject=subject, order=order, query=" ".join(given), count=count)
    except StoreUnavailable as error:
        click.echo(say("warning: this read was not recorded: {error}", error=error), err=True)


def _name_of(context: click.Context) -> str:
    """Of the command, with those of its groups."""
    names = []
    while context.parent is not None:
        names.append(context.info_name or "")
        context = context.parent
    return " ".join(reversed(names))
