"""The door of the console that leads by the OpenID provider's page."""

from collections.abc import Callable, Mapping
from dataclasses import dataclass

from flask import Request

from api.http.access.address_limits import AddressLimit
from api.http.access.caller import Caller
from api.http.access.openid.code_flow import Arrived, AtProvider, CodeFlow
from engine.access.console_sessions import ConsoleSessions, Person


@dataclass(frozen=True, slots=True, kw_only=True)
class Way:
    """Where a person goes to sign in: an `address`; or nowhere, for a `reason`; `retry_after` is in how many seconds
    that may be otherwise, 0 if it is not known.
    """

    address: str = ""
    reason: str = ""
    retry_after: int = 0


@dataclass(frozen=True, slots=True, kw_only=True)
class Entrance:
    """A person who came back from the provider: the id of the session that began and the page that was wanted; or
    nobody, for a `reason`.
    """

    session_id: str = ""
    here: str = ""
    reason: str = ""


class ProviderDoor:
    """Signing in at the provider's page. `name` is that by which people know it; `limit` bounds how often an address
    may begin; None: nothing does.
    """

    def __init__(
        self,
        flow: CodeFlow,
        sessions: ConsoleSessions,
        *,
        name: str,
        session_seconds: int,
        limit: AddressLimit | None,
        clock: Callable[[], int],
    ) -> None:
        self.name = name
        self._flow = flow
        self._sessions = sessions
        self._session_seconds = session_seconds
        self._limit = limit
        self._clock = clock

    def begin(self, request: Request, *, redirect_uri: str, browser: str, here: str) -> Way:
        """Raises StoreUnavailable."""
        seconds = 0 if self._limit is None else self._limit.seconds_to_wait(request)
        if seconds:
            return Way(reason="too_many", retry_after=seconds)
        match self._flow.begin(redirect_uri=redirect_uri, browser=browser, here=here):
            case AtProvider(address=address):
                return Way(address=address)
            case refused:
                return Way(reason=refused.reason)

    def finish(self, answer: Mapping[str, str], *, browser: str) -> Entrance:
        """Raises StoreUnavailable."""
        match self._flow.finish(answer, browser=browser):
            case Arrived(caller=caller, here=here):
                return Entrance(session_id=self._sessions.begin(self._person(caller)), here=here)
            case refused:
                return Entrance(reason=refused.reason)

    def _person(self, caller: Caller) -> Person:
        """The session outlives the token, which the provider means for this one moment."""
        return Person(
            name=caller.name,
            role=caller.role,
            scopes=sorted(caller.scopes),
            networks=caller.networks,
            key_id="",
            open_here=False,
            ends_at=self._clock() + self._session_seconds,
        )
