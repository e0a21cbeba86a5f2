"""Reads receipts as they are stored."""

import itertools
from collections.abc import Iterator, Sequence

from engine.model.receipts import Receipt
from engine.store.connection.client import Client, faults
from engine.store.connection.hashes import read_hashes
from engine.store.connection.sorted_sets import Place, places
from engine.store.flows.receipt_texts import parse
from engine.store.keys import Keys

_AT_ONCE = 200


class StoredReceipts:
    """Those of one network. Methods raise StoreUnavailable."""

    def __init__(self, client: Client, keys: Keys) -> None:
        self._client = client
        self._keys = keys

    def find(self, *names: str) -> list[Receipt | None]:
        """Each receipt, open or not; None for an id that is none's."""
        redis, keys = self._client.redis, self._keys
        if not names:
            return []
        with faults():
            skus = [(sku or b"").decode() for sku in redis.hmget(keys.receipt_skus, names)]
            with redis.pipeline(transaction=True) as read:
                for name, sku in zip(names, skus, strict=True):
                    read.hget(keys.receipts(sku), name)
                    read.hget(keys.closed_receipts, name)
                texts = iter(read.execute())
        stored = zip(names, skus, texts, texts, strict=False)
        return [
            parse(name, sku, text or closed).receipt if text or closed else None for name, sku, text, closed in stored
        ]

    def open_of(self, skus: Sequence[str]) -> Iterator[Receipt]:
        """The open receipts of these SKUs, in no order."""
        for sku, fields in read_hashes(self._client, self._keys.receipts, skus):
            yield from (parse(name.decode(), sku, text).receipt for name, text in fields.items())

    def by_arrival(self, *, closed: bool, after: Place | None = None) -> Iterator[tuple[Place, Receipt | None]]:
        """Every open receipt, or every one that is `closed`, each after its place in the list (the instant at which it
        is expected, and its id), the next to arrive first; those behind the place `after`. None: it has just left the
        list. One that is moved to a later place meanwhile may come at both.
        """
        key = self._keys.closed_by_arrival if closed else self._keys.open_by_arrival
        listed = places(self._client, key, after=after)
        while batch := list(itertools.islice(listed, _AT_ONCE)):
            for place, receipt in zip(batch, self.find(*(name for _, name in batch)), strict=True):
                yield place, receipt if receipt is not None and receipt.is_open != closed else None
