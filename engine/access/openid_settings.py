"""The OpenID provider whose tokens are taken, from environment variables."""

from collections.abc import Mapping
from dataclasses import dataclass
from typing import Self
from urllib.parse import urlsplit

from engine.access.loopback import is_loopback
from engine.access.openid_client import OpenIdClient
from engine.errors import BadSetting


@dataclass(frozen=True, slots=True, kw_only=True)
class OpenIdSettings:
    """Tokens must be of this `issuer` and for this `audience`. Its keys are at `jwks_url`; None: where the issuer's
    discovery document says. The claims that name the caller, its roles and its networks. With a `client`, people sign
    in to the console at the provider's own page.
    """

    issuer: str
    audience: str
    jwks_url: str | None = None
    name_claim: str = "sub"
    roles_claim: str = "pointsman_roles"
    networks_claim: str = "pointsman_networks"
    client: OpenIdClient | None = None

    @classmethod
    def from_environment(cls, variables: Mapping[str, str]) -> Self | None:
        """None if no provider is set; raises BadSetting."""
        issuer, audience = variables.get("POINTSMAN_OIDC_ISSUER"), variables.get("POINTSMAN_OIDC_AUDIENCE")
        if issuer is None and audience is None and "POINTSMAN_OIDC_CLIENT_ID" not in variables:
            return None
        if not issuer or not is_private_way(issuer):
            raise BadSetting(
                name="POINTSMAN_OIDC_ISSUER",
                value=issuer or "",
                allowed="a URL that starts with https://, as tokens name it",
            )
        if not audience:
            allowed = "what tokens for this service have as their audience (aud)"
            raise BadSetting(name="POINTSMAN_OIDC_AUDIENCE", value="", allowed=allowed)
        jwks_url = variables.get("POINTSMAN_OIDC_JWKS_URL")
        if jwks_url is not None and not is_private_way(jwks_url):
            raise BadSetting(name="POINTSMAN_OIDC_JWKS_URL", value=jwks_url, allowed="a URL that starts with https://")
        return cls(
            issuer=issuer,
            audience=audience,
            jwks_url=jwks_url,
            name_claim=variables.get("POINTSMAN_OIDC_NAME_CLAIM", "sub"),
            roles_claim=variables.get("POINTSMAN_OIDC_ROLES_CLAIM", "pointsman_roles"),
            networks_claim=variables.get("POINTSMAN_OIDC_NETWORKS_CLAIM", "pointsman_networks"),
            client=OpenIdClient.from_environment(variables, issuer=issuer),
        )


def is_private_way(url: str) -> bool:
    """Whether nobody between can change what is read there: by TLS, or as it is on this machine."""
    try:
        parts = urlsplit(url)
        host = parts.hostname or ""
    except ValueError:
        return False
    return bool(host) if parts.scheme == "https" else parts.scheme == "http" and is_loopback(host)
