"""Caches look-ahead prices by the digest of their table, which never changes: of each table, the SKUs asked for."""

from collections.abc import Iterable

from engine.model.lookahead import NodePrices, PricesInForce, TableHead
from engine.store.connection.client import Client
from engine.store.keys import Keys
from engine.store.lookahead import LookaheadTables

_MOST_TABLES = 3
_MOST_SKUS = 100_000
"""Of one table."""


class LookaheadCache:
    """The prices of a network's tables. Threads may share it: what is read twice is the same."""

    def __init__(self, client: Client, keys: Keys) -> None:
        self._tables = LookaheadTables(client, keys)
        self._heads: dict[str, TableHead] = {}
        self._prices: dict[str, dict[str, NodePrices]] = {}

    def prices(self, digest: str, skus: Iterable[str]) -> PricesInForce:
        """Those of the SKUs; raises FactsForgotten if there is no such table any more."""
        names = list(skus)
        head, known = self._table(digest)
        missing = [sku for sku in names if sku not in known]
        if missing:
            if len(known) + len(missing) > _MOST_SKUS:
                known = self._prices[digest] = {}
                missing = names
            known.update(self._tables.prices(digest, head, missing))
        return PricesInForce.of(digest, head, {sku: known[sku] for sku in names if known[sku]})

    def in_force_at(self, instant: int, skus: Iterable[str]) -> PricesInForce | None:
        """The prices that were in force at an instant, as far as tables are kept; None if there were none."""
        digest = self._tables.in_force_at(instant)
        return None if digest is None else self.prices(digest, skus)

    def _table(self, digest: str) -> tuple[TableHead, dict[str, NodePrices]]:
        head, known = self._heads.get(digest), self._prices.get(digest)
        if head is None or known is None:
            head, known = self._tables.head(digest), {}
            if len(self._heads) >= _MOST_TABLES:
                oldest = next(iter(self._heads))
                self._heads.pop(oldest, None)
                self._prices.pop(oldest, None)
            self._heads[digest], self._prices[digest] = head, known
        return head, known
