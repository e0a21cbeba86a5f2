"""The orders of a time with what was shipped of each, and the stock that there was for them: the hindsight bound is of
these.
"""

from collections.abc import Mapping
from collections.abc import Set as AbstractSet
from dataclasses import dataclass, field, replace

from engine.decide.shipping.columns import integers
from engine.decide.shipping.ways import Ways
from engine.lookahead.expected_orders import MILLIS, Basket, ExpectedOrders
from engine.lookahead.network_costs import LeastCosts
from engine.lookahead.order_history import parts_of
from engine.lookahead.regions import regions_of
from engine.model.facts import Network, Order, Product


@dataclass(slots=True)
class KnownOrders:
    """`orders` are what was shipped of each, by its key; `supply` the units that there were, by SKU and node."""

    network: Network
    orders: dict[str, Order] = field(default_factory=dict)
    products: dict[str, Product] = field(default_factory=dict)
    supply: dict[str, dict[str, int]] = field(default_factory=dict)

    def add(self, key: str, order: Order, products: Mapping[str, Product], shipped: Mapping[str, int]) -> None:
        """`shipped` has units by line."""
        self.products.update(products)
        kept = (replace(line, quantity=shipped[line.id]) for line in order.lines if shipped.get(line.id))
        self.orders[key] = replace(order, lines=tuple(kept))

    def expected(self, keys: AbstractSet[str]) -> ExpectedOrders:
        """The orders of these keys, with all the stock."""
        ways = Ways(self.network)
        counted = {sku for sku, product in self.products.items() if product.counted}
        to_regions: list[tuple[str, Order, str | None]] = []
        baskets: list[Basket] = []
        for key, order in self.orders.items():
            for collect_at, lines in parts_of(order, counted) if key in keys else ():
                name = f"{len(baskets)}"
                to_regions.append((name, order, collect_at))
                baskets.append(Basket(region=name, lines=lines, orders=MILLIS))
        supply = {sku: integers(nodes.get(node, 0) for node in ways.node_ids) for sku, nodes in self.supply.items()}
        regions = regions_of(to_regions, self.network)
        return ExpectedOrders(baskets=baskets, supply=supply, costs=LeastCosts(ways, self.products, regions))
