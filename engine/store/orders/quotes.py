"""Keeps quotes until nobody can take them up any more. They are no part of the ledger: nothing is held for them."""

from engine.store.connection.client import Client, faults
from engine.store.entry_codec.codec import StoredBody, encode
from engine.store.keys import Keys
from engine.store.ledger import RequestKey

_LONGER = 60
"""Seconds that a quote is kept longer than by its caller's clock, which may be slow."""


class QuoteStore:
    """The quotes of one network."""

    def __init__(self, client: Client, keys: Keys) -> None:
        self._client = client
        self._keys = keys

    def save(self, quote_id: str, body: bytes, cart: bytes, *, seconds: int) -> None:
        """Keep the JSON of a quote and of its cart for so many seconds; the same again changes nothing."""

        def write() -> None:
            with faults():
                self._client.redis.set(self._keys.quote(quote_id), encode(body, cart), ex=seconds + _LONGER)

        self._client.retry_if_revived(write)

    def find(self, quote_id: str) -> tuple[bytes, bytes] | None:
        """The JSON of a quote and of its cart."""
        stored = self._get(self._keys.quote(quote_id))
        if stored is None:
            return None
        quote = StoredBody.parse(stored).decode()
        return quote.body, quote.facts

    def taken_by(self, key: RequestKey) -> str | None:
        """The decision that was made under an idempotency key."""
        decision = self._get(self._keys.idempotency(key.caller, key.name))
        return None if decision is None else decision.decode()

    def _get(self, name: str) -> bytes | None:
        def read() -> bytes | None:
            with faults():
                value: bytes | None = self._client.redis.get(name)
                return value

        return self._client.retry_if_revived(read)
