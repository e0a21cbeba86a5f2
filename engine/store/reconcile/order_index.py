"""Compares the index of orders, their ids and when they were placed, with the log, while the service goes on."""

import itertools
from collections.abc import Iterator

from engine.store.connection.client import Client, faults
from engine.store.keys import Keys
from engine.store.reconcile.drift import order_drifts
from engine.store.reconcile.log_replay import LogReplay
from engine.store.reconcile.scan import decode_fields

_AT_ONCE = 500


def suspected_orders(client: Client, keys: Keys, replay: LogReplay) -> Iterator[str]:
    """The orders that differ from the log, those of the log first, then those that only the lists have."""
    for batch in _batches(iter(list(replay.orders.by_id))):
        yield from _differing(client, keys, replay, batch)
    for key in (keys.orders, keys.parked):
        with faults():
            names = (name.decode() for name, _ in client.redis.zscan_iter(key, count=_AT_ONCE))
            yield from (name for name in names if name not in replay.orders.by_id)


def _differing(client: Client, keys: Keys, replay: LogReplay, batch: list[str]) -> Iterator[str]:
    with faults(), client.redis.pipeline(transaction=False) as read:
        read.execute_command("ZMSCORE", keys.orders, *batch)
        read.execute_command("ZMSCORE", keys.parked, *batch)
        for name in batch:
            read.hgetall(keys.order(name))
        placed, parked, *hashes = read.execute()
    for name, fields, *scores in zip(batch, hashes, placed, parked, strict=True):
        texts = [None if score is None else str(int(float(score))) for score in scores]
        if any(order_drifts(keys, replay, name, decode_fields(fields), texts)):
            yield name


def _batches(names: Iterator[str]) -> Iterator[list[str]]:
    while batch := list(itertools.islice(names, _AT_ONCE)):
        yield batch
