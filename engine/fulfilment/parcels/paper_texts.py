"""Takes of the network what stands on papers of a shipment and of a manifest. Pure."""

from collections.abc import Mapping
from datetime import datetime, timedelta
from zoneinfo import ZoneInfo

from engine.decide.order_record import seconds
from engine.decide.record_parts import ShipmentRecord
from engine.fulfilment.parcels.carriage import Carriage, address_of_node
from engine.model.facts import Network, Node, Product
from engine.model.paper_texts import ArticleText, ManifestTexts, PaperTexts


def paper_texts(
    network: Network, carriage: Carriage, shipment: ShipmentRecord, products: Mapping[str, Product]
) -> PaperTexts:
    """`products` are those of the order."""
    zone = network.zone_of(carriage.node)
    arrives = datetime.fromtimestamp(seconds(shipment.arrives_by), tz=ZoneInfo(zone)).date()
    return PaperTexts(
        sender=carriage.sender,
        zone=zone,
        goal=None if carriage.goal is None else address_of_node(carriage.goal),
        back_until=arrives + timedelta(days=network.returns.window),
        articles={sku: ArticleText(item.name, item.decimals, item.unit) for sku, item in products.items()},
        carrier=carriage.carrier_name,
        service=carriage.service_name,
    )


def manifest_texts(network: Network, node: Node, carrier: str) -> ManifestTexts | None:
    """None if the node has no address: then there is no page to print."""
    if node.address is None:
        return None
    account = network.carriers.get(carrier)
    service = network.services.get(carrier)  # a service without a carrier counts as its own
    name = (account.name if account else service.name if service else None) or carrier
    return ManifestTexts(sender=node.address, zone=network.zone_of(node), carrier=name)
