"""The console below /console: an application beside that of the HTTP API, which it calls within the process."""

import functools
import threading
from collections.abc import Callable, Iterable, Mapping
from typing import Any, TypeAlias

from flask import Flask, request

from api.http.access.authentication import is_from_here
from api.http.access.within import environ_of
from api.http.addresses import read_ids_from_addresses
from engine.access.console_sessions import Person
from engine.decide.order_record import seconds
from engine.errors import StoreUnavailable
from engine.model.scopes import Scope
from engine.service import Pointsman

Wsgi: TypeAlias = Callable[[dict[str, Any], Callable[..., Any]], Iterable[bytes]]
PREFIX = "/console"


class MountedConsole:
    """A WSGI application: the console's below its prefix, `api` elsewhere. The console is made when it is first asked
    for: many a worker never is.
    """

    def __init__(self, api: Wsgi, pointsman: Pointsman, scopes: Mapping[str, tuple[Scope, ...]]) -> None:
        self._api = api
        self._pointsman = pointsman
        self._scopes = scopes
        self._making = threading.Lock()

    def __call__(self, environ: dict[str, Any], start_response: Any) -> Iterable[bytes]:
        path: str = environ.get("PATH_INFO", "")
        if path != PREFIX and not path.startswith(f"{PREFIX}/"):
            return self._api(environ, start_response)
        environ = {
            **environ,
            "SCRIPT_NAME": environ.get("SCRIPT_NAME", "") + PREFIX,
            "PATH_INFO": path.removeprefix(PREFIX) or "/",
        }
        with self._making:
            console = self._console
        return console.wsgi_app(environ, start_response)

    @functools.cached_property
    def _console(self) -> Flask:
        from api.console.app import console_app  # noqa: PLC0415  # templates and charts, which other requests don't need
        from api.console.surroundings import Surroundings  # noqa: PLC0415

        settings = self._pointsman.settings
        return console_app(
            Surroundings(
                api=self._api,
                sessions=self._pointsman.console_sessions,
                begin=self._begin,
                signed=environ_of,
                scopes=self._scopes,
                open_here=lambda: self._pointsman.settings.access.open and is_from_here(request),
                proxied=settings.access.proxied,
                tokens=settings.access.openid is not None,
                prepare=read_ids_from_addresses,
                unavailable=StoreUnavailable,
            )
        )

    def _begin(self, caller: Mapping[str, Any], open_here: bool) -> str:  # noqa: FBT001  # as the console says it
        """A session for whom `GET /v1/caller` answered."""
        ends_at = caller["ends_at"]
        person = Person(
            name=caller["name"],
            role=caller["role"],
            scopes=caller["scopes"],
            networks=caller["allowed_networks"],
            key_id=caller["key"] or "",
            open_here=open_here,
            ends_at=None if ends_at is None else seconds(ends_at),
        )
        return self._pointsman.console_sessions.begin(person)
