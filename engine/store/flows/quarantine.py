"""Reads which units are in quarantine, of many SKUs at once."""

from collections.abc import Iterator, Sequence

from engine.store.connection.client import Client, faults
from engine.store.keys import Keys

_AT_ONCE = 500


def units_in_quarantine(client: Client, keys: Keys, skus: Sequence[str]) -> Iterator[tuple[str, str, int]]:
    """SKU, node and units of each position of these SKUs that has some."""
    for start in range(0, len(skus), _AT_ONCE):
        batch = skus[start : start + _AT_ONCE]
        with faults(), client.redis.pipeline(transaction=False) as read:
            for sku in batch:
                read.hgetall(keys.quarantine(sku))
            hashes = read.execute()
        for sku, fields in zip(batch, hashes, strict=True):
            yield from ((sku, node.decode(), int(units)) for node, units in fields.items() if int(units))
