"""Reads what an entry of the log has, as the store does, for tests that write it anew."""

from typing import Any

from engine.store.keys import Keys
from engine.store.log.entry import Entry
from engine.store.log.stored_entry import key_name, parse_entry
from engine.store.personal.order_keys import parse_secret


def stored_entry(redis_client: Any, network: str, entry_id: bytes, fields: dict[bytes, bytes]) -> Entry:
    """The entry with its personal values."""
    name = key_name(fields)
    secrets = {} if name is None else {name: parse_secret(redis_client.hget(Keys(network).order_keys, name))}
    return parse_entry(entry_id, fields, secrets)
