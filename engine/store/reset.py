"""Deletes everything of a network, and logs that where it is not deleted with it."""

from engine.store.audit.acts import Act, record_act
from engine.store.connection.client import Client, faults
from engine.store.keys import INSTALLATION, Keys

_BATCH = 1_000


def forget(client: Client, keys: Keys) -> int:
    """Delete every key of the network; returns how many there were. Other networks of the server keep theirs."""
    names = client.names(keys.prefix)
    with faults():
        return sum(client.redis.unlink(*names[at : at + _BATCH]) for at in range(0, len(names), _BATCH))


def log_reset(client: Client, keys: Keys, *, because: str, at: int) -> None:
    """Log, in the log of the installation, that the network is about to be deleted, how much of it there was and where
    its own log ended; `because` is `reset` or `restored`. It comes first: a process that is killed in between has
    deleted some of the network, and an entry says who began to.
    """
    with faults():
        last = client.redis.xrevrange(keys.log, count=1)
        details = {
            "because": because,
            "keys": len(client.names(keys.prefix)),
            "entries": client.redis.xlen(keys.log),
            "last_entry": last[0][0].decode() if last else None,
        }
    if details["keys"]:
        record_act(client, Keys(INSTALLATION), Act(kind="reset", subject=keys.network, details=details), at=at)
