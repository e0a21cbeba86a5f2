"""Stores whom parcels of an order go to, and labels that show it: encrypted under keys that an erasure destroys.

An addressee may be known before its order is decided, so it has a key of its own; labels have that of their order.
"""

from collections.abc import Sequence

import orjson

from engine.errors import OrderErased
from engine.model.parcels import LabelFormat, ShipmentKey
from engine.model.postal_address import PostalAddress
from engine.store.connection.client import Client, faults
from engine.store.entry_codec.order_key import OrderKey, decrypt, encrypt
from engine.store.fulfilment.shipment_change import EncryptedLabel
from engine.store.keys import Keys
from engine.store.network.fulfilment_terms import address_of, address_record
from engine.store.personal.order_keys import Erased, key_of, read_secrets, stored_secret
from engine.store.script_keys import PUT_ADDRESSEE


def key_name(order: str) -> str:
    """The field of `Keys.order_keys` of an addressee's key."""
    return f"addressee:{order}"


class Addressees:
    """The addressees of one network's orders. Methods raise OrderErased."""

    def __init__(self, client: Client, keys: Keys) -> None:
        self._client = client
        self._keys = keys
        self._script = client.script("fulfilment/put_addressee")

    def put(self, order: str, address: PostalAddress, *, now: int) -> None:
        """In place of the one before."""
        while True:
            key = self._key(order)
            match self._change(order, stored_secret(key), self._encrypted(order, address, key), now=now):
                case b"erased":
                    raise erased(order)
                case b"done":
                    return

    def remove(self, order: str, *, now: int) -> None:
        if self._change(order, "", b"", now=now) == b"erased":
            raise erased(order)

    def read(self, order: str) -> PostalAddress | None:
        """None: there is none."""
        address = self.read_all([order])[order]
        if isinstance(address, Erased):
            raise erased(order)
        return address

    def read_all(self, orders: Sequence[str]) -> dict[str, PostalAddress | Erased | None]:
        """By order, whether it was erased, too."""
        if not orders:
            return {}
        with faults():
            contents = self._client.redis.hmget(self._keys.addressees, orders)
        secrets = read_secrets(self._client, self._keys, map(key_name, orders))
        return {
            order: _address(order, content, secrets[key_name(order)])
            for order, content in zip(orders, contents, strict=True)
        }

    def encrypted(self, order: str, address: PostalAddress) -> bytes:
        """As it is stored."""
        return self._encrypted(order, address, self._key(order))

    def encrypted_label(
        self, first: str, shipment: ShipmentKey, parcel: int, label: tuple[LabelFormat, bytes]
    ) -> EncryptedLabel:
        """A label of an order that the decision `first` began, as it is stored."""
        return EncryptedLabel(parcel=parcel, content=self._encrypted_label(first, f"{shipment}/{parcel}", label))

    def encrypted_return_label(self, first: str, return_id: str, label: tuple[LabelFormat, bytes]) -> bytes:
        """The label of a return of such an order, as it is stored."""
        return self._encrypted_label(first, f"return {return_id}", label)

    def label(self, first: str, shipment: ShipmentKey, parcel: int, stored: bytes) -> tuple[LabelFormat, bytes]:
        """What `encrypted_label` was given."""
        return self._label(first, f"{shipment}/{parcel}", stored)

    def return_label(self, first: str, return_id: str, stored: bytes) -> tuple[LabelFormat, bytes]:
        """What `encrypted_return_label` was given."""
        return self._label(first, f"return {return_id}", stored)

    def _encrypted_label(self, first: str, of: str, label: tuple[LabelFormat, bytes]) -> bytes:
        kind, content = label
        return encrypt(kind.encode() + b"\n" + content, f"label {of}".encode(), self._order_key(first).secret)

    def _label(self, first: str, of: str, stored: bytes) -> tuple[LabelFormat, bytes]:
        text = decrypt(stored, f"label {of}".encode(), self._order_key(first).secret)
        kind, _, content = text.partition(b"\n")
        formats: dict[bytes, LabelFormat] = {b"pdf": "pdf", b"zpl": "zpl", b"png": "png"}
        return formats[kind], content

    def _order_key(self, first: str) -> OrderKey:
        key = key_of(self._client, self._keys, first)
        if isinstance(key, Erased):
            raise erased(first)
        return key

    def _key(self, order: str) -> OrderKey:
        key = key_of(self._client, self._keys, key_name(order))
        if isinstance(key, Erased):
            raise erased(order)
        return key

    def _encrypted(self, order: str, address: PostalAddress, key: OrderKey) -> bytes:
        return encrypt(orjson.dumps(address_record(address)), _beside(order), key.secret)

    def _change(self, order: str, secret: str, content: bytes, *, now: int) -> bytes:
        script_keys = PUT_ADDRESSEE.keys(self._keys, order=self._keys.order(order))
        with faults():
            answer: bytes = self._script(keys=script_keys, args=[order, key_name(order), secret, content, now])
        return answer


def _address(order: str, content: bytes | None, secret: bytes | Erased | None) -> PostalAddress | Erased | None:
    if isinstance(secret, Erased):
        return secret
    if content is None or secret is None:
        return None
    return address_of(orjson.loads(decrypt(content, _beside(order), secret)))


def erased(order: str) -> OrderErased:
    return OrderErased(f"the personal values of order '{order}' were erased, so there is nobody to send a parcel to")


def _beside(order: str) -> bytes:
    return f"addressee {order}".encode()
