"""Who calls, by a signed token (JWT) of the OpenID provider."""

from collections.abc import Callable, Mapping
from typing import Any, get_args

from marshmallow import ValidationError

from api.http.access.caller import Caller
from api.http.access.openid.provider_keys import ProviderKeys
from api.http.access.openid.verification import TokenInvalid, verified_claims
from api.shapes.client_name import ClientName
from engine.access.openid_settings import OpenIdSettings
from engine.access.settings import NETWORK_NAME
from engine.model.scopes import ALL_NETWORKS, ROLE_SCOPES, Role

_TYPES = (None, "jwt", "at+jwt", "application/at+jwt")
_MOST_NETWORKS = 1_000


class Tokens:
    """Tokens of one provider. `clock` answers UTC seconds."""

    def __init__(self, settings: OpenIdSettings, *, keys: ProviderKeys, clock: Callable[[], int]) -> None:
        self._settings = settings
        self._keys = keys
        self._clock = clock

    def caller_of(self, token: str) -> Caller | None:
        """None if it is no valid token for this service. Raises IdentityProviderUnavailable."""
        claims = self.claims_of(token)
        return None if claims is None else self.caller_by(claims)

    def claims_of(self, token: str) -> Mapping[str, Any] | None:
        """None if it is no valid token for this service. Raises IdentityProviderUnavailable."""
        settings = self._settings
        try:
            return verified_claims(
                token,
                keys=self._keys,
                issuer=settings.issuer,
                audience=settings.audience,
                types=_TYPES,
                now=self._clock(),
            )
        except TokenInvalid:
            return None

    def caller_by(self, claims: Mapping[str, Any]) -> Caller | None:
        """Who calls by a token with these claims; None if they name no caller. Roles that are not known are those of
        other services.
        """
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
