"""The key of an order, under which the personal values of its log entries stand: AES-256-GCM."""

import os
from dataclasses import dataclass, field

from cryptography.exceptions import InvalidTag
from cryptography.hazmat.primitives.ciphers.aead import AESGCM

from engine.store.entry_codec.errors import BodyDamaged

SECRET_BYTES = 32
_NONCE_BYTES = 12
"""As NIST SP 800-38D recommends; drawn anew each time, of which a key is used for some dozens."""


@dataclass(frozen=True, slots=True)
class OrderKey:
    """The key of the order whose first decision is `name`."""

    name: str
    secret: bytes = field(repr=False)

    @classmethod
    def new(cls, first: str) -> "OrderKey":
        return cls(first, os.urandom(SECRET_BYTES))


def encrypt(text: bytes, beside: bytes, secret: bytes) -> bytes:
    """The text encrypted; it can be decrypted only `beside` these bytes, which are not secret."""
    nonce = os.urandom(_NONCE_BYTES)
    return nonce + AESGCM(secret).encrypt(nonce, text, beside)


def decrypt(encrypted: bytes, beside: bytes, secret: bytes) -> bytes:
    """What `encrypt` was given; raises BodyDamaged if either was altered, or the key is another."""
    try:
        return AESGCM(secret).decrypt(encrypted[:_NONCE_BYTES], encrypted[_NONCE_BYTES:], beside)
    except (InvalidTag, ValueError) as error:
        raise BodyDamaged(
            "the personal values don't belong to this entry or this order's key, or were altered"
        ) from error
