"""Who acts, from where and through what: what log entries and the access log say of their author. Over HTTP it comes
from the caller's key and connection, on the command line from the user who runs it.
"""

from collections.abc import Iterator
from contextlib import contextmanager
from contextvars import ContextVar
from dataclasses import dataclass, replace
from typing import Literal, TypeAlias

Through: TypeAlias = Literal["http", "console", "cli", ""]
"""By which way a change came; empty for what Pointsman does by itself. Earlier releases called the console http."""


@dataclass(frozen=True, slots=True, kw_only=True)
class Author:
    """Who does what is done. All is empty for what Pointsman does by itself, as ending a hold in time."""

    name: str = ""
    through: Through = ""
    origin: str = ""
    """From where: the address of a caller of HTTP or the console; LOGIN@HOST of whoever runs a command, which
    POINTSMAN_USER does not change.
    """
    operation: str = ""
    """The idempotency key or operation id that the caller gave its request."""


ITSELF = Author()
_AUTHOR: ContextVar[Author] = ContextVar("author", default=ITSELF)
_REQUEST: ContextVar[str] = ContextVar("request", default="")


def author() -> Author:
    """Who causes what is done now in this thread."""
    return _AUTHOR.get()


def actor() -> str:
    """The author's name; empty for what Pointsman does by itself."""
    return _AUTHOR.get().name


def act_as(name: str, *, through: Through = "", origin: str = "") -> None:
    """From here on, what is done in this thread is done by `name`. It stays until the next call: an answer that is
    streamed goes on after its request has been handled.
    """
    _AUTHOR.set(Author(name=name, through=through, origin=origin))


def name_operation(operation: str) -> None:
    """From here on, until `act_as` is called again, this thread carries out the operation that its author named so."""
    _AUTHOR.set(replace(_AUTHOR.get(), operation=operation))


def request_id() -> str:
    """The id of the request that this thread carries out; empty for what no request asked for."""
    return _REQUEST.get()


def begin_request(name: str) -> None:
    """From here on, until the next call, this thread carries out the request of that id."""
    _REQUEST.set(name)


@contextmanager
def by_itself() -> Iterator[None]:
    """What is done in this block, Pointsman does by itself, whoever's request it comes along with."""
    before = _AUTHOR.set(ITSELF)
    try:
        yield
    finally:
        _AUTHOR.reset(before)


@contextmanager
def on_behalf_of(who: Author) -> Iterator[None]:
    """What is done in this block, Pointsman does as `who` asked for it earlier."""
    before = _AUTHOR.set(who)
    try:
        yield
    finally:
        _AUTHOR.reset(before)


def signature() -> list[str]:
    """What a log entry says of its author: names and values of fields, in turn, without those that are empty."""
    who = _AUTHOR.get()
    fields = {
        "by": who.name,
        "through": who.through,
        "from": who.origin,
        "op": who.operation,
        "request": _REQUEST.get(),
    }
    return [part for name, value in fields.items() if value for part in (name, value)]
