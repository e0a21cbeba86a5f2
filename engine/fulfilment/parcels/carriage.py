"""Who carries a shipment, from where to where: by its service, its node and the carriers of the network's file."""

from collections.abc import Callable
from dataclasses import dataclass
from typing import Final, Protocol

from msgspec import UNSET

from engine.decide.record_parts import ShipmentRecord
from engine.errors import NoAddressee, NotPackable, NotReady
from engine.fulfilment.carriers.carrier import Carrier
from engine.model.carriers import CarrierAccount
from engine.model.facts import Network, Node, Service
from engine.model.postal_address import PostalAddress

PICKUP: Final = "pickup"


class CarrierSource(Protocol):
    """The carriers of one network."""

    def carrier(self, name: str) -> Carrier:
        """Raises BadSetting if its key is not set."""


@dataclass(frozen=True, slots=True, kw_only=True)
class Carriage:
    """`account` is the carrier's in the network's file, None of one that is a mere word there. `carrier` is None for
    what is collected where it is packed. `product` is the carrier's name of the service.
    """

    node: Node
    service: str
    carrier: str | None
    account: CarrierAccount | None
    product: str
    sender: PostalAddress
    goal: Node | None
    """The place where it is collected; None: it goes to its addressee."""
    carrier_name: str = ""
    """What people call the carrier; empty for what is collected where it is packed."""
    service_name: str = ""

    @property
    def sells(self) -> bool:
        """Whether the carrier is asked for labels."""
        return self.account is not None and self.account.sells_labels


def carriage_of(network: Network, shipment: ShipmentRecord, *, order_collects_at: str | None) -> Carriage:
    """Of a shipment of a decision. Raises NotPackable if the network does not have its node or service any more, and
    NotReady if it has no address of a place.
    """
    node, service = network.nodes.get(shipment.node), network.services.get(shipment.service)
    if node is None or service is None:
        what = f"node '{shipment.node}'" if node is None else f"service '{shipment.service}'"
        raise NotPackable(f"the network has no {what} any more; load one that has (pointsman load DIR --network-only)")
    collect_at = order_collects_at if shipment.collect_at is UNSET else shipment.collect_at
    goal = None if collect_at is None else network.nodes.get(collect_at)
    carried = service.mode != PICKUP
    account = network.carriers.get(service.carrier) if carried and service.carrier else None
    return Carriage(
        node=node,
        service=service.id,
        carrier=(service.carrier or service.id) if carried else None,
        account=account,
        product=service.carrier_product or service.id,
        sender=address_of_node(node),
        goal=goal,
        carrier_name=_carrier_name(service, account) if carried else "",
        service_name=service.name or service.id,
    )


def _carrier_name(service: Service, account: CarrierAccount | None) -> str:
    """A service without a carrier counts as its own."""
    if service.carrier is None:
        return service.name or service.id
    return (account.name if account else "") or service.carrier


def addressee_of(carriage: Carriage, find: Callable[[], PostalAddress | None], order: str) -> PostalAddress:
    """Where it goes: the place where it is collected, or whom `find` finds. Raises NoAddressee if it finds nobody, and
    NotReady if that place has no address.
    """
    if carriage.goal is not None:
        return address_of_node(carriage.goal)
    return known_addressee(find(), order)


def known_addressee(found: PostalAddress | None, order: str) -> PostalAddress:
    """The one of an order; raises NoAddressee if there is none."""
    if found is None:
        raise NoAddressee(order)
    return found


def address_of_node(node: Node) -> PostalAddress:
    """Raises NotReady if it has none: what it is asked for can be done once the network has it."""
    if node.address is None:
        raise NotReady(
            f"node '{node.id}' has no address to stand on a label; write its `address` in network.yaml, and load that"
            " (pointsman load DIR --network-only)"
        )
    return node.address
