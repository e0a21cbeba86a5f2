"""Finds out who calls, by the header Authorization: an API key or a token of the OpenID provider."""

from collections.abc import Callable

from flask import Request

from api.http.access.caller import ANYBODY_HERE, Caller
from api.http.access.failed_attempts import FailedAttempts
from api.http.access.within import caller_within
from engine.access.api_keys import ApiKeys
from engine.access.loopback import is_loopback
from engine.access.secret import PREFIX
from engine.errors import Unauthenticated

_SCHEME = "bearer"
_OF_OTHERS = ("Forwarded", "X-Forwarded-For", "X-Real-IP", "Via")
_MISSING = "send a key: Authorization: Bearer pointsman_...; `pointsman key create` makes one"
_NOT_VALID = "the key or token is not valid: mistyped, expired, revoked, or of another installation"


TokenReader = Callable[[str], Caller | None]
"""The caller of a token; None if it is not valid."""


class Authentication:
    """`open_here`: without a key, whoever calls from this machine may do everything. `attempts` bounds how many
    requests without a valid key an address may send; None: nothing does.
    """

    def __init__(
        self,
        *,
        api_keys: ApiKeys,
        tokens: TokenReader,
        open_here: Callable[[], bool],
        attempts: FailedAttempts | None,
    ) -> None:
        self._api_keys = api_keys
        self._tokens = tokens
        self._open_here = open_here
        self._attempts = attempts

    def caller_of(self, request: Request) -> Caller:
        """Raises Unauthenticated, which never shows what was sent; TooManyFailedKeys, StoreUnavailable,
        IdentityProviderUnavailable.
        """
        if (signed_in := caller_within(request.environ)) is not None:
            return signed_in
        if self._attempts is None:
            return self._identify(request)
        self._attempts.verify_may_try(request)
        try:
            who = self._identify(request)
        except Unauthenticated:
            self._attempts.note_failure(request)
            raise
        self._attempts.note_valid(request)
        return who

    def _identify(self, request: Request) -> Caller:
        header = request.headers.get("Authorization")
        if header is None:
            if self._open_here() and "Origin" not in request.headers and is_from_here(request):
                return ANYBODY_HERE
            raise Unauthenticated(_MISSING, presented=False)
        scheme, _, credentials = header.partition(" ")
        if scheme.lower() != _SCHEME:
            raise Unauthenticated(_MISSING, presented=False)
        sent = credentials.strip()
        who = self._caller_of_key(sent) if sent.startswith(PREFIX) else self._tokens(sent)
        if who is None:
            raise Unauthenticated(_NOT_VALID, presented=True)
        return who

    def _caller_of_key(self, text: str) -> Caller | None:
        key = self._api_keys.authenticate(text)
        return None if key is None else Caller.of_key(key)


def is_from_here(request: Request) -> bool:
    """Whether the request was made on this machine.

    A page of another site could make a browser on this machine call here, by this address (then it sends Origin, which
    is not looked at here) or by a name of its own that leads here (DNS rebinding). A proxy on this machine passes on
    what others call.
    """
    return (
        is_loopback(request.remote_addr or "")
        and is_loopback(_host_name(request.host))
        and not any(name in request.headers for name in _OF_OTHERS)
    )


def _host_name(host: str) -> str:
    """Without the port."""
    return host[1:].partition("]")[0] if host.startswith("[") else host.partition(":")[0]
