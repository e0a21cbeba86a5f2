"""Signing in at the OpenID provider's own page: the authorization code flow (OpenID Connect Core 1.0, section 3.1) with
PKCE (RFC 7636), state and nonce, as RFC 9700 has it.

What a person's browser brings back is believed of nobody: the state is good once, for ten minutes and for the browser
that began; the code is exchanged with the provider itself; and the ID token is verified as other tokens are, and must
have the nonce that this very sign-in began with.
"""

import base64
import hashlib
import hmac
import logging
import secrets
import time
from collections.abc import Callable, Mapping
from dataclasses import dataclass
from http import HTTPStatus
from typing import Any, Literal, TypeAlias
from urllib.parse import quote, urlencode, urlsplit

from api.http.access.caller import Caller
from api.http.access.openid.calls_to_provider import discovered, post_form
from api.http.access.openid.provider_keys import FRESH_SECONDS, ProviderKeys
from api.http.access.openid.tokens import Tokens
from api.http.access.openid.verification import LEEWAY_SECONDS, TokenInvalid, is_instant, verified_claims
from engine.access.openid_client import OpenIdClient
from engine.access.openid_settings import OpenIdSettings, is_private_way
from engine.errors import IdentityProviderUnavailable
from engine.store.console_sign_ins import PendingSignIn, PendingSignIns, digest_of

logger = logging.getLogger("pointsman.access")

_BYTES = 32
"""Of state, nonce and verifier (RFC 7636, section 7.1, asks for 32)."""
_ID_TOKEN_TYPES = (None, "jwt")
"""An access token (RFC 9068) is no ID token."""

Reason: TypeAlias = Literal[
    "denied", "unknown_sign_in", "away", "code_refused", "client_refused", "token_invalid", "audience", "time",
    "no_name", "no_role", "no_network",
]  # fmt: skip


@dataclass(frozen=True, slots=True, kw_only=True)
class AtProvider:
    """The address of the provider's page to which the person goes."""

    address: str


@dataclass(frozen=True, slots=True, kw_only=True)
class Arrived:
    """Who came back, and the page of the console that they wanted."""

    caller: Caller
    here: str


@dataclass(frozen=True, slots=True, kw_only=True)
class NotArrived:
    """Nobody is signed in, and why."""

    reason: Reason


class _Refused(Exception):  # becomes NotArrived
    def __init__(self, reason: Reason) -> None:
        self.reason = reason
        super().__init__(reason)


