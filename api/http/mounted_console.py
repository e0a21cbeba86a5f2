"""The console below /console: an application beside that of the HTTP API, which it calls within the process."""

import functools
import threading
from collections.abc import Callable, Iterable, Mapping, Sequence
from typing import TYPE_CHECKING, Any, TypeAlias
from urllib.parse import urlsplit

from flask import Flask, request

from api.http.access.address_limits import AddressLimit
from api.http.access.authentication import is_from_here
from api.http.access.signing_in import record_signing_in
from api.http.access.within import environ_of
from api.http.addresses import read_ids_from_addresses
from engine.access.console_sessions import Person
from engine.decide.order_record import seconds
from engine.errors import StoreUnavailable
from engine.model.scopes import Scope
from engine.service import Pointsman

if TYPE_CHECKING:  # a large library behind them
    from api.http.access.openid.door import ProviderDoor
    from api.http.access.openid.provider import OpenIdProvider

Wsgi: TypeAlias = Callable[[dict[str, Any], Callable[..., Any]], Iterable[bytes]]
PREFIX = "/console"


class MountedConsole:
    """A WSGI application: the console's below its prefix, `api` elsewhere. The console is made when it is first asked
    for: many a worker never is.
    """

    def __init__(
        self,
        api: Wsgi,
        served: Sequence[Pointsman],
        scopes: Mapping[str, tuple[Scope, ...]],
        openid: "OpenIdProvider | None",
    ) -> None:
        self._api = api
        self._served = served
        self._pointsman = served[0]
        self._scopes = scopes
        self._openid = openid
        self._prefix = urlsplit(self._pointsman.settings.access.console_url).path
        self._making = threading.Lock()

    def __call__(self, environ: dict[str, Any], start_response: Any) -> Iterable[bytes]:
        path: str = environ.get("PATH_INFO", "")
        if path != PREFIX and not path.startswith(f"{PREFIX}/"):
            return self._api(environ, start_response)
        environ = {**environ, **self._below(environ)}
        with self._making:
            console = self._console
        return console.wsgi_app(environ, start_response)

    def _below(self, environ: Mapping[str, Any]) -> Mapping[str, str]:
        """Where the console stands: as browsers see it, if a setting says so, or else as the server does."""
        seen = environ.get("SCRIPT_NAME", "") + PREFIX
        root = self._prefix or seen
        written: str = environ.get("RAW_URI", "")
        return {
            "SCRIPT_NAME": root,
            "PATH_INFO": environ["PATH_INFO"].removeprefix(PREFIX) or "/",
            "RAW_URI": root + written.removeprefix(seen) if written.startswith(seen) else written,
        }

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
                provider=self._provider_door(),
                record=functools.partial(record_signing_in, self._served, request),
                signed=environ_of,
                scopes=self._scopes,
                open_here=lambda: self._pointsman.settings.access.open and is_from_here(request),
                proxied=settings.access.proxied,
                console_url=settings.access.console_url,
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

    def _provider_door(self) -> "ProviderDoor | None":
        openid, access = self._pointsman.settings.access.openid, self._pointsman.settings.access
        if self._openid is None or self._openid.flow is None or openid is None or openid.client is None:
            return None
        from api.http.access.openid.door import ProviderDoor  # noqa: PLC0415

        counts, limit = self._pointsman.request_counts, access.failed_keys
        return ProviderDoor(
            self._openid.flow,
            self._pointsman.console_sessions,
            name=openid.client.provider,
            session_seconds=openid.client.session_seconds,
            limit=limit and AddressLimit(counts, limit, name="sign-in", proxied=access.proxied),
            clock=lambda: self._pointsman.now,
        )
