"""The public keys of an OpenID provider (JWK Set, RFC 7517), fetched when they are needed and remembered."""

import logging
import threading
import time
from collections.abc import Callable, Mapping

from jwt import PyJWK, PyJWTError

from api.http.access.openid.calls_to_provider import Fetch, discovered, fetch_json
from engine.access.openid_settings import OpenIdSettings
from engine.errors import IdentityProviderUnavailable

logger = logging.getLogger("pointsman.access")

FRESH_SECONDS = 600.0
"""For so long the keys are taken as they were fetched."""
LONGEST_SECONDS = 3_600.0
"""For so long if the provider can't be reached."""
PAUSE_SECONDS = 30.0
"""Between two fetches, whatever key ids tokens name: anybody can make up a token."""


class ProviderKeys:
    """The keys by which signatures are verified. Of several threads that need new ones, one fetches them. `elapsed`
    answers seconds of a clock that is never set.
    """

    def __init__(
        self, settings: OpenIdSettings, *, fetch: Fetch = fetch_json, elapsed: Callable[[], float] = time.monotonic
    ) -> None:
        self._settings = settings
        self._fetch = fetch
        self._elapsed = elapsed
        self._keys: Mapping[str | None, PyJWK] = {}
        self._fetched: float | None = None
        self._tried: float | None = None
        self._fetching = threading.Lock()

    def find(self, key_id: str | None) -> PyJWK | None:
        """The key of that id or, if the token names none, the only one. Raises IdentityProviderUnavailable."""
        if self._age() > FRESH_SECONDS or key_id not in self._keys:
            self._refresh()
        if self._age() > LONGEST_SECONDS:
            raise IdentityProviderUnavailable("the keys of the OpenID provider can't be fetched now; try again")
        if key_id is None:
            return next(iter(self._keys.values())) if len(self._keys) == 1 else None
        return self._keys.get(key_id)

    def _age(self) -> float:
        return float("inf") if self._fetched is None else self._elapsed() - self._fetched

    def _refresh(self) -> None:
        """Fetch the keys, unless that was tried a moment ago; what goes wrong is logged."""
        with self._fetching:
            if self._tried is not None and self._elapsed() - self._tried < PAUSE_SECONDS:
                return
            self._tried = self._elapsed()
            try:
                keys = self._fetched_keys()
            except (OSError, ValueError, KeyError, TypeError, AttributeError) as error:
                logger.warning("the keys of the OpenID provider were not fetched: %s", error)
                return
            self._keys, self._fetched = keys, self._elapsed()

    def _fetched_keys(self) -> Mapping[str | None, PyJWK]:
        url = self._settings.jwks_url or str(discovered(self._settings.issuer, fetch=self._fetch)["jwks_uri"])
        keys: dict[str | None, PyJWK] = {}
        for item in self._fetch(url)["keys"]:
            if item.get("use", "sig") != "sig" or item.get("kty") == "oct":
                continue
            try:
                keys[item.get("kid")] = PyJWK(item)
            except PyJWTError as error:  # of a kind that is not known here; tokens may be signed by others
                logger.info("a key of the OpenID provider is not used: %s", error)
        return keys
