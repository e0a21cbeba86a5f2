"""How people sign in to the console at the OpenID provider's own page, from environment variables."""

import re
from collections.abc import Mapping
from dataclasses import dataclass, field
from typing import Self
from urllib.parse import urlsplit

from engine.errors import BadSetting
from rules.errors import LiteralInvalid
from rules.syntax import literals

_SCOPE = re.compile(r"[\x21\x23-\x5b\x5d-\x7e]+")
"""One of OAuth (RFC 6749, section 3.3)."""
_SHORTEST, _LONGEST = 5, 12 * 60
"""Of a session, in minutes; at the longest, as long as any session of the console lasts."""
_MOST_LETTERS = 60


@dataclass(frozen=True, slots=True, kw_only=True)
class OpenIdClient:
    """Pointsman as the provider knows it: its `client_id` and, unless it is a public client, its `secret`. It asks for
    these `scopes`; people know the provider by the name `provider`; a session lasts `session_seconds` at most.
    """

    client_id: str
    secret: str = field(default="", repr=False)
    scopes: tuple[str, ...] = ("openid",)
    provider: str
    session_seconds: int = 8 * 60 * 60

    @classmethod
    def from_environment(cls, variables: Mapping[str, str], *, issuer: str) -> Self | None:
        """None if no client is set: then nobody signs in there. Raises BadSetting."""
        client_id = variables.get("POINTSMAN_OIDC_CLIENT_ID")
        if client_id is None:
            return None
        return cls(
            client_id=client_id,
            secret=variables.get("POINTSMAN_OIDC_CLIENT_SECRET", ""),
            scopes=_scopes(variables.get("POINTSMAN_OIDC_SCOPES", "openid")),
            provider=_provider(variables.get("POINTSMAN_OIDC_PROVIDER", urlsplit(issuer).hostname or issuer)),
            session_seconds=60 * _session_minutes(variables.get("POINTSMAN_OIDC_SESSION", "8 h")),
        )


def _scopes(value: str) -> tuple[str, ...]:
    scopes = tuple(value.split())
    if "openid" not in scopes or not all(map(_SCOPE.fullmatch, scopes)):
        allowed = "scopes with blanks between, openid among them, such as: openid profile"
        raise BadSetting(name="POINTSMAN_OIDC_SCOPES", value=value, allowed=allowed)
    return scopes


def _provider(value: str) -> str:
    if not value.isprintable() or len(value) > _MOST_LETTERS:
        allowed = f"a name of at most {_MOST_LETTERS} letters, as people know the provider"
        raise BadSetting(name="POINTSMAN_OIDC_PROVIDER", value=value, allowed=allowed)
    return value


def _session_minutes(value: str) -> int:
    try:
        minutes = literals.duration(value)
    except LiteralInvalid:
        minutes = 0
    if not _SHORTEST <= minutes <= _LONGEST:
        allowed = f"a duration from {_SHORTEST} min to {_LONGEST // 60} h, such as 8 h"
        raise BadSetting(name="POINTSMAN_OIDC_SESSION", value=value, allowed=allowed)
    return minutes
