"""What is wrong with a position that a caller names: stock of a node or a product that the network does not have."""

from collections.abc import Mapping

from engine.errors import Mistake
from engine.model.facts import Network, Product


def not_counted(sku: str) -> str:
    """What is wrong with stock of a product that is not counted."""
    return f"'{sku}' is not counted, so it has no stock; leave it out, or let products.csv say that it is counted"


def position_mistake(node: str, sku: str, network: Network, products: Mapping[str, Product]) -> Mistake | None:
    """None if the node can have stock of the SKU. The `products` are those that the network has of the SKUs named."""
    if node not in network.nodes:
        return Mistake(field="node", message=f"no node goes by the id '{node}'")
    if sku not in products:
        return Mistake(field="sku", message=f"no product goes by the SKU '{sku}'")
    return None if products[sku].counted else Mistake(field="sku", message=not_counted(sku))
