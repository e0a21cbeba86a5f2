"""Lets a request through to its operation, or refuses it."""

from collections.abc import Callable, Mapping, Sequence
from types import MappingProxyType

from flask import Flask, request

from api.http.access.authentication import Authentication
from api.http.access.caller import NOBODY, Caller, begin_request_of
from api.http.access.networks import NETWORK_HEADER, begin_request_on, network_for
from api.http.access.origin import origin_of
from api.http.access.streams import keep_caller
from api.http.access.within import caller_within
from api.http.serving.connection import FROM_PROBES
from engine.actor import Through, act_as
from engine.errors import NotPermitted
from engine.model.scopes import Scope
from engine.service import Pointsman


class Gate:
    """`scopes` says for each endpoint of which scopes its callers need one; none: it is open to all. `signed` answers
    of an endpoint whether the running request needs none, as the endpoint itself verifies a signature of its body.
    """

    def __init__(
        self,
        served: Sequence[Pointsman],
        *,
        scopes: Mapping[str, tuple[Scope, ...]],
        authentication: Authentication,
        signed: Mapping[str, Callable[[], bool]] = MappingProxyType({}),
    ) -> None:
        self._served = served
        self._scopes = scopes
        self._authentication = authentication
        self._signed = signed

    def guard(self, app: Flask) -> None:
        """From here on every request goes through the gate. Raises LookupError if an endpoint states no scope."""
        unstated = sorted({rule.endpoint for rule in app.url_map.iter_rules()} - self._scopes.keys())
        if unstated:
            raise LookupError(f"no scope is stated for {', '.join(unstated)}")
        app.before_request(self._admit)
        app.after_request(keep_caller)

    def _admit(self) -> None:
        """Raises Unauthenticated, TooManyFailedKeys, NotPermitted, StoreUnavailable."""
        begin_request_of(NOBODY)
        begin_request_on(self._served[0])
        act_as("")
        # an address that is none is answered 404, and OPTIONS says only which methods there are
        needed = () if request.endpoint is None or request.method == "OPTIONS" else self._scopes[request.endpoint]
        if not needed or request.environ.get(FROM_PROBES):
            return
        if request.endpoint in self._signed and self._signed[request.endpoint]():
            return
        who = self._authentication.caller_of(request)
        pointsman = network_for(who, request.headers.get(NETWORK_HEADER), self._served)
        verify_scope(who, needed)
        begin_request_of(who)
        begin_request_on(pointsman)
        through: Through = "http" if caller_within(request.environ) is None else "console"
        act_as(who.name, through=through, origin=origin_of(request, proxied=self._served[0].settings.access.proxied))


def verify_scope(who: Caller, needed: Sequence[Scope]) -> None:
    """Raise NotPermitted unless `who` has one of the scopes."""
    if who.scopes.isdisjoint(needed):
        has = ", ".join(sorted(who.scopes)) or "none"
        raise NotPermitted(f"this needs the scope {' or '.join(needed)}; '{who.name}' has {has}", scopes=needed)
