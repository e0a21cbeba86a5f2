"""The index of products: entries by which they are found, in order, so that a search reads few of them.

Entries are only ever added to it; a load makes a new one. So it may have some of what a product was called before, and
each that is found is held against the product itself.
"""

from collections.abc import Iterator, Sequence
from dataclasses import dataclass
from typing import Final

import orjson

from engine.model.facts import Product
from engine.store.connection.client import Client, faults
from engine.store.keys import Keys
from engine.store.network.product_words import Search, entries_of, sku_of
from engine.store.network.read import read_product_records
from engine.store.network.serialization import product_of

MOST_LOOKED_AT: Final = 2_000
"""How many entries are read for one page."""
_BATCH: Final = 200
_PRODUCTS_AT_ONCE: Final = 1_000
INDEXED: Final = "indexed"
"""The field of the facts which says when the network was loaded all of whose products are in the index."""


@dataclass(frozen=True, slots=True, kw_only=True)
class ProductsPage:
    """Some products, in the order of the index. The next page begins after the entry `after`; None: this is the last. A
    page may have fewer than were asked for, or none, and not be the last.
    """

    products: Sequence[Product]
    after: str | None


class ProductIndex:
    """That of one network. Methods raise StoreUnavailable."""

    def __init__(self, client: Client, keys: Keys) -> None:
        self._client = client
        self._keys = keys

    def page(self, text: str, *, limit: int, after: str | None) -> ProductsPage:
        """At most `limit` of the products whose SKU, or whose words, begin as `text` says. What `after` is, a page
        before said.
        """
        self._complete()
        search, products = Search.of(text), list[Product]()
        looked_at, last = 0, after
        for entries in self._batches(search, after):
            skus = [sku_of(entry) for entry in entries]
            records = read_product_records(self._client, self._keys, dict.fromkeys(skus))
            for entry, sku in zip(entries, skus, strict=True):
                record = records[sku]
                product = None if record is None else product_of(record)[0]
                if product is not None and search.finds(entry, product):
                    if len(products) == limit:
                        return ProductsPage(products=products, after=last)
                    products.append(product)
                looked_at, last = looked_at + 1, entry
            if looked_at >= MOST_LOOKED_AT:
                return ProductsPage(products=products, after=last)
        return ProductsPage(products=products, after=None)

    def _batches(self, search: Search, after: str | None) -> Iterator[list[str]]:
        """The entries that may lead to what is looked for, after the one of that name."""
        start = (after or "").encode()
        for first, end in search.ranges():
            if end <= start:
                continue
            low = b"[" + first if first > start else b"(" + start
            while True:
                with faults():
                    read = self._client.redis.zrange(
                        self._keys.product_index, low, b"(" + end, bylex=True, offset=0, num=_BATCH
                    )
                if read:
                    yield [entry.decode() for entry in read]
                if len(read) < _BATCH:
                    break
                low = b"(" + read[-1]

    def _complete(self) -> None:
        """Make the index of a network that an earlier release loaded. What is stored meanwhile adds its own entries."""
        with faults():
            loaded, indexed = self._client.redis.hmget(self._keys.facts, ["loaded", INDEXED])
        if indexed is None or indexed != (loaded or b""):
            self._add_all()
            with faults():  # of the load that was read: should another one be there by now, it is not indexed by this
                self._client.redis.hset(self._keys.facts, INDEXED, loaded or b"")

    def _add_all(self) -> None:
        cursor = 0
        while True:
            with faults():
                cursor, records = self._client.redis.hscan(self._keys.products, cursor, count=_PRODUCTS_AT_ONCE)
            entries = [
                entry for record in records.values() for entry in entries_of(product_of(orjson.loads(record))[0])
            ]
            if entries:
                with faults():
                    self._client.redis.zadd(self._keys.product_index, dict.fromkeys(entries, 0))
            if not cursor:
                return
