"""Keeps the key of each order, under which the personal values of its log entries are encrypted. Erasing an order
destroys its key, and leaves the instant in its place.
"""

import base64
import contextlib
from collections.abc import Iterable, Mapping
from dataclasses import dataclass
from typing import TypeAlias

from engine.errors import DecisionUnreadable
from engine.store.connection.client import Client, faults
from engine.store.entry_codec.order_key import SECRET_BYTES, OrderKey
from engine.store.keys import Keys

_ERASED = b"erased:"


@dataclass(frozen=True, slots=True)
class Erased:
    """The key was destroyed, at this instant in UTC seconds."""

    at: int


Secrets: TypeAlias = Mapping[str, bytes | Erased | None]
"""By the first decision of an order, the secret of its key; None: it has none."""


def stored_secret(key: OrderKey) -> str:
    """As it is stored."""
    return base64.b64encode(key.secret).decode()


def key_of(client: Client, keys: Keys, first: str) -> OrderKey | Erased:
    """The key of an order that was decided before; one that has none, as of an earlier release, gets it now. Raises
    DecisionUnreadable if what is stored is no key.
    """
    secret = read_secrets(client, keys, [first])[first]
    if secret is None:
        with faults():
            client.redis.hsetnx(keys.order_keys, first, stored_secret(OrderKey.new(first)))
        secret = read_secrets(client, keys, [first])[first]
    if secret is None:
        raise DecisionUnreadable(f"what is stored as the key of the order that decision {first} began is none")
    return secret if isinstance(secret, Erased) else OrderKey(first, secret)


def read_secrets(client: Client, keys: Keys, firsts: Iterable[str]) -> Secrets:
    """Those of the orders that these decisions began; none of what is stored for one that is no key."""
    names = list(dict.fromkeys(firsts))
    if not names:
        return {}
    with faults():
        stored = client.redis.hmget(keys.order_keys, names)
    return {name: parse_secret(value) for name, value in zip(names, stored, strict=True)}


def parse_secret(stored: bytes | None) -> bytes | Erased | None:
    """What is stored of a key; None if that is none."""
    with contextlib.suppress(ValueError):
        if stored is not None and stored.startswith(_ERASED):
            return Erased(int(stored[len(_ERASED) :]))
        if stored is not None and len(secret := base64.b64decode(stored, validate=True)) == SECRET_BYTES:
            return secret
    return None
