"""Deletes everything of a network: for demonstrations and tests."""

from engine.store.connection.client import Client, faults
from engine.store.keys import Keys

_BATCH = 1_000


def forget(client: Client, keys: Keys) -> int:
    """Delete every key of the network; returns how many there were. Other networks of the server keep theirs."""
    names = client.names(keys.prefix)
    with faults():
        return sum(client.redis.unlink(*names[at : at + _BATCH]) for at in range(0, len(names), _BATCH))
