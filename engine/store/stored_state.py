"""How much the store has of what comes and goes, for those who watch the service."""

from dataclasses import dataclass

from engine.store.connection.client import Client, faults
from engine.store.keys import Keys


@dataclass(frozen=True, slots=True, kw_only=True)
class StoredState:
    """Numbers of open holds, of orders' entries that wait for stock, of orders that wait for approval, of nodes that
    rest or have rested until lately, and of entries in the log.
    """

    open_holds: int
    waiting: int
    parked: int
    resting: int
    log_entries: int


def stored_state(client: Client, keys: Keys) -> StoredState:
    """Read in one round trip."""
    with faults(), client.one_connection(keys.facts) as pipe:
        pipe.zcard(keys.expiring)
        pipe.hlen(keys.backlog)
        pipe.zcard(keys.parked)
        pipe.hlen(keys.resting)
        pipe.xlen(keys.log)
        open_holds, waiting, parked, resting, log_entries = pipe.execute()
    return StoredState(open_holds=open_holds, waiting=waiting, parked=parked, resting=resting, log_entries=log_entries)
