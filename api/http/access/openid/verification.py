"""Verifies signed tokens (JWT) of the OpenID provider: who signed one, for whom, and whether it is good now."""

import math
from collections.abc import Mapping, Sequence
from typing import Any, Literal, TypeAlias

import jwt

from api.http.access.openid.provider_keys import ProviderKeys

ALGORITHMS = ("RS256", "RS384", "RS512", "PS256", "PS384", "PS512", "ES256", "ES384", "ES512", "EdDSA")
"""Signatures by public keys only: with HMAC, who can read the provider's public key could sign (RFC 8725, 3.1)."""
LEEWAY_SECONDS = 60
"""By how much the provider's clock may differ from ours."""
_MOST_LETTERS = 16_384

Fault: TypeAlias = Literal["form", "signature", "issuer", "audience", "time"]


class TokenInvalid(Exception):  # named for what is wrong with the token
    """A text is no valid token; `fault` is the first thing that is wrong with it."""

    def __init__(self, fault: Fault) -> None:
        self.fault = fault
        super().__init__(fault)


def verified_claims(
    token: str, *, keys: ProviderKeys, issuer: str, audience: str, types: Sequence[str | None], now: int
) -> Mapping[str, Any]:
    """The claims of a token of one of these `types` (RFC 8725, 3.11). Raises TokenInvalid,
    IdentityProviderUnavailable.
    """
    if len(token) > _MOST_LETTERS:
        raise TokenInvalid("form")
    try:
        claims = _signed_claims(token, keys=keys, issuer=issuer, audience=audience, types=types)
    except jwt.InvalidSignatureError:
        raise TokenInvalid("signature") from None
    except jwt.InvalidIssuerError:
        raise TokenInvalid("issuer") from None
    except jwt.InvalidAudienceError:
        raise TokenInvalid("audience") from None
    except (jwt.PyJWTError, ValueError, TypeError):
        raise TokenInvalid("form") from None
    _verify_time(claims, now)
    return claims


def _signed_claims(
    token: str, *, keys: ProviderKeys, issuer: str, audience: str, types: Sequence[str | None]
) -> dict[str, Any]:
    header = jwt.get_unverified_header(token)
    algorithm, kind = header.get("alg"), header.get("typ")
    if algorithm not in ALGORITHMS or (kind.lower() if isinstance(kind, str) else kind) not in types:
        raise TokenInvalid("form")
    key_id = header.get("kid")
    key = keys.find(key_id if isinstance(key_id, str) else None)
    if key is None or key.algorithm_name != algorithm:  # one key, one algorithm (RFC 8725, 3.1)
        raise TokenInvalid("signature")
    return jwt.decode(
        token,
        key.key,
        algorithms=[algorithm],
        audience=audience,
        issuer=issuer,
        options={
            "require": ["exp", "iss", "aud"],
            # by our own clock, below
            "verify_exp": False,
            "verify_nbf": False,
            "verify_iat": False,
        },
    )


def _verify_time(claims: Mapping[str, Any], now: int) -> None:
    ends, begins = claims["exp"], claims.get("nbf", 0)
    if not (is_instant(ends) and is_instant(begins)):
        raise TokenInvalid("form")
    if not begins - LEEWAY_SECONDS <= now < ends + LEEWAY_SECONDS:
        raise TokenInvalid("time")


def is_instant(value: Any) -> bool:
    """Whether it is a number of seconds, as claims have instants."""
    return isinstance(value, int | float) and not isinstance(value, bool) and math.isfinite(value)
