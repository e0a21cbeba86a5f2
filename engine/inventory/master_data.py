"""Changes products and nodes of the loaded network one by one, or all of it but products and stock; counts, holds and
policies stay as they are.
"""

import functools
from collections.abc import Callable, Sequence
from dataclasses import dataclass

from engine.errors import Contended, InputInvalid, Mistake, NotFound
from engine.facts_reader import FactsReader
from engine.inventory.network_without_stock import with_loaded_facts
from engine.model.facts import Network, Node, Product
from engine.model.network_difference import NetworkDifference, difference
from engine.store.connection.client import Client
from engine.store.fulfilment.tracking_serials import TrackingSerials
from engine.store.keys import Keys
from engine.store.network.change import Stored, change_nodes, change_products, replace_network
from engine.store.network.former.tidy import tidy
from engine.store.network.product_index import ProductIndex, ProductsPage
from engine.store.network.read import other_decimals

MOST_AT_ONCE = 500
"""Products that one script stores."""
_MOST_TRIES = 100


@dataclass(frozen=True, slots=True, kw_only=True)
class MasterDataChange:
    """What became of products or nodes, in their order; the network that was there `before`, and the version of the one
    that is there now.
    """

    outcomes: Sequence[Stored]
    before: Network
    network_version: str


class MasterData:
    """The products and nodes of one network. `after_freeing` is called once more of the stock may be of use; `clock`
    answers UTC seconds.

    Methods raise NotReady, Contended and StoreUnavailable. `read` makes the values of the network as it is now, and is
    called again if that changes meanwhile; what it raises is raised. A product with other decimals than before raises
    InputInvalid.
    """

    def __init__(
        self,
        client: Client,
        keys: Keys,
        *,
        facts: FactsReader,
        after_freeing: Callable[[], None],
        clock: Callable[[], int],
    ) -> None:
        self._client = client
        self._keys = keys
        self._facts = facts
        self._after_freeing = after_freeing
        self._clock = clock

    def product(self, sku: str) -> tuple[Network, Product]:
        """The product as it is stored, and the network that has it; raises NotFound."""
        network, products = self._facts.network_and_products([sku], fresh=True)
        if sku not in products:
            raise NotFound(f"no product goes by the SKU '{sku}'")
        return network, products[sku]

    def node(self, name: str) -> tuple[Network, Node]:
        """The node as it is stored, and the network that has it; raises NotFound."""
        network = self.network()
        if name not in network.nodes:
            raise NotFound(f"no node goes by the id '{name}'")
        return network, network.nodes[name]

    def find_products(self, text: str, *, limit: int, after: str | None) -> tuple[Network, ProductsPage]:
        """A page of the products whose SKU, or words of whose name, begin as `text` says; of all if it is empty."""
        network = self.network()
        index = ProductIndex(self._client, self._keys)
        return network, self._client.retry_if_revived(lambda: index.page(text, limit=limit, after=after))

    def put_products(self, read: Callable[[Network], Sequence[Product]]) -> MasterDataChange:
        """Store at most MOST_AT_ONCE products, new ones or in place of those of the same SKU; all of them or none."""

        def change(network: Network) -> Sequence[Stored] | None:
            products = read(network)
            mistakes = [mistake for product in products if (mistake := self.mistake_of(product, network))]
            if mistakes:
                raise InputInvalid(mistakes)
            return change_products(self._client, self._keys, network, products, now=self._clock())

        return self._change(change)

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
        return self._change(
            lambda network: change_nodes(self._client, self._keys, network, read(network), now=self._clock())
        )

    def put_network(self, read: Network, verify_policies: Callable[[Network], Sequence[str]]) -> NetworkDifference:
        """Put a network that was `read` from files in place of the one there; products, stock and what was learnt stay.
        `verify_policies` raises InputInvalid if the policies that decide don't fit it, and answers which these are.
        Returns what is other now.

        Raises InputInvalid for what only a load with products and stock can change, and SerialsTaken if another network
        of the server issues the same tracking numbers.
        """
        tracking_serials = TrackingSerials(self._client, self._keys)

        def change(network: Network) -> Sequence[Stored] | None:
            changed = with_loaded_facts(read, network)
            tracking_serials.verify_free(changed)
            policies = verify_policies(changed)
            return replace_network(self._client, self._keys, network, changed, policies=policies, now=self._clock())

        result = self._change(change)
        tracking_serials.release(read)
        return difference(result.before, with_loaded_facts(read, result.before))

    def _change(self, change: Callable[[Network], Sequence[Stored] | None]) -> MasterDataChange:
        """Change the network as it is now, again whenever somebody else changed it meanwhile, which `change` tells by
        None.
        """
        for _ in range(_MOST_TRIES):
            network = self.network()
            outcomes = self._client.retry_if_revived(functools.partial(change, network))
            if outcomes is not None:
                tidy(self._client, self._keys)
                self._after_freeing()
                return MasterDataChange(outcomes=outcomes, before=network, network_version=self.network().version)
        raise Contended("others change the network over and over; try again")

    def network(self) -> Network:
        """The network as it is now, whatever is cached."""
        return self._facts.network_and_products([], fresh=True)[0]
