"""The decisions of orders that still hold units, wait, await approval or have an open return: what is done with them
needs no archive.
"""

from engine.audit.sealing.leaf import EntryId
from engine.store.connection.client import Client, faults
from engine.store.flows.returns import StoredReturns
from engine.store.flows.stored_return import OrderReturn
from engine.store.holds import is_set_aside
from engine.store.keys import Keys
from engine.store.log import decision_log
from engine.store.log.stored_entry import parse_entry_id

_AT_ONCE = 500


def living_entries(client: Client, keys: Keys, *, until: EntryId) -> set[EntryId]:
    """The entries, up to and with `until`, of all decisions of these orders."""
    firsts = _firsts(client, keys)
    entries: set[EntryId] = set()
    for start in range(0, len(firsts), _AT_ONCE):
        batch = firsts[start : start + _AT_ONCE]
        with faults(), client.redis.pipeline(transaction=False) as read:
            for first in batch:
                read.lrange(keys.chain(first), 0, -1)
            followed = [name.decode() for names in read.execute() for name in names]
            places = client.redis.hmget(keys.decisions, [*batch, *followed])
        entries.update(parse_entry_id(place) for place in places if place is not None)
    return {entry for entry in entries if entry <= until}


def _firsts(client: Client, keys: Keys) -> list[str]:
    """The first decision of each of these orders."""
    with faults():
        living = {name.decode() for name in client.redis.zrange(keys.expiring, 0, -1)}
        living |= {name.decode() for name in client.redis.hkeys(keys.backlog)}
        parked = [name.decode() for name in client.redis.zrange(keys.parked, 0, -1)]
        now = client.milliseconds(keys.log) // 1_000
        returns = StoredReturns(client, keys).opened_last()
        open_returns = {item.first for _, item in returns if OrderReturn.of(item).is_open(now)}
        with client.redis.pipeline(transaction=False) as read:
            for order in parked:
                read.hget(keys.order(order), "first")
            firsts = open_returns | {first.decode() for first in read.execute() if first is not None}
    decisions = sorted(name for name in living if not is_set_aside(name))
    for start in range(0, len(decisions), _AT_ONCE):
        entries = decision_log.find_all(client, keys, decisions[start : start + _AT_ONCE])
        firsts.update(entry.record.first for entry in entries)
    return sorted(firsts)
