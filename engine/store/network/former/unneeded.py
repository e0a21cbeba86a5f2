"""Forgets networks, products and look-ahead tables of former times that no decision needs any more, in the log or in
the archive.

A decision is committed only while the network that it was made in is the one that counts, so the numbers of networks
rise along the log: what is older than that of its first decision is needed by none.
"""

from collections.abc import Iterator

from engine.decide.order_record import seconds
from engine.store.connection.client import Client, faults
from engine.store.keys import Keys
from engine.store.log import decision_log
from engine.store.log.entry import Entry
from engine.store.lookahead import LookaheadTables
from engine.store.network.former.former_facts import FormerFacts

_AT_ONCE = 500
_LONGEST_BATCH = 24 * 60 * 60
"""Seconds by which a decision may have been made before one that was logged before it; both name a table of then."""


def forget_unneeded(client: Client, keys: Keys) -> None:
    """Delete what was kept before the network of the first decision that there is. Raises ArchiveUnavailable if the
    archive is not at hand: then it can't be told, and nothing is deleted.
    """
    first = next(decision_log.decisions(client, keys), None)
    _forget_tables(client, keys, first)
    needed_from = _needed_from(client, keys, first)
    for members in _older(client, keys, needed_from):
        with faults():
            client.redis.zrem(keys.former_items, *members)
    present = FormerFacts(client, keys).present()
    with faults(), client.redis.pipeline(transaction=True) as write:
        for number in (kept for kept in present.bodies if kept < needed_from):
            write.hdel(keys.former_networks, number)
        for number in (kept for kept in present.products if kept < needed_from):
            write.hdel(keys.former_networks, f"products {number}")
            write.unlink(keys.former_products(number))
        for version, numbers in client.redis.hgetall(keys.former_versions).items():
            if int(numbers.split(b" ")[1]) < needed_from:
                write.hdel(keys.former_versions, version)
        write.execute()


def forget_unneeded_tables(client: Client, keys: Keys) -> None:
    """The same of look-ahead tables alone, of which one is added whenever prices are learnt."""
    _forget_tables(client, keys, next(decision_log.decisions(client, keys), None))


def _forget_tables(client: Client, keys: Keys, first: Entry | None) -> None:
    if first is not None:
        LookaheadTables(client, keys).forget_replaced_before(seconds(first.record.decided_at) - _LONGEST_BATCH)


def _needed_from(client: Client, keys: Keys, first: Entry | None) -> int:
    """The number of the network of the first decision; of one that counted several times, the first of them."""
    present = FormerFacts(client, keys).present()
    if first is None:
        return present.number
    version = first.record.network_version
    with faults():
        numbers = client.redis.hget(keys.former_versions, version)
    if numbers is not None:
        return int(numbers.split(b" ")[0])
    return present.number if version == present.version else 0


def _older(client: Client, keys: Keys, needed_from: int) -> Iterator[list[bytes]]:
    """The items that were kept under earlier numbers, some at a time."""
    batch: list[bytes] = []
    with faults():
        for member, _ in client.redis.zscan_iter(keys.former_items, count=_AT_ONCE):
            if int(member.split(b"\n", 2)[1]) < needed_from:
                batch.append(member)
            if len(batch) >= _AT_ONCE:
                yield batch
                batch = []
    if batch:
        yield batch
