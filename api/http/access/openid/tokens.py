"""Who calls, by a signed token (JWT) of the OpenID provider."""

import math
from collections.abc import Callable, Mapping
from typing import Any, get_args

import jwt
from marshmallow import ValidationError

from api.http.access.caller import Caller
from api.http.access.openid.provider_keys import ProviderKeys
from api.shapes.client_name import ClientName
from engine.access.openid_settings import OpenIdSettings
from engine.access.settings import NETWORK_NAME
from engine.model.scopes import ALL_NETWORKS, ROLE_SCOPES, Role

ALGORITHMS = ("RS256", "RS384", "RS512", "PS256", "PS384", "PS512", "ES256", "ES384", "ES512", "EdDSA")
"""Signatures by public keys only: with HMAC, who can read the provider's public key could sign (RFC 8725, 3.1)."""
LEEWAY_SECONDS = 60
"""By how much the provider's clock may differ from ours."""
_TYPES = (None, "jwt", "at+jwt", "application/at+jwt")
_MOST_LETTERS = 16_384
_MOST_NETWORKS = 1_000


class Tokens:
    """Tokens of one provider. `clock` answers UTC seconds."""

    def __init__(self, settings: OpenIdSettings, *, keys: ProviderKeys, clock: Callable[[], int]) -> None:
        self._settings = settings
        self._keys = keys
        self._clock = clock

    def caller_of(self, token: str) -> Caller | None:
        """None if it is no valid token for this service. Raises IdentityProviderUnavailable."""
        if len(token) > _MOST_LETTERS:
            return None
        try:
            claims = self._verified(token)
        except (jwt.PyJWTError, ValueError, TypeError):
            return None
        return None if claims is None else self._caller(claims)

    def _verified(self, token: str) -> Mapping[str, Any] | None:
        header = jwt.get_unverified_header(token)
        algorithm, kind = header.get("alg"), header.get("typ")
        if algorithm not in ALGORITHMS or (kind.lower() if isinstance(kind, str) else kind) not in _TYPES:
            return None
        key_id = header.get("kid")
        key = self._keys.find(key_id if isinstance(key_id, str) else None)
        if key is None or key.algorithm_name != algorithm:  # one key, one algorithm (RFC 8725, 3.1)
            return None
        claims = jwt.decode(
            token,
            key.key,
            algorithms=[algorithm],
            audience=self._settings.audience,
            issuer=self._settings.issuer,
            options={
                "require": ["exp", "iss", "aud"],
                # by our own clock, below
                "verify_exp": False,
                "verify_nbf": False,
                "verify_iat": False,
            },
        )
        return claims if self._is_current(claims) else None

    def _is_current(self, claims: Mapping[str, Any]) -> bool:
        now, ends, begins = self._clock(), claims["exp"], claims.get("nbf", 0)
        if not all(
            isinstance(at, int | float) and not isinstance(at, bool) and math.isfinite(at) for at in (ends, begins)
        ):
            return False
        return bool(begins - LEEWAY_SECONDS <= now < ends + LEEWAY_SECONDS)

    def _caller(self, claims: Mapping[str, Any]) -> Caller | None:
        """None if its claims name no caller. Roles that are not known are those of other services."""
        settings = self._settings
        try:
            name = str(ClientName().deserialize(claims.get(settings.name_claim)))
        except ValidationError:
            return None
        roles = [role for role in get_args(Role) if role in _words(claims.get(settings.roles_claim))]
        return Caller(
            name=name,
            key_id="",
            role=", ".join(roles),
            scopes=frozenset().union(*(ROLE_SCOPES[role] for role in roles)),
            networks=tuple(filter(_is_network, _words(claims.get(settings.networks_claim)))),
            ends_at=int(claims["exp"]),
        )


def _is_network(word: str) -> bool:
    return word == ALL_NETWORKS or NETWORK_NAME.fullmatch(word) is not None


def _words(claim: Any) -> tuple[str, ...]:
    """Of a list of texts, or of one text with blanks between."""
    words = claim.split() if isinstance(claim, str) else claim
    return tuple(word for word in words[:_MOST_NETWORKS] if isinstance(word, str)) if isinstance(words, list) else ()
