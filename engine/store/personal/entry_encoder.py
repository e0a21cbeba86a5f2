"""Makes the stored form of entries that have personal values, under the key of their order."""

from collections.abc import Collection
from dataclasses import dataclass

from engine.errors import OrderErased
from engine.store.connection.client import Client
from engine.store.entry_codec.codec import encode_beside, encode_decision
from engine.store.entry_codec.order_key import OrderKey
from engine.store.entry_codec.personal_values import EVERYDAY_PERSONAL, PersonalField
from engine.store.keys import Keys
from engine.store.personal.order_keys import key_of


@dataclass(frozen=True, slots=True, kw_only=True)
class EncodedDecision:
    """The body of a decision's entry as it is stored; and the order's key, if it is a new one that was needed."""

    stored: bytes
    new_key: OrderKey | None


class EntryEncoder:
    """The entries of one network. The values of the `personal` fields are encrypted."""

    def __init__(self, client: Client, keys: Keys, personal: Collection[PersonalField] = EVERYDAY_PERSONAL) -> None:
        self._client = client
        self._keys = keys
        self._personal = personal

    def decision(self, decision: str, first: str | None, body: bytes, facts: bytes) -> EncodedDecision:
        """Of a decision that follows the order's `first`, or is that (None). Raises OrderErased."""
        if not self._personal:
            stored, _ = encode_decision(body, facts, decision=decision)
            return EncodedDecision(stored=stored, new_key=None)
        key = OrderKey.new(decision) if first is None else self._key(first)
        stored, has_personal = encode_decision(body, facts, decision=decision, key=key, personal=self._personal)
        return EncodedDecision(stored=stored, new_key=key if first is None and has_personal else None)

    def amendment(self, first: str, body: bytes) -> dict[str, str]:
        """The fields of the entry of an amendment of the order that `first` began. Raises OrderErased."""
        if not self._personal:
            return {"units": body.decode()}
        text, personal = encode_beside(body, self._key(first), self._personal)
        return {"units": text.decode()} | ({"personal": personal.decode()} if personal else {})

    def _key(self, first: str) -> OrderKey:
        key = key_of(self._client, self._keys, first)
        if isinstance(key, OrderKey):
            return key
        raise OrderErased(f"the personal values of the order that decision {first} began were erased")
