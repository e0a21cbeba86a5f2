"""Where an order goes, as coarsely as a map of flows needs it: an area of many orders, not an address."""

from typing import Final, NamedTuple

from engine.decide.address.address import address_of
from engine.model.facts import GeoPoint, Network, Order

_POSTCODE: Final = 2
"""Signs of a postcode that name an area where an order has no region."""


class Destination(NamedTuple):
    """`area`: the region, or else where its postcode begins, behind the country; of an order that is collected, the
    node. `place`: None where nobody knows.
    """

    area: str
    place: GeoPoint | None


NOWHERE: Final = Destination("", None)


def destination_of(order: Order, network: Network) -> Destination:
    node = network.nodes.get(order.collect_at) if order.collect_at else None
    if order.place is None and node is not None:
        return Destination(node.id, node.place)
    address = address_of(order, network)
    within = address.region or (address.postcode or "")[:_POSTCODE]
    return Destination(f"{address.country or ''} {within}".strip(), address.place)
