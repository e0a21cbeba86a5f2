"""OpenIdProvider: the provider of the settings, with all that is asked of it."""

from dataclasses import dataclass
from typing import Self

from api.http.access.openid.code_flow import CodeFlow
from api.http.access.openid.provider_keys import ProviderKeys
from api.http.access.openid.tokens import Tokens
from engine.access.openid_settings import OpenIdSettings
from engine.service import Pointsman


@dataclass(frozen=True, slots=True, kw_only=True)
class OpenIdProvider:
    """`flow`: people sign in to the console at its page; None: only tokens of it are taken."""

    tokens: Tokens
    flow: CodeFlow | None

    @classmethod
    def of(cls, pointsman: Pointsman, settings: OpenIdSettings) -> Self:
        keys = ProviderKeys(settings)
        tokens = Tokens(settings, keys=keys, clock=lambda: pointsman.now)
        if settings.client is None:
            return cls(tokens=tokens, flow=None)
        flow = CodeFlow(
            settings,
            settings.client,
            keys=keys,
            tokens=tokens,
            pending=pointsman.pending_sign_ins,
            clock=lambda: pointsman.now,
        )
        return cls(tokens=tokens, flow=flow)
