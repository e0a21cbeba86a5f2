"""Forgetting a network whole: for demonstrations and tests."""

from engine.store.client import Client, faults
from engine.store.keys import Keys

_BATCH = 1_000


def forget(client: Client, keys: Keys) -> int:
    """Delete every key of the network; the number there were. Other networks of the server keep theirs."""
    count = 0
    with faults():
        for name in client.redis.scan_iter(keys.everything, count=_BATCH):
            count += client.redis.unlink(name)
    return count
