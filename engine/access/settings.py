"""The settings of who may do what over HTTP, read from environment variables."""

import re
from collections.abc import Mapping
from dataclasses import dataclass
from typing import Self

from engine.access.openid_settings import OpenIdSettings, is_private_way
from engine.errors import BadSetting
from engine.rate_limit import RateLimit

NETWORK_NAME = re.compile(r"[A-Za-z0-9_-]{1,40}")
_ORIGIN = re.compile(r"https?://([a-z0-9.-]+|\[[0-9a-f:]+\])(:[0-9]{1,5})?", re.ASCII)
_CONSOLE_URL = re.compile(r"https?://[^/?#@]+(/[A-Za-z0-9._~-]+)*/console", re.ASCII)
_FAILED_KEYS = RateLimit(requests=300, seconds=60)
_SWITCHES = {"1": True, "true": True, "0": False, "false": False}


@dataclass(frozen=True, slots=True, kw_only=True)
class AccessSettings:
    """Who may do what over HTTP.

    `networks` are served beside the one of the settings. With `open`, whoever calls from this machine without a key may
    do everything. With `proxied`, a proxy in front speaks TLS, so that `serve` may bind to any address. Tokens of the
    provider `openid` are taken beside API keys. With `four_eyes`, a policy version is activated only after another
    person than its publisher has approved it. Pages of `cors_origins` may call from browsers. An address may send as
    many requests without a valid key as `failed_keys` says; None: any number. `console_url` is where browsers reach the
    console; empty: as their requests say.
    """

    networks: tuple[str, ...] = ()
    open: bool = False
    proxied: bool = False
    openid: OpenIdSettings | None = None
    four_eyes: bool = False
    cors_origins: tuple[str, ...] = ()
    failed_keys: RateLimit | None = _FAILED_KEYS
    console_url: str = ""

    @classmethod
    def from_environment(cls, variables: Mapping[str, str]) -> Self:
        """Of the variables that are set and not empty; raises BadSetting."""
        return cls(
            networks=_networks(variables.get("POINTSMAN_NETWORKS", "")),
            open=_switch(variables, "POINTSMAN_OPEN"),
            proxied=_switch(variables, "POINTSMAN_PROXIED"),
            openid=OpenIdSettings.from_environment(variables),
            four_eyes=_switch(variables, "POINTSMAN_FOUR_EYES"),
            cors_origins=_origins(variables.get("POINTSMAN_CORS_ORIGINS", "")),
            failed_keys=_failed_keys(variables.get("POINTSMAN_FAILED_KEYS", "300/minute")),
            console_url=_console_url(variables.get("POINTSMAN_CONSOLE_URL", "")),
        )


EVERYDAY_ACCESS = AccessSettings()


def _switch(variables: Mapping[str, str], name: str) -> bool:
    value = variables.get(name, "0")
    if value not in _SWITCHES:
        raise BadSetting(name=name, value=value, allowed="1 or 0")
    return _SWITCHES[value]


def _networks(value: str) -> tuple[str, ...]:
    names = tuple(name.strip() for name in value.split(",") if name.strip())
    if not all(map(NETWORK_NAME.fullmatch, names)) or len(set(names)) < len(names):
        allowed = (
            "names of networks with commas between, each once: 1 to 40 unaccented letters, digits, hyphens, underscores"
        )
        raise BadSetting(name="POINTSMAN_NETWORKS", value=value, allowed=allowed)
    return names


def _failed_keys(value: str) -> RateLimit | None:
    return None if value == "0" else RateLimit.of_setting("POINTSMAN_FAILED_KEYS", value)


def _console_url(value: str) -> str:
    if value and not (is_private_way(value) and _CONSOLE_URL.fullmatch(value)):
        raise BadSetting(
            name="POINTSMAN_CONSOLE_URL",
            value=value,
            allowed="a URL that starts with https:// and ends with /console, such as https://shop.example/console",
        )
    return value


def _origins(value: str) -> tuple[str, ...]:
    origins = tuple(origin.strip() for origin in value.split(",") if origin.strip())
    if not all(map(_ORIGIN.fullmatch, origins)):
        allowed = "origins with commas between, such as https://shop.example: scheme, host in lower case, port if any"
        raise BadSetting(name="POINTSMAN_CORS_ORIGINS", value=value, allowed=allowed)
    return origins
