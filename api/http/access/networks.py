"""The networks that one service answers for, and the one that the running request is about."""

from collections.abc import Sequence
from contextvars import ContextVar
from typing import Any

from api.http.access.caller import Caller
from engine.errors import NotPermitted
from engine.service import Pointsman

NETWORK_HEADER = "X-Pointsman-Network"

_CURRENT: ContextVar[Pointsman] = ContextVar("pointsman")


class CurrentPointsman:
    """Stands for the Pointsman of the running request's network. While an answer is streamed, it stays the same. Before
    the first request, there are only the settings, those of `first`; all networks of a service have the same, but for
    their names.
    """

    def __init__(self, first: Pointsman) -> None:
        self._first = first

    def __getattr__(self, name: str) -> Any:
        return getattr(_CURRENT.get(self._first) if name == "settings" else _CURRENT.get(), name)


def begin_request_on(pointsman: Pointsman) -> None:
    """From here on, until the next request, CurrentPointsman stands for this one in this thread."""
    _CURRENT.set(pointsman)


def network_for(who: Caller, asked: str | None, served: Sequence[Pointsman]) -> Pointsman:
    """The network that `who` asked for or, if for none, the first that it may use. Raises NotPermitted, which names no
    network but those that the caller named or has.
    """
    for pointsman in served:
        name = pointsman.settings.network
        if (asked is None or asked == name) and who.may_use(name):
            return pointsman
    if asked is not None:
        raise NotPermitted(f"'{who.name}' may not use the network '{asked}', or it is not served here")
    raise NotPermitted(f"'{who.name}' may use {', '.join(who.networks) or 'no network'}, which is not served here")
