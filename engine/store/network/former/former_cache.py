"""Keeps some of the former networks that were read, and their products, for whoever reads many decisions."""

from collections.abc import Mapping, Sequence

from engine.model.facts import NetworkCaches, Product
from engine.store.caches.lookahead_cache import LookaheadCache
from engine.store.connection.client import Client
from engine.store.keys import Keys
from engine.store.network.former.former_facts import FormerFacts

_MOST_NETWORKS = 3
_MOST_PRODUCTS = 100_000


class FormerCache:
    """As `FormerFacts`, by version."""

    def __init__(self, client: Client, keys: Keys) -> None:
        self._former = FormerFacts(client, keys)
        self.lookahead = LookaheadCache(client, keys)
        self._networks: dict[str, NetworkCaches] = {}
        self._products: dict[tuple[str, str], tuple[Product, Mapping[str, int]]] = {}

    def network(self, version: str) -> NetworkCaches:
        """The network of that version, with what is derived from it; raises FactsForgotten, StoreUnavailable."""
        caches = self._networks.get(version)
        if caches is None:
            network = self._former.network(version)
            newest = next(reversed(self._networks.values()), None)
            caches = NetworkCaches(network) if newest is None else newest.of_newer(network)
            if len(self._networks) >= _MOST_NETWORKS:
                self._networks.pop(next(iter(self._networks)), None)
            self._networks[version] = caches
        return caches

    def products(self, version: str, skus: Sequence[str]) -> dict[str, tuple[Product, Mapping[str, int]]]:
        """Those of the SKUs that the network of that version had; raises as `network`."""
        missing = [sku for sku in skus if (version, sku) not in self._products]
        if missing:
            if len(self._products) + len(missing) > _MOST_PRODUCTS:
                self._products = {}
                missing = list(skus)
            read = self._former.products(version, missing)
            self._products.update({(version, sku): product for sku, product in read.items()})
        return {sku: self._products[version, sku] for sku in skus if (version, sku) in self._products}
