"""What the console needs of whoever keeps its sessions."""

from collections.abc import Callable, Mapping, Sequence
from dataclasses import dataclass
from typing import Any, Protocol, TypeAlias

from flask import Flask, Request

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


class Way(Protocol):
    """Where a person goes to sign in: an `address`; or nowhere, for a `reason`, which may be gone in `retry_after`
    seconds (0: not known).
    """

    @property
    def address(self) -> str: ...
    @property
    def reason(self) -> str: ...
    @property
    def retry_after(self) -> int: ...


class Entrance(Protocol):
    """The session of a person who came back from the provider, and the page that was wanted; or a `reason`."""

    @property
    def session_id(self) -> str: ...
    @property
    def here(self) -> str: ...
    @property
    def reason(self) -> str: ...


class Provider(Protocol):
    """See api/http/access/openid/door.py."""

    name: str

    def begin(self, request: Request, *, redirect_uri: str, browser: str, here: str) -> Way: ...
    def finish(self, answer: Mapping[str, str], *, browser: str) -> Entrance: ...


BeginSession: TypeAlias = Callable[[Mapping[str, Any], bool], str]
"""Begins one for whom `GET /v1/caller` answered, without a credential or with one; answers its id."""


@dataclass(frozen=True, slots=True, kw_only=True)
class Surroundings:
    """What the console is given. `api` is the HTTP API, `scopes` says of each of its endpoints of which scopes a caller
    needs one. `begin` begins a session, and `signed` is what calls for one have in their environment. `record` writes
    into the access log that somebody of this session signed in or out, and how. `open_here`: who is on this machine
    needs no key. `proxied`: a proxy speaks TLS, whatever a request says. `console_url` is where browsers reach the
    console; empty: as requests say. `tokens`: tokens of an OpenID provider are taken; by `provider`, people sign in at
    its own page. `prepare` makes a fresh application read ids with slashes from addresses.
    `unavailable` is raised while the store does not answer.
    """

    api: Wsgi
    sessions: Sessions
    begin: BeginSession
    record: Callable[[Any, str, str], None]
    signed: Callable[[Any], Mapping[str, Any]]
    scopes: Mapping[str, Sequence[str]]
    open_here: Callable[[], bool]
    proxied: bool
    console_url: str
    tokens: bool
    provider: Provider | None
    prepare: Callable[[Flask], None]
    unavailable: type[Exception]
