"""Caches what seldom changes, by version: network, products, look-ahead prices, and policy sets with their matchers."""

import threading
from collections.abc import Callable, Iterable, Mapping

from engine.decide.matching.matcher import Matcher, ignore_incident
from engine.errors import NotReady
from engine.meter import MATCHING
from engine.model.facts import Network, NetworkCaches, Product
from engine.store import policy_versions
from engine.store.caches.known_answers import KnownAnswers
from engine.store.caches.lookahead_cache import LookaheadCache
from engine.store.connection.client import Client
from engine.store.keys import Keys
from engine.store.network import read

MOST_PRODUCTS = 100_000
MOST_MATCHERS = 4
"""durable-rules leaks about half a megabyte for each ruleset that is deleted, so few are deleted."""


class VersionCache:
    """Reads from the server only what it does not have in the version asked for."""

    def __init__(
        self, client: Client, keys: Keys, *, guarded: bool, on_incident: Callable[[], None] = ignore_incident
    ) -> None:
        """`guarded` and `on_incident` are the matchers'."""
        self._client = client
        self._keys = keys
        self._guarded = guarded
        self._on_incident = on_incident
        self._network_caches: NetworkCaches | None = None
        self._products: dict[str, tuple[Product, Mapping[str, int]] | None] = {}
        self._matchers: dict[str, KnownAnswers] = {}
        self.lookahead = LookaheadCache(client, keys)
        self._making = threading.Lock()
        self._incidents_of_removed = 0

    def close(self) -> None:
        for kept in self._matchers.values():
            kept.matcher.close()
        self._matchers.clear()

    @property
    def incidents(self) -> int:
        """How often durable-rules has failed or differed from the reference."""
        return self._incidents_of_removed + sum(kept.matcher.incidents for kept in list(self._matchers.values()))

    def network(self, version: str | None = None) -> Network:
        """The network as last read, or read again if `version` is another. Raises NotReady if none was loaded."""
        caches = self._network_caches
        if caches is None or version not in (None, caches.network.version):
            network = read.read_network(self._client, self._keys)
            if network is None:
                raise NotReady(f"network '{self._keys.network}' has no facts yet; run: pointsman load DIR")
            if caches is None or caches.network.version != network.version:
                self._products = {}
            caches = self._network_caches = NetworkCaches(network) if caches is None else caches.of_newer(network)
        return caches.network

    def network_caches(self, network: Network) -> NetworkCaches:
        """The caches of a network that `network` returned; new ones, if another network was read since."""
        caches = self._network_caches
        return caches if caches is not None and caches.network is network else NetworkCaches(network)

    def products(self, skus: Iterable[str]) -> dict[str, tuple[Product, Mapping[str, int]] | None]:
        """Products of the network last read, each with its pace of sale by node; None for a SKU it does not have."""
        products = self._products
        missing = [sku for sku in dict.fromkeys(skus) if sku not in products]
        if missing:
            if len(products) + len(missing) > MOST_PRODUCTS:
                products = self._products = {}
                missing = list(dict.fromkeys(skus))
            # SKUs that do not exist are not cached: anybody may send any number of them
            answer = read.read_products(self._client, self._keys, missing)
            products.update((sku, product) for sku, product in answer.items() if product is not None)
        return {sku: products.get(sku) for sku in skus}

    def policy(self, version: str | None) -> Matcher:
        """The matcher of a policy set. Raises NotReady if `version` is None as none is active, PolicyUnreadable,
        NotFound.
        """
        if version is None:
            raise NotReady(
                f"network '{self._keys.network}' has no policies yet; run: pointsman policy publish policies --activate"
            )
        kept = self._matchers.get(version)
        if kept is None:
            with self._making:  # if several threads need it, one makes it
                kept = self._matchers.get(version) or self._make_matcher(version)
        return kept.matcher

    def save_if_grown(self, version: str) -> None:
        """Store what durable-rules has answered under these policies, if that is a good deal more than is stored."""
        kept = self._matchers.get(version)
        if kept is not None:
            kept.save_if_grown()

    def cached_policy(self, version: str | None) -> Matcher | None:
        """The matcher of a policy set, if it is cached."""
        kept = self._matchers.get(version or "")
        return None if kept is None else kept.matcher

    def _make_matcher(self, version: str) -> KnownAnswers:
        policies = policy_versions.read_set(self._client, self._keys, version)
        matcher = Matcher(policies, guarded=self._guarded, watch=MATCHING, on_incident=self._on_incident)
        while len(self._matchers) >= MOST_MATCHERS:
            # not closed: another thread may be using it
            removed = self._matchers.pop(next(iter(self._matchers)))
            self._incidents_of_removed += removed.matcher.incidents
        kept = self._matchers[version] = KnownAnswers(self._client, self._keys, matcher)
        return kept
