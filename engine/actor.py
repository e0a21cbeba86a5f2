"""Who acts: the name that log entries carry in `by`, the same for HTTP (the caller's key) and the command line; and the
id of the HTTP request by which they do, which entries carry in `request`.
"""

from collections.abc import Iterator
from contextlib import contextmanager
from contextvars import ContextVar

_ACTOR: ContextVar[str] = ContextVar("actor", default="")
_REQUEST: ContextVar[str] = ContextVar("request", default="")


def actor() -> str:
    """Who caused what is done now in this thread; empty for what Pointsman does by itself, as ending a hold in time."""
    return _ACTOR.get()


def act_as(name: str) -> None:
    """From here on, what is done in this thread is done by `name`. It stays until the next call: an answer that is
    streamed goes on after its request has been handled.
    """
    _ACTOR.set(name)


def request_id() -> str:
    """The id of the request that this thread carries out; empty for what no request asked for."""
    return _REQUEST.get()


def begin_request(name: str) -> None:
    """From here on, until the next call, this thread carries out the request of that id."""
    _REQUEST.set(name)


@contextmanager
def by_itself() -> Iterator[None]:
    """What is done in this block, Pointsman does by itself, whoever's request it comes along with."""
    before = _ACTOR.set("")
    try:
        yield
    finally:
        _ACTOR.reset(before)
