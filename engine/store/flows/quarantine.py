"""Reads which units are in quarantine, of many SKUs at once."""

from collections.abc import Iterator, Sequence

from engine.store.connection.client import Client
from engine.store.connection.hashes import read_hashes
from engine.store.keys import Keys


def units_in_quarantine(client: Client, keys: Keys, skus: Sequence[str]) -> Iterator[tuple[str, str, int]]:
    """SKU, node and units of each position of these SKUs that has some."""
    for sku, fields in read_hashes(client, keys.quarantine, skus):
        yield from ((sku, node.decode(), int(units)) for node, units in fields.items() if int(units))
