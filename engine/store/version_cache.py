"""What changes seldom, kept by version: the network, the products asked for, the policies ready to judge."""

import threading
from collections.abc import Iterable, Mapping

from engine.decide.matching.matcher import Matcher
from engine.errors import NotReady
from engine.model.facts import Network, Product
from engine.store import policy_versions
from engine.store.connection.client import Client
from engine.store.keys import Keys
from engine.store.network import read

MOST_PRODUCTS = 100_000
MOST_MATCHERS = 4
"""durable-rules leaks about half a megabyte with each ruleset it lets go, so few are let go."""


class Memory:
    """Answers from memory where the version is still the one asked for."""

    def __init__(self, client: Client, keys: Keys) -> None:
        self._client = client
        self._keys = keys
        self._network: Network | None = None
        self._products: dict[str, tuple[Product, Mapping[str, int]] | None] = {}
        self._matchers: dict[str, Matcher] = {}
        self._making = threading.Lock()
        self._incidents_before = 0

    def close(self) -> None:
        for matcher in self._matchers.values():
            matcher.close()
        self._matchers.clear()

    @property
    def incidents(self) -> int:
        """How often durable-rules and the reference differed, over the policies in memory."""
        return self._incidents_before + sum(matcher.incidents for matcher in list(self._matchers.values()))

    def network(self, version: str | None = None) -> Network:
        """The network as last read; read again if `version` is another. Raises NotReady if none was loaded."""
        if self._network is None or version not in (None, self._network.version):
            found = read.read_network(self._client, self._keys)
            if found is None:
                raise NotReady(f"network '{self._keys.network}' has no facts yet; run: pointsman load DIR")
            if self._network is None or self._network.version != found.version:
                self._products = {}
            self._network = found
        return self._network

    def products(self, skus: Iterable[str]) -> dict[str, tuple[Product, Mapping[str, int]] | None]:
        """Each product of the network last read, with its paces; None for a SKU it does not have."""
        known = self._products
        missing = [sku for sku in dict.fromkeys(skus) if sku not in known]
        if missing:
            if len(known) + len(missing) > MOST_PRODUCTS:
                known = self._products = {}
                missing = list(dict.fromkeys(skus))
            # an unknown SKU is not remembered: anybody may send any number of them
            found = read.read_products(self._client, self._keys, missing)
            known.update((sku, product) for sku, product in found.items() if product is not None)
        return {sku: known.get(sku) for sku in skus}

    def policy(self, version: str | None) -> Matcher:
        """The policy set ready to judge; raises NotReady if none is active, PolicyUnreadable, NotFound."""
        if version is None:
            raise NotReady(
                f"network '{self._keys.network}' has no policies yet; run: pointsman policy publish policies --activate"
            )
        known = self._matchers.get(version)
        if known is None:
            with self._making:  # of several threads one makes it
                known = self._matchers.get(version) or self._made(version)
        return known

    def _made(self, version: str) -> Matcher:
        found = Matcher(policy_versions.read_set(self._client, self._keys, version))
        while len(self._matchers) >= MOST_MATCHERS:
            # not closed: another thread may be judging with it
            gone = self._matchers.pop(next(iter(self._matchers)))
            self._incidents_before += gone.incidents
        self._matchers[version] = found
        return found
