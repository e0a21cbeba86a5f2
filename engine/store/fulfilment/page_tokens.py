"""Tokens that a page about a parcel is asked for with, which its number alone does not tell."""

import base64
import functools
import hashlib
import hmac
import secrets

from engine.store.connection.client import Client, faults
from engine.store.keys import Keys

_SECRET_BYTES = 32
_TOKEN_BYTES = 10
"""80 bits: nobody guesses one at some dozens of tries a minute."""


class PageTokens:
    """Those of one network. They follow from a secret that the server keeps."""

    def __init__(self, client: Client, keys: Keys) -> None:
        self._client = client
        self._keys = keys

    def of(self, sscc: str) -> str:
        """That of a parcel: 16 characters."""
        digest = hmac.new(self._secret, sscc.encode(), hashlib.sha256).digest()
        return base64.b32encode(digest[:_TOKEN_BYTES]).decode().lower()

    def fits(self, sscc: str, token: str) -> bool:
        """Compared in constant time."""
        return hmac.compare_digest(self.of(sscc).encode(), token.lower().encode())

    @functools.cached_property
    def _secret(self) -> bytes:
        with faults():
            self._client.redis.set(self._keys.page_secret, secrets.token_bytes(_SECRET_BYTES), nx=True)
            secret: bytes = self._client.redis.get(self._keys.page_secret)
        return secret
