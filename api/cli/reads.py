"""How commands record that they read personal data."""

import shlex
from collections.abc import Sequence

import click

from api.language.current import say, typed_words
from engine.errors import StoreUnavailable
from engine.service import Pointsman
from engine.store.audit.accesses import PreparedAccess


def record_read(service: Pointsman, *, subject: str = "", order: str = "", count: int = 1) -> None:
    """The running command has read this order, or this decision of an order, or so many. Who may only read on the
    server can't record it, and is warned: it needs no command to read everything.
    """
    if not count:
        return
    name = _name_of(click.get_current_context())
    try:
        service.accesses.note(name, subject=subject, order=order, query=_query(name, subject), count=count)
    except StoreUnavailable as error:
        click.echo(say("warning: this read was not recorded: {error}", error=error), err=True)


def print_access(service: Pointsman, *, subject: str, order: str) -> PreparedAccess:
    """That the running command has a paper printed that shows what is personal; for the step that queues it."""
    name = _name_of(click.get_current_context())
    return service.accesses.prepared(name, subject=subject, order=order, query=_query(name, subject))


def _query(name: str, subject: str) -> str:
    """What was typed behind the command, but for what it is about."""
    return shlex.join(word for word in _after(name.split(), typed_words()) if word != subject)


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
