"""Changes products and nodes of the loaded network one by one; counts, holds and policies stay as they are."""

from collections.abc import Callable, Sequence
from dataclasses import dataclass, replace

from engine.errors import Contended, InputInvalid, Mistake
from engine.facts_reader import FactsReader
from engine.model.facts import Network, Node, Product
from engine.store.connection.client import Client
from engine.store.keys import Keys
from engine.store.network.change import Stored, change_network, change_products
from engine.store.network.read import other_decimals

MOST_AT_ONCE = 500
"""Products that one script stores."""
_MOST_TRIES = 100


@dataclass(frozen=True, slots=True, kw_only=True)
class MasterDataChange:
    """What became of products or nodes, in their order, and the version that the network has now."""

    outcomes: Sequence[Stored]
    network_version: str


class MasterData:
    """The products and nodes of one network. `after_freeing` is called once more of the stock may be of use.

    Methods raise NotReady, Contended and StoreUnavailable. `read` makes the values of the network as it is now, and is
    called again if that changes meanwhile; what it raises is raised. A product with other decimals than before raises
    InputInvalid.
    """

    def __init__(self, client: Client, keys: Keys, *, facts: FactsReader, after_freeing: Callable[[], None]) -> None:
        self._client = client
        self._keys = keys
        self._facts = facts
        self._after_freeing = after_freeing

    def put_products(self, read: Callable[[Network], Sequence[Product]]) -> MasterDataChange:
        """Store at most MOST_AT_ONCE products, new ones or in place of those of the same SKU; all of them or none."""
        for _ in range(_MOST_TRIES):
            network = self._newest()
            products = read(network)
            mistakes = [mistake for product in products if (mistake := self.mistake_of(product, network))]
            if mistakes:
                raise InputInvalid(mistakes)
            outcomes = self._client.retry_if_revived(
                lambda: change_products(self._client, self._keys, network, products)  # noqa: B023  # called at once
            )
            if outcomes is not None:
                return self._done(outcomes)
        raise _changed_over_and_over()

    def mistake_of(self, product: Product, network: Network) -> Mistake | None:
        """What keeps the product from being stored, though it is one: its quantities had other decimals before."""
        before = network.decimals.get(product.sku)
        if before is None:
            before = 0 if self._facts.products([product.sku]) else product.decimals
        if before == product.decimals:
            return None
        return Mistake(field="decimals", message=other_decimals(product.sku, before))

    def put_nodes(self, read: Callable[[Network], Sequence[Node]]) -> MasterDataChange:
        """Store nodes, new ones or in place of those of the same id; all of them or none."""
        for _ in range(_MOST_TRIES):
            network = self._newest()
            nodes = read(network)
            before = [network.nodes.get(node.id) for node in nodes]
            outcomes = [
                Stored.SAME if known == node else Stored.CHANGED if known else Stored.NEW
                for known, node in zip(before, nodes, strict=True)
            ]
            changed = replace(network, nodes={**network.nodes, **{node.id: node for node in nodes}})
            if set(outcomes) <= {Stored.SAME} or self._client.retry_if_revived(
                lambda: change_network(self._client, self._keys, network.version, changed)  # noqa: B023  # called at once
            ):
                return self._done(outcomes)
        raise _changed_over_and_over()

    def _newest(self) -> Network:
        return self._facts.network_and_products([], fresh=True)[0]

    def _done(self, outcomes: Sequence[Stored]) -> MasterDataChange:
        self._after_freeing()
        return MasterDataChange(outcomes=outcomes, network_version=self._newest().version)


def _changed_over_and_over() -> Contended:
    return Contended("others change the network over and over; try again")