class CodeFlow:
    """Of one provider. `clock` answers UTC seconds, `elapsed` seconds of a clock that is never set."""

    def __init__(
        self,
        settings: OpenIdSettings,
        client: OpenIdClient,
        *,
        keys: ProviderKeys,
        tokens: Tokens,
        pending: PendingSignIns,
        clock: Callable[[], int],
        elapsed: Callable[[], float] = time.monotonic,
    ) -> None:
        self._settings = settings
        self._client = client
        self._keys = keys
        self._tokens = tokens
        self._pending = pending
        self._clock = clock
        self._elapsed = elapsed
        self._known: tuple[float, Mapping[str, Any]] | None = None
        """The provider's discovery document, and when it was fetched."""

    def begin(self, *, redirect_uri: str, browser: str, here: str) -> AtProvider | NotArrived:
        """The person of this `browser` (a secret of it) goes to the provider's page, comes back to `redirect_uri`, and
        then goes `here`. Raises StoreUnavailable.
        """
        try:
            page = _address_in(self._document(), "authorization_endpoint")
        except _Refused as refused:
            return NotArrived(reason=refused.reason)
        state, nonce, verifier = (secrets.token_urlsafe(_BYTES) for _ in range(3))
        pending = PendingSignIn(
            nonce=nonce, verifier=verifier, redirect_uri=redirect_uri, here=here, browser=digest_of(browser)
        )
        self._pending.put(state, pending)
        query = {
            "response_type": "code",
            "client_id": self._client.client_id,
            "redirect_uri": redirect_uri,
            "scope": " ".join(self._client.scopes),
            "state": state,
            "nonce": nonce,
            "code_challenge": _challenge(verifier),
            "code_challenge_method": "S256",
        }
        return AtProvider(address=f"{page}{'&' if urlsplit(page).query else '?'}{urlencode(query)}")

    def finish(self, answer: Mapping[str, str], *, browser: str) -> Arrived | NotArrived:
        """Who comes back with this `answer` of the provider, the query of the address. Raises StoreUnavailable."""
        pending = self._pending.take(answer.get("state", ""))
        if pending is None or not pending.is_of_browser(browser):
            return NotArrived(reason="unknown_sign_in")
        try:
            document = self._document()
            self._verify_answer(answer, document)
            tokens = self._exchanged(answer["code"], pending, document)
            return Arrived(caller=self._caller(tokens, pending.nonce), here=pending.here)
        except IdentityProviderUnavailable:
            return NotArrived(reason="away")
        except _Refused as refused:
            return NotArrived(reason=refused.reason)

    def _document(self) -> Mapping[str, Any]:
        if self._known is not None and self._elapsed() - self._known[0] < FRESH_SECONDS:
            return self._known[1]
        try:
            document = discovered(self._settings.issuer)
        except (OSError, ValueError, KeyError, TypeError) as error:
            logger.warning("nobody can sign in by the OpenID provider: %s", error)
            raise _Refused("away") from None
        self._known = self._elapsed(), document
        return document

    def _verify_answer(self, answer: Mapping[str, str], document: Mapping[str, Any]) -> None:
        """That it is of this provider, not of another one (RFC 9207), and has a code."""
        named = answer.get("iss")
        must_name = document.get("authorization_response_iss_parameter_supported") is True
        if named != self._settings.issuer and (named is not None or must_name):
            raise _Refused("unknown_sign_in")
        if "error" in answer:
            logger.info("the OpenID provider signed somebody in not: %.100r", answer["error"])
            raise _Refused("away" if answer["error"] in ("server_error", "temporarily_unavailable") else "denied")
        if not answer.get("code"):
            raise _Refused("unknown_sign_in")

    def _exchanged(self, code: str, pending: PendingSignIn, document: Mapping[str, Any]) -> Mapping[str, Any]:
        """The provider's tokens for the code (RFC 6749, section 4.1.3)."""
        form = {
            "grant_type": "authorization_code",
            "code": code,
            "redirect_uri": pending.redirect_uri,
            "code_verifier": pending.verifier,
        }
        headers: dict[str, str] = {}
        client, methods = self._client, document.get("token_endpoint_auth_methods_supported", ["client_secret_basic"])
        if client.secret and "client_secret_basic" in methods:
            headers["Authorization"] = f"Basic {_basic(client)}"
        else:
            form |= {"client_id": client.client_id} | ({"client_secret": client.secret} if client.secret else {})
        try:
            status, tokens = post_form(_address_in(document, "token_endpoint"), form, headers=headers)
        except (OSError, ValueError) as error:
            logger.warning("the OpenID provider gave no token: %s", error)
            raise _Refused("away") from None
        if status >= HTTPStatus.INTERNAL_SERVER_ERROR:
            logger.warning("the OpenID provider gave no token: it answered %d", status)
            raise _Refused("away")
        problem = tokens.get("error") if isinstance(tokens, dict) else "no JSON object"
        if status != HTTPStatus.OK or problem is not None:
            logger.warning("the OpenID provider gave no token: %.100r", problem)
            raise _Refused("code_refused" if problem == "invalid_grant" else "client_refused")
        return dict(tokens)

    def _caller(self, tokens: Mapping[str, Any], nonce: str) -> Caller:
        """Whom the ID token names; if the access token is one for this service, as over HTTP, by the claims of both."""
        claims = self._id_claims(tokens.get("id_token"), nonce)
        access = tokens.get("access_token")
        by_access = self._tokens.claims_of(access) if isinstance(access, str) else None
        if by_access is not None and by_access.get("sub") == claims["sub"]:
            claims = {**claims, **by_access}
        caller = self._tokens.caller_by(claims)
        if caller is None:
            raise _Refused("no_name")
        if not caller.scopes:
            raise _Refused("no_role")
        if not caller.networks:
            raise _Refused("no_network")
        return caller

    def _id_claims(self, token: Any, nonce: str) -> Mapping[str, Any]:
        """OpenID Connect Core 1.0, section 3.1.3.7."""
        client_id = self._client.client_id
        try:
            claims = verified_claims(
                token if isinstance(token, str) else "",
                keys=self._keys,
                issuer=self._settings.issuer,
                audience=client_id,
                types=_ID_TOKEN_TYPES,
                now=self._clock(),
            )
        except TokenInvalid as invalid:
            logger.warning("the ID token of the OpenID provider is not valid: %s", invalid.fault)
            known: dict[str, Reason] = {"audience": "audience", "time": "time"}
            raise _Refused(known.get(invalid.fault, "token_invalid")) from None
        several = isinstance(claims["aud"], list) and len(claims["aud"]) > 1
        if claims.get("azp") != client_id and ("azp" in claims or several):
            raise _Refused("audience")
        made = claims.get("iat", 0)
        if not is_instant(made) or made - LEEWAY_SECONDS > self._clock():
            raise _Refused("time")
        sent = claims.get("nonce")
        if not isinstance(sent, str) or not hmac.compare_digest(sent.encode(errors="replace"), nonce.encode()):
            raise _Refused("unknown_sign_in")
        if not isinstance(claims.get("sub"), str):
            raise _Refused("no_name")
        return claims


def _challenge(verifier: str) -> str:
    """S256 (RFC 7636, section 4.2)."""
    return base64.urlsafe_b64encode(hashlib.sha256(verifier.encode()).digest()).rstrip(b"=").decode()


def _basic(client: OpenIdClient) -> str:
    """RFC 6749, section 2.3.1: both are written as in a form first."""
    return base64.b64encode(f"{quote(client.client_id, safe='')}:{quote(client.secret, safe='')}".encode()).decode()


def _address_in(document: Mapping[str, Any], name: str) -> str:
    address = document.get(name)
    if not isinstance(address, str) or not is_private_way(address):
        logger.warning("nobody can sign in by the OpenID provider: its %s is %.200r", name, address)
        raise _Refused("away")
    return address
