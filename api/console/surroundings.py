"""What the console needs of whoever keeps its sessions."""

from collections.abc import Callable, Mapping, Sequence
from dataclasses import dataclass
from typing import Any, Protocol, TypeAlias

from flask import Flask

from api.console.calls import Wsgi


class Message(Protocol):
    """What the next page tells of what was done."""

    @property
    def tone(self) -> str: ...
    @property
    def text(self) -> str: ...


class Session(Protocol):
    """Who is signed in."""

    @property
    def name(self) -> str: ...
    @property
    def role(self) -> str: ...
    @property
    def scopes(self) -> Sequence[str]: ...
    @property
    def csrf(self) -> str: ...
    @property
    def network(self) -> str: ...
    @property
    def open_here(self) -> bool: ...


class Sessions(Protocol):
    """See engine/access/console_sessions.py."""

    def find(self, session_id: str, *, used: bool) -> Any: ...
    def choose_network(self, session_id: str, session: Any, network: str) -> None: ...
    def leave_message(self, session_id: str, session: Any, *, tone: str, text: str) -> Any: ...
    def take_messages(self, session_id: str, session: Any) -> Sequence[Message]: ...
    def end(self, session_id: str) -> None: ...
    def follow_link(self, token: str) -> str | None: ...


BeginSession: TypeAlias = Callable[[Mapping[str, Any], bool], str]
"""Begins one for whom `GET /v1/caller` answered, without a credential or with one; answers its id."""


@dataclass(frozen=True, slots=True, kw_only=True)
class Surroundings:
    """What the console is given. `api` is the HTTP API, `scopes` says of each of its endpoints of which scopes a caller
    needs one. `begin` begins a session, and `signed` is what calls for one have in their environment. `open_here`: who
    is on this machine needs no key. `proxied`: a proxy speaks TLS, whatever a request says. `tokens`: tokens of an
    OpenID provider are taken. `prepare` makes a fresh application read ids with slashes from addresses.
    `unavailable` is raised while the store does not answer.
    """

    api: Wsgi
    sessions: Sessions
    begin: BeginSession
    signed: Callable[[Any], Mapping[str, Any]]
    scopes: Mapping[str, Sequence[str]]
    open_here: Callable[[], bool]
    proxied: bool
    tokens: bool
    prepare: Callable[[Flask], None]
    unavailable: type[Exception]
