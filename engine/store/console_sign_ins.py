"""People who are at the OpenID provider's page to sign in to the console, and what is to be known once they come back.
They belong to the installation, not to one network.
"""

import hashlib
import hmac

import msgspec

from engine.decide.order_record import Record
from engine.store.connection.client import Client, faults
from engine.store.keys import INSTALLATION, Keys


class PendingSignIn(Record, frozen=True):
    """`nonce` must stand in the provider's token, `verifier` proves to the provider who asked (PKCE, RFC 7636);
    `redirect_uri` is where the person comes back to, `here` the page of the console that they wanted. `browser` is a
    digest of a secret of the browser that they began in.
    """

    nonce: str
    verifier: str
    redirect_uri: str
    here: str
    browser: str

    def is_of_browser(self, secret: str) -> bool:
        return bool(secret) and hmac.compare_digest(self.browser, digest_of(secret))


class PendingSignIns:
    """Reads and writes them, by the random `state` that the provider is given. Raises StoreUnavailable."""

    def __init__(self, client: Client, *, seconds: int) -> None:
        self._client = client
        self._seconds = seconds

    def put(self, state: str, pending: PendingSignIn) -> None:
        with faults():
            self._client.redis.set(_key(state), msgspec.json.encode(pending), ex=self._seconds)

    def take(self, state: str) -> PendingSignIn | None:
        """Once; None if there is none, any more."""
        with faults():
            record = self._client.redis.getdel(_key(state))
        return None if record is None else msgspec.json.decode(record, type=PendingSignIn)


def digest_of(secret: str) -> str:
    return hashlib.sha256(secret.encode()).hexdigest()


def _key(state: str) -> str:
    return Keys(INSTALLATION).console_sign_in(digest_of(state))
