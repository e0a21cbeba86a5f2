"""Shipments of a record that has them as texts, `lyon by express: 1 x A`, in the language of the command."""

from api.language.current import say


def shipment_text(shipment: str) -> str:
    """What is not written as such a shipment stays as it is."""
    way, colon, lines = shipment.partition(": ")
    node, by, service = way.partition(" by ")
    if not colon or not by:
        return shipment
    return say("{node} by {service}: {lines}", node=node, service=service, lines=lines)
